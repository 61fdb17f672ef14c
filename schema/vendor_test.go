package schema_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/schema"
)

const vendorSchema = `{
  "title": "Acme licence",
  "type": "object",
  "required": ["serial", "who", "sku", "from", "until"],
  "additionalProperties": false,
  "properties": {
    "serial": {"type": "string", "pattern": "^[A-Z]{4}-[0-9]{4}$", "examples": ["ACME-0001"]},
    "who": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "maxLength": 10}}},
    "sku": {"enum": ["basic", "pro"]},
    "from": {"type": "string", "format": "date"},
    "until": {"$ref": "https://licseal.github.io/schema/kong.json#/$defs/date"},
    "seats": {"type": "integer", "minimum": 1, "exclusiveMaximum": 1e6},
    "hosts": {"type": "array", "items": {"type": "string", "format": "hostname"}, "uniqueItems": true, "minItems": 1, "maxItems": 3}
  },
  "x-licseal": {"roles": {"id": "/serial", "customer": "/who/name", "product": "/sku", "not_before": "/from", "not_after": "/until"}}
}`

// write writes files into a new folder and returns the path of the first.
func write(t testing.TB, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		name := filepath.Join(dir, files[i])
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(files[i+1]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, files[0])
}

func TestVendorSchema(t *testing.T) {
	path := write(t, "acme.json", vendorSchema)
	s, err := schema.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	want := licseal.Roles{ID: "/serial", Customer: "/who/name", Product: "/sku", NotBefore: "/from", NotAfter: "/until"}
	if diff := cmp.Diff(want, s.Roles()); diff != "" {
		t.Error(diff)
	}
	if s.Name() != path || string(s.JSON()) != vendorSchema {
		t.Errorf("Name %q, JSON %s", s.Name(), s.JSON())
	}
	const date = `a real date such as "2027-12-31"`
	tests := []struct {
		payload string
		want    []string
	}{
		{`{"serial":"ACME-0001","who":{"name":"Ada"},"sku":"pro","from":"2026-01-01","until":"2027-01-01T00:00:00Z"}`, nil},
		{`{"serial":"acme","who":{"name":"Ada Lovelace"},"sku":"Pro","from":"2026-01-01T00:00:00Z","until":"x","seats":0,"hosts":[]}`, []string{
			`1:11 /serial: found the string "acme"; a string that matches "^[A-Z]{4}-[0-9]{4}$" such as "ACME-0001" is expected`,
			`1:32 /who/name: found the string "Ada Lovelace"; a string of at most 10 characters is expected`,
			`1:54 /sku: found the string "Pro"; "basic" or "pro" is expected`,
			`1:67 /from: found the string "2026-01-01T00:00:00Z"; ` + date + ` is expected`,
			`1:98 /until: found the string "x"; ` + date + ` is expected`,
			`1:110 /seats: found the number 0; a number of at least 1 is expected`,
			`1:120 /hosts: found an array; an array of at least 1 element is expected`,
		}},
		{`{"serial":"ACME-0001","who":{},"sku":"pro","from":"2026-01-01","until":"2027-01-01","seats":1000000,"hosts":["a","a","_","b"]}`, []string{
			`1:29 /who/name: member "name" is missing`,
			`1:93 /seats: found the number 1000000; a number below 1000000 is expected`,
			`1:109 /hosts: found an array; an array of at most 3 elements is expected`,
			`1:109 /hosts: found an array; an array without equal elements is expected`,
			`1:118 /hosts/2: found the string "_"; a valid hostname is expected`,
		}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, texts(violations(t, s, mustParse(t, test.payload)))); diff != "" {
			t.Errorf("%s:\n%s", test.payload, diff)
		}
	}
}

