package repair

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v3"

	"github.com/licseal/licseal"
)

// Every reader of nested texts gives up below the depth that a licence may have.
func TestDepth(t *testing.T) {
	const licence = `{"license":{"payload":{},"signature":"","version":"1"}}`
	nested := func(open, inner, shut string, depth int) string {
		return strings.Repeat(open, depth) + inner + strings.Repeat(shut, depth)
	}
	for name, read := range map[string]func(depth int) bool{
		"printed": func(depth int) bool {
			p := printed{notation: notations[1], rest: nested("{a=", "{b=1}", "}", depth)}
			return p.object(0)
		},
		"literal": func(depth int) bool {
			l := literal{rest: nested("{'a': ", "1", "}", depth)}
			return l.value(0)
		},
		"YAML": func(depth int) bool {
			var n yaml.Node
			if err := yaml.Unmarshal([]byte(" "+nested("[", "'"+licence+"'", "]", depth)), &n); err != nil {
				t.Fatal(err)
			}
			return readYAMLValues([]*yaml.Node{n.Content[0]}) != nil
		},
	} {
		if !read(licseal.MaxDepth) {
			t.Errorf("%s: not read at the largest depth", name)
		}
		if read(licseal.MaxDepth + 1) {
			t.Errorf("%s: read below it", name)
		}
	}
}

// White space and comments may stand before every name, value and bracket of a literal.
func TestLiteralComments(t *testing.T) {
	const want = `{"a":{"b":"c"},"d":1,"e":true,"f":null}`
	for _, gap := range []string{"", " ", "\n\t", "/* a */", " // b\n", " /* a */ // b\n "} {
		parts := []string{"{", "'a':", "{", "'b':", "'c'", "}", ",", "d:", "1", ",", "'e':", "True", ",", "'f':", "None", "}"}
		l := literal{rest: strings.Join(parts, gap)}
		if l.skip(); !l.value(0) || l.out.String() != want || !jsontext.Value(l.out.Bytes()).IsValid() {
			t.Errorf("%q: got %s, and %q is left", gap, &l.out, l.rest)
		}
	}
}
