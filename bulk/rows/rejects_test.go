package rows_test

import (
	"strings"
	"testing"

	"github.com/licseal/licseal/bulk/rows"
)

// A file of rejects is read as the rows in it, with the header that each repeats.
func TestRejects(t *testing.T) {
	const header, reject = `"header":"Nr;Seats",`, `{"row":2,"line":3,"exit":4,"reasons":["x"],`
	for name, test := range map[string]struct{ text, want string }{
		"rows of a table": {
			reject + header + `"text":"S-1;5"}` + "\n\n" + reject + header + `"text":"S-2;\"6\""}` + "\n",
			`{"seats":5,"serial":"S-1"}` + "\n" + `{"seats":6,"serial":"S-2"}`},
		"payloads":   {reject + `"text":"{\"serial\":\"S-1\"}"}` + "\n", `{"serial":"S-1"}`},
		"a line end": {reject + header + `"text":"\"S\n1\";5"}`, `{"seats":5,"serial":"S\n1"}`},
		"not UTF-8":  {reject + header + `"text_base64":"/zs1"}`, `/serial: the text is not UTF-8; save the file as UTF-8`},
		"corrected":  {reject + header + `"text":"S-1;5","text_base64":"/zs1"}`, `{"seats":5,"serial":"S-1"}`},
		"no text":    {reject + header + `"text":""}`, "the rejected row has no text"},
		"another header": {
			reject + header + `"text":"S-1;5"}` + "\n" + reject + `"header":"Nr;x","text":"S-2;6"}`,
			`{"seats":5,"serial":"S-1"}` + "\nthe row has another header than the first in the file; put it in a file of its own"},
		"something else": {
			reject + header + `"text":"S-1;5"}` + "\n" + `{"serial":"S-2"}`,
			`{"seats":5,"serial":"S-1"}` + "\nthe line is not a rejected row, but the file begins with one"},
		"a bad header":  {reject + `"header":"Nr;x","text":"S-1;5"}`, `line 1: the header: column 2 is "x", which is not a field of the schema sheet`},
		"not a reject":  {`{"row":2,"serial":"S-1"}`, `{"row":2,"serial":"S-1"}`},
		"an odd reject": {reject + `"other":1,"text":"{}"}`, `{"exit":4,"line":3,"other":1,"reasons":["x"],"row":2,"text":"{}"}`},
	} {
		plan := rows.Plan{Schema: sheetSchema(t), Map: []rows.Mapping{{Column: "Nr", Field: "serial"}}}
		for _, look := range []bool{true, false} {
			got := build(t, "r.ndjson", test.text, look, plan)
			got = strings.ReplaceAll(got, "; /until: the date is missing; a licence states when it begins and when it expires", "")
			got = strings.ReplaceAll(got, "; /from: the date is missing; a licence states when it begins and when it expires", "")
			if got != test.want {
				t.Errorf("%s: %s, want %s", name, got, test.want)
			}
		}
	}
}