// One fault in the payload is one violation, however the schema is put together.
func TestOneViolationForOneFault(t *testing.T) {
	tests := []struct {
		title, schema, payload string
		want                   []string
	}{
		{
			"extended, with a wrong member",
			`{"allOf": [{"properties": {"a": {"type": "string"}, "b": {"type": "string"}}}], "properties": {"c": true}, "unevaluatedProperties": false}`,
			`{"a":1,"b":"x","c":2}`,
			[]string{`1:6 /a: found the number 1; a string is expected`},
		},
		{
			"extended, with an unknown member",
			`{"allOf": [{"properties": {"aaaa": {"type": "string"}}}], "unevaluatedProperties": false}`,
			`{"aaab":"1"}`,
			[]string{`(lesser) 1:9 /aaab: unknown member "aaab"; did you mean "aaaa"?`},
		},
		{
			"known, but not beside the others",
			`{"properties": {"kind": {"type":"string"}}, "if": {"properties": {"kind": {"const": "trial"}}}, "then": {"properties": {"days": true}}, "unevaluatedProperties": false}`,
			`{"kind":"full","days":30}`,
			[]string{`1:23 /days: member "days" is not allowed with the others`},
		},
		{
			"the same rule twice",
			`{"allOf": [{"required": ["a"]}, {"required": ["a"]}]}`, `{}`,
			[]string{`1:1 /a: member "a" is missing`},
		},
		{
			"forms told apart by type",
			`{"properties": {"a": {"anyOf": [{"type": "string", "minLength": 3}, {"type": "integer"}, {"type": "object"}]}}}`,
			`{"a":"x"}`,
			[]string{`1:6 /a: found the string "x"; a string of at least 3 characters is expected`},
		},
		{
			"forms told apart by a constant",
			`{"oneOf": [{"properties": {"k": {"const": 1}, "v": {"type": "string"}}}, {"properties": {"k": {"const": 2}, "v": {"type": "boolean"}}}]}`,
			`{"k":2,"v":3}`,
			[]string{`1:12 /v: found the number 3; true or false is expected`},
		},
		{
			"no form at all",
			`{"properties": {"a": {"anyOf": [{"type": "string"}, {"type": "null"}]}}}`, `{"a":[]}`,
			[]string{`1:6 /a: found an array; a string or null is expected`},
		},
		{
			"forms that cannot be told apart",
			`{"properties": {"a": {"anyOf": [{"required": ["x", "y"]}, {"required": ["z"]}]}}}`, `{"a":{}}`,
			[]string{`1:6 /a: found an object, which matches none of the 2 forms that the schema allows; the closest one fails at "/a/z": member "z" is missing`},
		},
		{
			"two forms at once",
			`{"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}`, `{"a":1,"b":1}`,
			[]string{`1:1: found an object: valid against schemas at indexes 0 and 1`},
		},
		{
			"dependent", `{"dependentRequired": {"a": ["b", "c"]}}`, `{"a":1,"b":1}`,
			[]string{`1:1 /c: member "c" is missing; it is required with "a"`},
		},
		{"not", `{"properties": {"a": {"not": {"const": 1}}}}`, `{"a":1}`, []string{`1:6 /a: found the number 1; the schema forbids this value`}},
		{"false", `{"properties": {"a": false}}`, `{"a":1}`, []string{`1:6 /a: found the number 1; the schema allows nothing here`}},
		{"const", `{"properties": {"a": {"const": {"b": [1]}}}}`, `{"a":1}`, []string{`1:6 /a: found the number 1; {"b":[1]} is expected`}},
		{"multiple", `{"properties": {"a": {"multipleOf": 0.5}}}`, `{"a":0.3}`, []string{`1:6 /a: found the number 0.3; a multiple of 0.5 is expected`}},
		{"maximum", `{"properties": {"a": {"maximum": 1}}}`, `{"a":2}`, []string{`1:6 /a: found the number 2; a number of at most 1 is expected`}},
		{"exclusiveMinimum", `{"properties": {"a": {"exclusiveMinimum": 2}}}`, `{"a":2}`, []string{`1:6 /a: found the number 2; a number above 2 is expected`}},
		{"members", `{"minProperties": 2, "properties": {"a": {"maxProperties": 1}}}`, `{"a":{"b":1,"c":2}}`, []string{
			`1:1: found an object; an object of at least 2 members is expected`,
			`1:6 /a: found an object; an object of at most 1 member is expected`,
		}},
		{"contains", `{"properties": {"a": {"contains": {"const": 1}}}}`, `{"a":[2]}`, []string{`1:6 /a: found an array: valid must be >= 1, but got 0`}},
		{"names", `{"propertyNames": {"maxLength": 1}}`, `{"ab":1}`, []string{`1:7 /ab: found the name "ab"; a string of at most 1 character is expected`}},
		{"a name and its value", `{"properties": {"propertyNames": {"type": "string"}}, "propertyNames": {"pattern": "^[a-zN]+$"}}`, `{"A":1,"propertyNames":1}`, []string{
			`1:6 /A: found the name "A"; a string that matches "^[a-zN]+$" is expected`,
			`1:24 /propertyNames: found the number 1; a string is expected`,
		}},
		{"patterns", `{"patternProperties": {"^x-": true}, "additionalProperties": false}`, `{"x-a":1,"b":1}`, []string{`(lesser) 1:14 /b: unknown member "b"`}},
		{"names to escape", `{"properties": {"a/b~c d%": {"type": "string"}}}`, `{"a/b~c d%":1}`, []string{`1:13 /a~1b~0c d%: found the number 1; a string is expected`}},
		{"draft 07", `{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"type": "string"}}, "dependencies": {"a": ["b"]}}`, `{"a":"1"}`,
			[]string{`1:1: found an object: property 'b' is required, if 'a' property exists`}},
	}
	for _, test := range tests {
		t.Run(test.title, func(t *testing.T) {
			s, err := schema.Compile("test", []byte(test.schema))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, texts(violations(t, s, mustParse(t, test.payload)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRolesRefused(t *testing.T) {
	const properties = `"properties": {"serial": {"type": "string"}, "who": {"properties": {"name": true}}, "open": true}`
	tests := []struct{ object, want string }{
		{`[]`, `schema acme: 2:14 /x-licseal: found an array; an object is expected`},
		{`{"role": {}}`, `schema acme: 2:23 /x-licseal/role: unknown member "role"; did you mean "roles"?`},
		{`{"roles": null}`, `schema acme: 2:24 /x-licseal/roles: found null; an object is expected`},
		{`{"roles": {"serial": "/serial"}}`, `schema acme: 2:35 /x-licseal/roles/serial: unknown member "serial"`},
		{`{"roles": {"notafter": "/serial"}}`, `schema acme: 2:37 /x-licseal/roles/notafter: unknown member "notafter"; did you mean "not_after"?`},
		{`{"roles": {"id": 1}}`, `schema acme: 2:31 /x-licseal/roles/id: found the number 1; a string is expected`},
		{`{"roles": {"id": ""}}`, `schema acme: 2:31 /x-licseal/roles/id: found the string ""; a string that is not empty is expected`},
		{`{"roles": {"id": "serial"}}`, `schema acme: 2:31 /x-licseal/roles/id: found the string "serial"; a JSON Pointer such as "/serial" is expected`},
		{`{"roles": {"id": "/a~2"}}`, `schema acme: 2:31 /x-licseal/roles/id: found the string "/a~2"; a JSON Pointer such as "/serial" is expected`},
		{`{"roles": {"id": "/seral"}}`, `schema acme: 2:31 /x-licseal/roles/id: the role id is "/seral", but the schema has no property "seral" there; did you mean "serial"?`},
		{`{"roles": {"customer": "/who/fullname"}}`, `schema acme: 2:37 /x-licseal/roles/customer: the role customer is "/who/fullname", but the schema has no property "fullname" there; add it to the properties or correct the pointer`},
	}
	for _, test := range tests {
		text := "{" + properties + ",\n\"x-licseal\": " + test.object + "}"
		s, err := schema.Compile("acme", []byte(text))
		if s != nil || err == nil || err.Error() != test.want {
			t.Errorf("%s:\n got %v\nwant %s", test.object, err, test.want)
		}
		if broken := (*schema.Error)(nil); errors.As(err, &broken) {
			t.Errorf("%s: an *Error would blame a payload", test.object)
		}
	}
	for object, want := range map[string]licseal.Roles{
		`{}`:                                     {},
		`{"roles": {}}`:                          {},
		`{"roles": {"id": "/serial"}}`:           {ID: "/serial"},
		`{"roles": {"customer": "/who/name"}}`:   {Customer: "/who/name"},
		`{"roles": {"product": "/open/a~1b/0"}}`: {Product: "/open/a~1b/0"},
	} {
		s, err := schema.Compile("acme", []byte("{"+properties+`,"x-licseal":`+object+"}"))
		if err != nil || s.Roles() != want {
			t.Errorf("%s: %v, %v", object, s, err)
		}
	}
}

// A role below a field that can have no members could never be read.
func TestRolesBelowScalars(t *testing.T) {
	tests := []struct{ schema, pointer, want string }{
		{`"properties":{"a":{"type":"string"}}`, "/a/b", `"/a" is a string, which has no members`},
		{`"properties":{"a":{"type":["integer","null"]}}`, "/a/b/c", `"/a" is an integer or null, which has no members`},
		{`"properties":{"a":{"properties":{"b":{"type":"string"}}}}`, "/a/b/c", `"/a/b" is a string, which has no members`},
		{`"properties":{"a":{"$ref":"#/$defs/d"}},"$defs":{"d":{"type":"string","format":"date"}}`, "/a/b", `"/a" is a string, which has no members`},
		{`"properties":{"a":{"allOf":[{"minLength":1},{"type":"string"}]}}`, "/a/b", `"/a" is a string, which has no members`},
		{`"properties":{"a":{"anyOf":[{"type":"string"},{"const":1}]}}`, "/a/b", `"/a" is a number, which has no members`},
		{`"properties":{"a":{"oneOf":[{"type":"string"},{"type":"null"}]}}`, "/a/b", `"/a" is null, which has no members`},
		{`"properties":{"a":{"enum":["x","y"]}}`, "/a/b", `"/a" is a string, which has no members`},
		{`"properties":{"a":{"const":true}}`, "/a/b", `"/a" is true or false, which has no members`},
		{`"properties":{"a~":{"minLength":1}},"allOf":[{"properties":{"a~":{"type":"string"}}}]`, "/a~0/b", `"/a~0" is a string, which has no members`},

		{`"properties":{"a":{"type":"string"}}`, "/a", ""},
		{`"properties":{"a":{"type":["string","object"]}}`, "/a/b", ""},
		{`"properties":{"a":{"anyOf":[{"type":"string"},{"type":"object"}]}}`, "/a/b", ""},
		{`"properties":{"a":{"anyOf":[{"type":"string"},true]}}`, "/a/b", ""},
		{`"properties":{"a":{"not":{"type":"string"}}}`, "/a/b", ""},
		{`"properties":{"a":{"if":{"type":"string"},"then":{"type":"string"}}}`, "/a/b", ""},
		{`"properties":{"a":{"type":"array"}}`, "/a/0", ""},
		{`"properties":{"a":{"const":{"b":"x"}}}`, "/a/b", ""},
		{`"properties":{"a":{"$ref":"#"}}`, "/a/a/a", ""},
		{`"properties":{"a":{"allOf":[{"$ref":"#/$defs/d"},{"$ref":"#/$defs/d"}]}},"$defs":{"d":{"anyOf":[{"$ref":"#/properties/a"},{"$ref":"#/properties/a"}]}}`, "/a/b/c", "leads back to itself"},
	}
	for _, test := range tests {
		_, err := schema.Compile("acme", fmt.Appendf(nil, `{%s,"x-licseal":{"roles":{"customer":%q}}}`, test.schema, test.pointer))
		if (err == nil) != (test.want == "") || err != nil && !strings.HasSuffix(err.Error(), test.want) && !strings.Contains(err.Error(), "leads back") {
			t.Errorf("%s %s:\n got %v\nwant %s", test.schema, test.pointer, err, test.want)
		}
	}
	// What refers to each part twice is still looked at once.
	text := strings.TrimSuffix(doubling(100, `{"allOf":[NEXT,NEXT]}`, `{}`), "}") + `,"x-licseal":{"roles":{"id":"/a/b/c"}}}`
	if _, err := schema.Compile("acme", []byte(text)); err != nil {
		t.Error(err)
	}
}

func TestBadSchemas(t *testing.T) {
	const noKeyword = `schema bad: none of its members is a keyword of JSON Schema, so that it would allow anything; is it the right file?`
	tests := []struct{ text, want string }{
		{`{}`, noKeyword},
		{`{"license":{"payload":{},"signature":"","version":"1"}}`, noKeyword},
		{``, `schema bad: the text is empty; a schema is a JSON object`},
		{" \n", `schema bad: the text is empty; a schema is a JSON object`},
		{`true`, `schema bad: 1:1: found true; an object is expected`},
		{`{"type":"object"`, `schema bad: 1:17: the text ends before the JSON value does; was it copied in full?`},
		{`{"type":"object","type":"string"}`, `schema bad: 1:18 /type: member "type" is there twice; keep one of them`},
		{`{"type":"strng"}`, `schema bad: 1:9 /type: found the string "strng"; "array" or "boolean" or "integer" or "null" or "number" or "object" or "string" is expected`},
		{`{"required":"a"}`, `schema bad: 1:13 /required: found the string "a"; an array is expected`},
		{`{"properties":{"a":{"minLength":-1}}}`, `schema bad: 1:33 /properties/a/minLength: found the number -1; a number of at least 0 is expected`},
		{`{"properties":{"a":{"pattern":"("}}}`, `schema bad: 1:31 /properties/a/pattern: found the string "("; a regular expression (RE2) is expected`},
		{`{"properties":{"a":{"pattern":"(?=x)"}}}`, `schema bad: 1:31 /properties/a/pattern: found the string "(?=x)"; a regular expression (RE2) is expected`},
		{`{"patternProperties":{"(":true}}`, `schema bad: 1:27 /patternProperties/(: found the name "("; a regular expression (RE2) is expected`},
		{`{"minimum":1e400}`, `schema bad: 1:12 /minimum: the number 1e400 is larger than any double; write it as a string`},
		{`{"properties":{"a":{"format":"dat"}}}`, `schema bad: 1:30 /properties/a/format: the format "dat" is unknown, so it would not be checked; did you mean "date"?`},
		{`{"$ref":"..\\x.json"}`, `schema bad: 1:9 /$ref: found the string "..\\x.json"; a valid uri-reference is expected`},
		{`{"$schema":"https://example.com/mine"}`, `schema bad: 1:12 /$schema: the $schema is "https://example.com/mine"; this program reads "https://json-schema.org/draft/2020-12/schema", and drafts 2019-09 and 07`},
		{`{"$schema":"http://json-schema.org/draft-04/schema#"}`, `schema bad: 1:12 /$schema: the $schema is "http://json-schema.org/draft-04/schema#"; this program reads "https://json-schema.org/draft/2020-12/schema", and drafts 2019-09 and 07`},
		{`{"$ref":"#/$defs/a"}`, `schema bad: bad#/$defs/a not found`},
		{`{"$ref":"#"}`, `schema bad: a $ref leads back to itself: bad#/$ref`},
		{`{"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"}`, `schema bad: a $ref leads back to itself: bad#/$ref/$ref/$ref`},
	}
	for _, test := range tests {
		s, err := schema.Compile("bad", []byte(test.text))
		if s != nil || err == nil || err.Error() != test.want {
			t.Errorf("%s:\n got %v\nwant %s", test.text, err, test.want)
		}
	}
}

func TestLoadErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := schema.Load(filepath.Join(dir, "none.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := schema.Load(dir); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("a directory: %v", err)
	}
	if _, err := schema.Load("/dev/zero"); err == nil || !strings.Contains(err.Error(), "it has more than 262144 bytes") {
		t.Errorf("an endless file: %v", err)
	}
}

func TestJSONIsACopy(t *testing.T) {
	text := []byte(`{"type":"object"}`)
	s, err := schema.Compile("x", text)
	if err != nil {
		t.Fatal(err)
	}
	text[2], s.JSON()[2] = 'X', 'X'
	schema.Kong().JSON()[0] = 'X'
	if !json.Valid(schema.Kong().JSON()) || string(s.JSON()) != `{"type":"object"}` {
		t.Errorf("JSON = %s", s.JSON())
	}
}
