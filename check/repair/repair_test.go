package repair_test

import (
	"encoding/base64"
	"encoding/json"
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
	python := strings.ReplaceAll(licence, `"`, "'")
	asString, err := json.Marshal(licence)
	if err != nil {
		t.Fatal(err)
	}
	secret := "kind: Secret\nmetadata:\n  name: NAME\nstringData:\n  license: |\n    " + licence + "\n"
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
		"a dictionary":           {python, []string{"single-quotes at 1:2"}, ""},
		"a truncated dictionary": {"{'license': {'payload': {'a': 'b', ", nil, "single-quotes at 1:2, truncated at 1:36 /license/payload"},
		"invisible at the start": {"\u00a0{\u00a0" + licence[1:], []string{"invisible-characters at 1:1"}, ""},
		"an error of an Admin API with a code": {
			`{"message":"m","code":3,"license_key":"x"}`, nil, "admin-error at 1:12 /message"},
		"an error of an Admin API with a name": {
			`{"message":"m","name":"x","license_key":"x"}`, nil, "admin-error at 1:12 /message"},
		"a list of records": {
			`{"data":[{"id":"1","payload":` + string(asString) + `}],"next":null}`, []string{"admin-list-one at 1:9 /data"}, ""},
		"an older list of records": {
			`{"items":[{"id":"1","payload":` + string(asString) + `}],"next":null}`, []string{"admin-list-one at 1:10 /items"}, ""},
		"a message of PGP, cut to its first bytes": {"\x85\x01\x02\x03", nil, "pgp at 1:1"},
		"two Secrets": {
			strings.Replace(secret, "NAME", "a", 1) + "---\n" + strings.Replace(strings.Replace(secret, "NAME", "b", 1), "Company", "Cie", 1),
			[]string{"several-manifests at 5:12", "several-manifests at 12:12"}, ""},
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

// In a dictionary with straight quotes, a curly apostrophe belongs to the text.
func TestApostropheInDictionary(t *testing.T) {
	want := strings.Replace(published(t), "Company", "Company’s", 1)
	d := repair.Diagnose([]byte(strings.ReplaceAll(want, `"`, "'")), licseal.Parser{})
	if len(d.Candidates) != 1 || !strings.Contains(string(d.Candidates[0].License.Payload.Bytes()), "Company’s") {
		t.Errorf("got %+v", d)
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
