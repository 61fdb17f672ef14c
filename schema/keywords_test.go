package schema_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/licseal/licseal/schema"
)

const roles = `"x-licseal":{"roles":{"id":"/serial","not_before":"/from","not_after":"/until"}}`

func warnings(t testing.TB, text string) []string {
	t.Helper()
	s, err := schema.Compile("acme", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, w := range s.Warnings() {
		lines = append(lines, strings.TrimPrefix(w.String(), "schema acme: "))
	}
	return lines
}

func TestKeywordWarnings(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"none", `{"type":"object"`, nil},
		{"misspelt", `{"type":"object","requierd":["serial"],"properties":{"seats":{"minumum":6}}`, []string{
			`1:29 /requierd: unknown keyword "requierd", which has no effect; did you mean "required"?`,
			`1:73 /properties/seats/minumum: unknown keyword "minumum", which has no effect; did you mean "minimum"?`}},
		{"another style", `{"type":"object","additional_properties":false,"min-properties":1`, []string{
			`1:42 /additional_properties: unknown keyword "additional_properties", which has no effect; did you mean "additionalProperties"?`,
			`1:65 /min-properties: unknown keyword "min-properties", which has no effect; did you mean "minProperties"?`}},
		{"unknown", `{"type":"object","nullable":true`, []string{`1:29 /nullable: unknown keyword "nullable", which has no effect`}},
		{"of other programs", `{"type":"object","x-order":1,"x-go-type":"T"`, nil},
		{"names of fields", `{"type":"object","properties":{"requierd":true,"type":{"type":"string"}},"$defs":{"nullable":true},"dependentRequired":{"colour":["a"]}`, nil},
		{"data", `{"type":"object","const":{"nullable":true},"enum":[{"minumum":1}],"examples":[{"minumum":1}],"default":{"a":{"minumum":1}}`, nil},
		{"below every keyword that holds schemas", `{"allOf":[{"a1":1}],"not":{"a2":1},"if":{"a3":1},"then":{"a4":1},"else":{"a5":1},"items":{"a6":1},"prefixItems":[{"a7":1}],"contains":{"a8":1},"additionalProperties":{"a9":1},"propertyNames":{"b1":1},"unevaluatedProperties":{"b2":1},"patternProperties":{"x":{"b3":1}},"$defs":{"x":{"b4":1}},"dependentSchemas":{"x":{"b5":1}},"anyOf":[true,{"b6":1}],"oneOf":[{"b7":1}],"dependencies":{"x":{"b8":1},"y":["z"]},"contentSchema":{"b9":1}`, []string{
			"a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "b1", "b2", "b3", "b4", "b5", "b6", "b7", "b8", "b9"}},
		{"another draft", `{"$schema":"http://json-schema.org/draft-07/schema#","unevaluatedProperties":false,"properties":{"a":{"minContains":1}}`, []string{
			`1:78 /unevaluatedProperties: the keyword "unevaluatedProperties" has no effect in draft 07`,
			`1:117 /properties/a/minContains: the keyword "minContains" has no effect in draft 07`}},
		{"an older draft", `{"type":"object","properties":{"a":{"additionalItems":false}}`, []string{
			`1:55 /properties/a/additionalItems: the keyword "additionalItems" has no effect in draft 2020-12`}},
		{"next to a reference", `{"$schema":"http://json-schema.org/draft-07/schema#","definitions":{"a":{"type":"string"}},"properties":{"a":{"title":"A","$ref":"#/definitions/a","minLength":1}}`, []string{
			`1:160 /properties/a/minLength: the keyword "minLength" has no effect next to "$ref" in draft 07; put both in an "allOf"`}},
		{"next to a reference, where it counts", `{"$defs":{"a":{"type":"string"}},"properties":{"a":{"$ref":"#/$defs/a","minLength":1}}`, nil},
		{"then without if", `{"type":"object","then":{"type":"object"}`, []string{`1:25 /then: the keyword "then" has no effect without "if"`}},
		{"roles in the wrong place", `{"properties":{"a":{"x-licseal":{"roles":{}}}}`, []string{
			`1:33 /properties/a/x-licseal: "x-licseal" has an effect only at the top of the schema file that is used`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := slices.DeleteFunc(warnings(t, test.text+"}"), func(w string) bool { return strings.HasPrefix(w, "this schema names no role") })
			if len(test.want) > 0 && len(test.want[0]) == 2 { // names only
				for i, line := range got {
					_, rest, _ := strings.Cut(line, `"`)
					got[i] = rest[:2]
				}
			}
			if diff := cmp.Diff(test.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRolesWarnings(t *testing.T) {
	const none = `this schema names no roles: which field is the id, and which are the dates, is taken from Kong's payload`
	for text, want := range map[string][]string{
		`{"type":"object"}`:                {none},
		`{"type":"object","x-licseal":{}}`: {none},
		`{"type":"object","x-liceal":{}}`:  {`1:29 /x-liceal: unknown keyword "x-liceal", which has no effect; did you mean "x-licseal"?`, none},
		`{"type":"object",` + roles + `}`:  nil,
		`{"$ref":"` + kongURL + `"}`:       nil,
		`{"allOf":[{"$ref":"` + kongURL + `"}],"properties":{"region":{"type":"string"}}}`: nil,
		`{"type":"object","x-licseal":{"roles":{"not_after":"/until"}},"properties":{"until":true,"license_key":true}}`: {
			`this schema names no role not_before: which field is the id, and which are the dates, is taken from Kong's payload`},
	} {
		if diff := cmp.Diff(want, warnings(t, text)); diff != "" {
			t.Errorf("%s:\n%s", text, diff)
		}
	}
	s, err := schema.Compile("acme", []byte(`{"type":"object"}`))
	if err != nil {
		t.Fatal(err)
	}
	// What the hint says to add is a member that does away with the warning.
	if got := warnings(t, "{"+s.Warnings()[0].Hint+`"type":"object"}`); got != nil {
		t.Errorf("%q", got)
	}
}

const kongURL = "https://licseal.github.io/schema/kong.json"

// The warnings name the file, and each is there once.
func TestWarningsInOtherFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"main.json":  `{"properties":{"a":{"$ref":"other.json"},"b":{"$ref":"other.json"},"serial":true,"from":true,"until":true},"tpye":"object",` + roles + `}`,
		"other.json": `{"maxlenght":5}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "main.json")
	s, err := schema.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprint([]string{
		"schema " + path + `: 1:115 /tpye: unknown keyword "tpye", which has no effect; did you mean "type"?`,
		`schema other.json: 1:14 /maxlenght: unknown keyword "maxlenght", which has no effect; did you mean "maxLength"?`,
	})
	if got := fmt.Sprint(s.Warnings()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// The schemas that licseal brings, and the drafts themselves, use known keywords only.
func TestBuiltinsHaveNoKeywordWarnings(t *testing.T) {
	for _, name := range schema.Names() {
		for _, w := range warnings(t, string(mustBuiltin(t, name).JSON())) {
			if !strings.HasPrefix(w, "this schema names no role") {
				t.Errorf("%s: %s", name, w)
			}
		}
		if mustBuiltin(t, name).Warnings() != nil {
			t.Errorf("%s has warnings", name)
		}
	}
}
