package repair_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/check/repair"
)

func published(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../testdata/published/kong-until-2017-07-21.json")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

func kinds(faults []repair.Fault) string {
	var words []string
	for _, f := range faults {
		words = append(words, fmt.Sprintf("%s at %v", f.Kind, f.Position))
	}
	return strings.Join(words, ", ")
}

// Each row is a text, and what a diagnosis finds: the faults on the way to each
// candidate, or to none.
func TestDiagnose(t *testing.T) {
	licence := published(t)
	for name, test := range map[string]struct {
		text       string
		candidates []string
		failure    string
	}{
		"a licence": {licence, []string{""}, ""},
		"base64 in a line of a shell script": {
			"KONG_LICENSE_DATA=" + base64.StdEncoding.EncodeToString([]byte(licence)),
			[]string{"env-assignment at 1:1, base64 at 1:1"}, ""},
		"two readings": {
			strings.Replace(licence, "Company, Inc", "Company,\nInc", 1),
			[]string{"line-break at 1:70", "line-break at 1:70"}, ""},
		"nothing":   {"", nil, "empty at 1:1"},
		"too large": {strings.Repeat(" ", repair.MaxBytes+1), nil, "too-large at 1:1"},
		"curly quotes, and a member too many": {
			strings.NewReplacer(`"None"`, "“None”", `"version"`, `"more":1,"version"`).Replace(licence),
			nil, "curly-quotes at 1:282, unknown-member at 1:433 /license/more"},
	} {
		t.Run(name, func(t *testing.T) {
			d := repair.Diagnose([]byte(test.text), licseal.Parser{})
			var candidates []string
			for _, c := range d.Candidates {
				candidates = append(candidates, kinds(c.Faults))
			}
			if diff := cmp.Diff(test.candidates, candidates); diff != "" || kinds(d.Failure) != test.failure {
				t.Errorf("failure %q\n%s", kinds(d.Failure), diff)
			}
		})
	}
}

func ExampleDiagnose() {
	pasted := `{“license”:{“payload”:{“license_key”:“LS-0001”},“signature”:“` + strings.Repeat("ab", 64) + `”,“version”:“1”}}`
	d := repair.Diagnose([]byte(pasted), licseal.Parser{})
	for _, c := range d.Candidates {
		for _, f := range c.Faults {
			fmt.Println(f.Kind, f.Line, f.Column, f.Values)
		}
		fmt.Println(string(c.License.Payload.Bytes()))
	}
	// Output:
	// curly-quotes 1 2 [“ U+201C]
	// {"license_key":"LS-0001"}
}
