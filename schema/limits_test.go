package schema_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/schema"
)

// The whole text of a draft.
func TestDraftText(t *testing.T) {
	d, err := schema.NewDraft(mustParse(t, `{"serial":"A-1","<who>":{"name":"X","since":"2025-01-01T00:00:00Z"},"tags":["x"],"none":null,"mixed":["x",1],"empty":[],"rate":1.5,"expires":"never","from":"2026-01-01"}`), licseal.Roles{})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "required": [
    "<who>",
    "empty",
    "expires",
    "from",
    "mixed",
    "none",
    "rate",
    "serial",
    "tags"
  ],
  "additionalProperties": false,
  "properties": {
    "<who>": {
      "type": "object",
      "required": [
        "name",
        "since"
      ],
      "additionalProperties": false,
      "properties": {
        "name": {
          "type": "string"
        },
        "since": {
          "type": "string",
          "format": "date-time"
        }
      }
    },
    "empty": {
      "type": "array"
    },
    "expires": {
      "type": "string",
      "format": "date"
    },
    "from": {
      "type": "string",
      "format": "date"
    },
    "mixed": {
      "type": "array"
    },
    "none": {},
    "rate": {
      "type": "number"
    },
    "serial": {
      "type": "string",
      "minLength": 1
    },
    "tags": {
      "type": "array",
      "items": {
        "type": "string"
      }
    }
  },
  "x-licseal": {
    "roles": {
      "id": "/serial",
      "not_after": "/expires",
      "not_before": "/from"
    }
  }
}
`
	if diff := cmp.Diff(want, string(d.JSON())); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if d, err = schema.NewDraft(mustParse(t, `{"id":7,"name":"x"}`), licseal.Roles{}); err != nil || strings.Contains(string(d.JSON()), "minLength") {
		t.Errorf("with a number as id: %s, %v", d.JSON(), err)
	}
}

// Keywords that are taken are not suggested, and warnings end where there are enough.
func TestKeywordSuggestions(t *testing.T) {
	for text, want := range map[string][]string{
		`{"required":["serial"],"requierd":[],` + roles + `,"properties":{"serial":true,"from":true,"until":true}}`: {`1:35 /requierd: unknown keyword "requierd", which has no effect`},
		`{"type":"object","else":{},` + roles + `,"properties":{"serial":true,"from":true,"until":true}}`:           {`1:25 /else: the keyword "else" has no effect without "if"`},
		`{"if":{},"then":{},"else":{},` + roles + `,"properties":{"serial":true,"from":true,"until":true}}`:         nil,
	} {
		if diff := cmp.Diff(want, warnings(t, text)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", text, diff)
		}
	}
	var fields []string
	for i := range 101 {
		fields = append(fields, fmt.Sprintf(`"f%d":{"unheard":1}`, i))
	}
	for _, n := range []int{99, 100, 101} {
		got := 0
		for _, w := range warnings(t, `{"properties":{`+strings.Join(fields[:n], ",")+`}}`) {
			if strings.Contains(w, "unheard") {
				got++
			}
		}
		if got != min(n, 100) {
			t.Errorf("%d unknown keywords, %d warnings", n, got)
		}
	}
}

// The first fault in the text is the one that is reported, whatever its kind.
func TestFirstFaultOfASchema(t *testing.T) {
	const ref, format = `{"$ref":"/x"}`, `{"format":"dat"}`
	for text, want := range map[string]string{
		"{\"properties\":{\n\"a\":" + ref + ",\n\"b\":" + format + "}}":            "2:13 /properties/a/$ref",
		"{\"properties\":{\n\"a\":" + format + ",\n\"b\":" + ref + "}}":            "2:15 /properties/a/format",
		"{\"properties\":{\n\"b\":" + ref + ",\n\"a\":" + format + "}}":            "2:13 /properties/b/$ref",
		"{\"properties\":{\n\"b\":" + format + ",\n\"a\":" + ref + "}}":            "2:15 /properties/b/format",
		"{\"properties\":{\"b\":" + format + ",\"a\":" + format + "}}":             "1:30 /properties/b/format",
		"{\"properties\":{\"a\":" + format + ",\"b\":" + format + "}}":             "1:30 /properties/a/format",
		"{\"properties\":{\"b\":" + ref + ",\"a\":" + ref + "}}":                   "1:28 /properties/b/$ref",
		"{\"properties\":{    \"b\":" + format + ",\n\"a\":" + ref + "}}":          "1:34 /properties/b/format",
		"{\"properties\":{    \"b\":" + ref + ",\n\"a\":" + ref + "}}":             "1:32 /properties/b/$ref",
		"{\"properties\":{\"c\":" + ref + ",\"a\":" + ref + ",\"b\":" + ref + "}}": "1:28 /properties/c/$ref",
		"{\"allOf\":[" + format + "," + ref + "]}":                                 "1:21 /allOf/0/format",
	} {
		_, err := schema.Compile("mine", []byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), "schema mine: "+want+": the ") {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	_, err := schema.Compile("mine", []byte(`{"format":"entirely-unheard-of"}`))
	if err == nil || !strings.Contains(err.Error(), "would not be checked; there are date, date-time, ") {
		t.Errorf("a format that is like none: %v", err)
	}
}

// A schema may have so many bytes, and no more, and is read as a whole.
func TestLargestSchema(t *testing.T) {
	const most = 262144
	text := `{"type":"object","x-note":"` + strings.Repeat("x", 100_000) + `",` + roles + `,"required":["serial"],"properties":{"serial":{"type":"string"},"from":{"type":"string","format":"date"},"until":{"type":"string","format":"date"},"a":{"type":"string","minimum":1}}}`
	for n, want := range map[int]string{most: "", most + 1: "262144"} {
		text := text + strings.Repeat(" ", n-len(text))
		path := filepath.Join(t.TempDir(), "mine.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		loaded, loadErr := schema.Load(path)
		compiled, compileErr := schema.Compile("mine", []byte(text))
		for _, err := range []error{loadErr, compileErr} {
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%d bytes: %v", n, err)
			}
		}
		if want != "" {
			continue
		}
		for _, s := range []*schema.Schema{loaded, compiled} {
			doubts := s.Doubts()
			if len(doubts) != 1 || doubts[0].Line != 1 || doubts[0].Pointer != "/properties/a/minimum" {
				t.Errorf("doubts: %v", doubts)
			}
		}
	}
}

// Each keyword without effect, and each pair of bounds, at the edge.
func TestDoubtsAtTheEdge(t *testing.T) {
	with := func(rules string) string {
		return `{"type":"object","required":["id"],"additionalProperties":false,"properties":{"id":{"type":"string"},` +
			`"from":{"type":"string","format":"date"},"until":{"type":"string","format":"date"},"a":` + rules + `},` +
			`"x-licseal":{"roles":{"id":"/id","not_before":"/from","not_after":"/until"}}}`
	}
	for rules, want := range map[string][]string{
		`{"type":"string","minLength":0,"maxLength":0}`:                                    nil,
		`{"type":"string","minLength":5,"maxLength":5}`:                                    nil,
		`{"type":"array","minItems":1,"maxItems":0}`:                                       {"/properties/a/minItems: minItems is 1 and maxItems is 0, so no value is allowed"},
		`{"type":"object","minProperties":3,"maxProperties":3}`:                            nil,
		`{"minimum":5,"exclusiveMaximum":5}`:                                               {"/properties/a/minimum: minimum is 5 and exclusiveMaximum is 5, so no number is allowed"},
		`{"exclusiveMinimum":5,"exclusiveMaximum":5}`:                                      {"/properties/a/exclusiveMinimum: exclusiveMinimum is 5 and exclusiveMaximum is 5, so no number is allowed"},
		`{"exclusiveMinimum":4,"maximum":5}`:                                               nil,
		`{"exclusiveMinimum":6,"maximum":5}`:                                               {"/properties/a/exclusiveMinimum: exclusiveMinimum is 6 and maximum is 5, so no number is allowed"},
		`{"type":"integer","minLength":0}`:                                                 {"/properties/a/minLength: minLength has no effect on an integer"},
		`{"type":"integer","maxLength":0}`:                                                 {"/properties/a/maxLength: maxLength has no effect on an integer"},
		`{"type":"integer","minLength":1}`:                                                 {"/properties/a/minLength: minLength has no effect on an integer"},
		`{"type":"string","maximum":0}`:                                                    {"/properties/a/maximum: maximum has no effect on a string"},
		`{"type":"string","exclusiveMinimum":0}`:                                           {"/properties/a/exclusiveMinimum: exclusiveMinimum has no effect on a string"},
		`{"type":"string","exclusiveMaximum":0}`:                                           {"/properties/a/exclusiveMaximum: exclusiveMaximum has no effect on a string"},
		`{"type":"string","properties":{"b":true}}`:                                        {"/properties/a/properties: properties has no effect on a string"},
		`{"type":"string","properties":{}}`:                                                nil,
		`{"type":"string","required":["b"]}`:                                               {"/properties/a/required: required has no effect on a string"},
		`{"type":"integer","format":"uuid"}`:                                               {"/properties/a/format: format has no effect on an integer"},
		`{"type":"number","minimum":0,"maximum":1}`:                                        nil,
		`{"minLength":1,"minimum":1}`:                                                      nil,
		`{"enum":["x","y"]}`:                                                               nil,
		`{"minLength":2,"enum":["x","yy"]}`:                                                {"/properties/a/enum/0: the other rules here refuse this value, so it is never allowed"},
		`{"type":"object","required":["b"],"properties":{"b":true}}`:                       nil,
		`{"required":["b"],"additionalProperties":false}`:                                  {`/properties/a/required: "b" is required, but the schema has no such property and allows no others`},
		`{"required":["b"],"additionalProperties":true}`:                                   nil,
		`{"required":["b"],"unevaluatedProperties":false}`:                                 {`/properties/a/required: "b" is required, but the schema has no such property and allows no others`},
		`{"required":["b"],"additionalProperties":false,"patternProperties":{"^b$":true}}`: nil,
	} {
		s, err := schema.Compile("mine.json", []byte(with(rules)))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range s.Doubts() {
			_, text, _ := strings.Cut(d.String(), " /")
			got = append(got, "/"+text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", rules, diff)
		}
	}
}

// A date of Kong's is judged as a day up to ten characters, and as a time above.
func TestLengthOfDates(t *testing.T) {
	const day, instant = `a real date such as "2027-12-31"`, `an RFC 3339 time such as "2027-12-31T00:00:00Z"`
	for text, want := range map[string]string{
		"": day, "2027-02-30": day, "2027-02-300": instant, "ÄÄÄÄÄÄÄÄÄÄ": day, "ÄÄÄÄÄÄÄÄÄÄÄ": instant, "2027-02-28T25:00:00Z": instant, "2027-02-28": "", "2027-02-28T23:00:00Z": "",
	} {
		got := ""
		for _, v := range violations(t, schema.Kong(), mustParse(t, kongWith("license_expiration_date", fmt.Sprintf("%q", text)))) {
			got += v.Allowed
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// As many faults as are listed are all that there are; of more, it is said how many.
func TestOmitted(t *testing.T) {
	for n, want := range map[int]int{99: 0, 100: 0, 101: 1, 150: 50} {
		s, err := schema.Compile("mine", []byte(`{"additionalProperties":{"type":"string"}}`))
		if err != nil {
			t.Fatal(err)
		}
		var members []string
		for i := range n {
			members = append(members, fmt.Sprintf(`"m%d":1`, i))
		}
		var broken *schema.Error
		err = s.Validate(mustParse(t, "{"+strings.Join(members, ",")+"}"))
		if !errors.As(err, &broken) || len(broken.Violations) != min(n, 100) || broken.Omitted != want {
			t.Errorf("%d faults: %d listed, %d omitted", n, len(broken.Violations), broken.Omitted)
		}
	}
}

// A fault that several parts of a schema find is said once, however they are ordered.
func TestSameFaultOnce(t *testing.T) {
	s, err := schema.Compile("mine", []byte(`{"allOf":[
		{"properties":{"b":{"type":"string"}}}, {"properties":{"a":{"type":"string"}}}, {"properties":{"b":{"type":"string"}}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range violations(t, s, mustParse(t, `{"a":1,"b":2}`)) {
		got = append(got, v.Pointer)
	}
	if diff := cmp.Diff([]string{"/a", "/b"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Names and texts that a schema describes are told from those that it does not.
func TestFieldsAreBounded(t *testing.T) {
	for _, n := range []int{499, 500, 501} {
		var members []string
		for i := range n {
			members = append(members, fmt.Sprintf(`"m%d":true`, i))
		}
		s, err := schema.Compile("mine", []byte(`{"properties":{`+strings.Join(members, ",")+`}}`))
		if err != nil {
			t.Fatal(err)
		}
		if got := len(s.Fields()); got != min(n, 500) {
			t.Errorf("%d of %d fields", got, n)
		}
	}
}
