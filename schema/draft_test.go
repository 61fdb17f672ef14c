package schema_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/schema"
)

// What a draft guesses, and that its schema can be used as it is.
func TestDraft(t *testing.T) {
	tests := []struct {
		name, example string
		roles         licseal.Roles
		want          string
	}{
		{"all is there", `{"serial":"A-1","customer":"X","from":"2026-01-01","until":"2027-01-01T00:00:00Z","seats":5,"rate":1.5,"trial":true,"grace_days":3}`, licseal.Roles{},
			"customer string customer; from string date not_before; grace_days integer grace_days; rate number; seats integer; serial string id; trial boolean; until string date not_after"},
		{"no dates", `{"id":7}`, licseal.Roles{}, "created string date not_before; expires string date not_after; id integer id; added [/created /expires]"},
		{"the most telling name is the id", `{"key":"k","licenseKey":"K","id":"1"}`, licseal.Roles{}, "created string date not_before; expires string date not_after; id string; key string; licenseKey string id; added [/created /expires]"},
		{"a name that is no date", `{"serial":"A-1","expires":"never","created":"2026-01-01"}`, licseal.Roles{},
			"created string date not_before; expires string date not_after; serial string id; added [/expires]"},
		{"roles that are known", `{"order":"A-1","signed":"2026-01-01","good":"2027-01-01"}`, licseal.Roles{ID: "/order", NotBefore: "/signed", NotAfter: "/good"},
			"good string date not_after; order string id; signed string date not_before"},
		{"an id inside", `{"licence":{"no":"A-1"},"from":"2026-01-01","until":"2027-01-01"}`, licseal.Roles{ID: "/licence/no"},
			"from string date not_before; licence object; until string date not_after"},
		{"null and arrays", `{"id":"1","a/b":null,"tags":["x","y"],"mixed":[1,"x"],"from":"2026-01-01","until":"2027-01-01"}`, licseal.Roles{},
			"a~1b ; from string date not_before; id string id; mixed array; tags array; until string date not_after"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, err := schema.NewDraft(mustParse(t, test.example), test.roles)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range d.Fields {
				text := strings.TrimPrefix(f.Pointer, "/") + " " + f.Type
				if f.IsDate {
					text += " date"
				}
				if f.Role != "" {
					text += " " + f.Role
				}
				got = append(got, text)
			}
			if len(d.Added) > 0 {
				got = append(got, fmt.Sprint("added ", d.Added))
			}
			if diff := cmp.Diff(test.want, strings.Join(got, "; ")); diff != "" {
				t.Errorf("%s", diff)
			}
			s, err := schema.Compile("draft", d.JSON())
			if err != nil {
				t.Fatal(err)
			}
			if doubts := s.Doubts(); len(doubts) > 0 {
				t.Errorf("its own doubts: %v", doubts)
			}
			if d.Added == nil {
				if err := s.Validate(mustParse(t, test.example)); err != nil {
					t.Errorf("its own example: %v", err)
				}
			}
			if s.Roles() != d.Roles {
				t.Errorf("roles %+v, want %+v", s.Roles(), d.Roles)
			}
		})
	}
	if _, err := schema.NewDraft(mustParse(t, `{"name":"x"}`), licseal.Roles{}); !errors.Is(err, schema.ErrNoID) {
		t.Errorf("without an id: %v", err)
	}
	if _, err := schema.NewDraft(mustParse(t, `{"id":"x"}`), licseal.Roles{NotAfter: "/until"}); err == nil || err.Error() != `the example has no field "/until"` {
		t.Errorf("a role that is no field: %v", err)
	}
}

// Everything that a hand-written schema may have wrong without an error.
func TestDoubts(t *testing.T) {
	const roles = `"x-licseal":{"roles":{"id":"/id","not_before":"/from","not_after":"/until"}}`
	with := func(more string) string {
		return `{"type":"object","required":["id"],"additionalProperties":false,"properties":{"id":{"type":"string"},` +
			`"from":{"type":"string","format":"date"},"until":{"type":"string","format":"date-time"}` + more + `},` + roles + `}`
	}
	tests := []struct{ name, text, want string }{
		{"no fault", with(""), ""},
		{"a misspelt keyword", with(`,"a":{"requird":["b"]}`), `unknown keyword "requird", which has no effect; did you mean "required"?`},
		{"required and not described", strings.Replace(with(""), `["id"]`, `["id","form"]`, 1), `/required: "form" is required, but the schema has no such property and allows no others; did you mean "from"?`},
		{"required and false", with(`,"a":{"properties":{"b":false},"required":["b"]}`), `"b" is required, but its schema is false`},
		{"lengths", with(`,"a":{"type":"string","minLength":5,"maxLength":4}`), "minLength is 5 and maxLength is 4"},
		{"items", with(`,"a":{"minItems":5,"maxItems":4}`), "minItems is 5 and maxItems is 4"},
		{"members", with(`,"a":{"minProperties":5,"maxProperties":4}`), "minProperties is 5 and maxProperties is 4"},
		{"numbers", with(`,"a":{"minimum":5,"maximum":4.5}`), "minimum is 5 and maximum is 9/2"},
		{"equal bounds", with(`,"a":{"minimum":5,"maximum":5}`), ""},
		{"equal bounds that are excluded", with(`,"a":{"exclusiveMinimum":5,"maximum":5}`), "exclusiveMinimum is 5 and maximum is 5"},
		{"a constant of another type", with(`,"a":{"type":"string","const":5}`), "/properties/a/const: the other rules here refuse this value"},
		{"a value of another type", with(`,"a":{"type":"string","enum":["x",5]}`), "/properties/a/enum/1: the other rules here refuse this value"},
		{"two types", with(`,"a":{"allOf":[{"type":"string"},{"type":"integer"}]}`), "no value is of all the types"},
		{"a format of a number", with(`,"a":{"type":"integer","format":"date"}`), "format has no effect on an integer"},
		{"a bound of a text", with(`,"a":{"type":"string","minimum":1}`), "minimum has no effect on a string"},
		{"a bound of one of two types", with(`,"a":{"type":["string","integer"],"minimum":1}`), ""},
		{"a date of a role without a format", strings.Replace(with(""), `"format":"date"`, `"title":"x"`, 1), `the role not_before is "/from", which has no format`},
		{"a date of a role that is a number", strings.Replace(with(""), `{"type":"string","format":"date"}`, `{"type":"integer"}`, 1), `the role not_before is "/from", which is an integer; a string is expected`},
		{"an id that is an object", strings.Replace(with(""), `"id":{"type":"string"}`, `"id":{"type":"object"}`, 1), `the role id is "/id", which is an object`},
		{"an id that may be missing", strings.Replace(with(""), `["id"]`, `["from"]`, 1), `the role id is "/id", which is not required`},
		{"another date without a format", with(`,"valid_until":{"type":"string"}`), `"valid_until" looks like a date and has no format`},
		{"no roles", strings.Replace(with(""), roles, `"title":"x"`, 1), "this schema names no roles"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := schema.Compile("mine.json", []byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, d := range s.Doubts() {
				got = append(got, d.String())
			}
			if len(got) > 1 || (test.want == "") != (len(got) == 0) || !strings.Contains(strings.Join(got, "\n"), test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	if doubts := schema.Kong().Doubts(); doubts != nil {
		t.Errorf("of a built-in schema: %v", doubts)
	}
}
