package check

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strings"
	"testing"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/check/repair"
)

// Every kind of fault has words, and a code that is described. The names of the kinds
// are read from the source, so that a new one cannot be forgotten.
func TestEveryKindHasWords(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "repair/kinds.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		named += len(spec.Names)
		if literal, ok := spec.Values[0].(*ast.BasicLit); ok {
			kind := repair.Kind(strings.Trim(literal.Value, `"`))
			if row, ok := wordsOf()[kind]; !ok || row.found == "" || row.remedy == "" || row.title == "" || row.code == "" {
				t.Errorf("the kind %s has no words: %+v", kind, row)
			}
		}
		return true
	})
	if named < 30 {
		t.Errorf("only %d kinds were found", named)
	}
	if words := len(wordsOf()); words < named {
		t.Errorf("%d kinds, and words for %d", named, words)
	}
}

// A kind without words is reported all the same, and values are not expanded twice.
func TestFromFault(t *testing.T) {
	for _, test := range []struct {
		fault repair.Fault
		want  Finding
	}{
		{repair.Fault{Kind: "new", Position: licseal.Position{Line: 1, Column: 2}, Values: []string{"odd"}},
			Finding{"new", StageDocument, Error, licseal.Position{Line: 1, Column: 2}, "odd", asSent}},
		{repair.Fault{Kind: repair.WrappedInQuotes, Values: []string{"{2}", "{1}"}},
			Finding{"wrapped-in-quotes", StageDocument, Error, licseal.Position{}, "the licence is wrapped in another pair of quotes ({2}…{1})", "remove the quotes around the text"}},
	} {
		if got := fromFault(test.fault); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%+v; want %+v", got, test.want)
		}
	}
}

// What happened to a text on the reader's own side is not for the vendor to fix.
func TestRemediesAskNobody(t *testing.T) {
	for kind, row := range wordsOf() {
		for _, word := range []string{"ask ", "issued", "once more"} {
			if strings.Contains(row.remedy, word) {
				t.Errorf("%s: %s", kind, row.remedy)
			}
		}
	}
}
