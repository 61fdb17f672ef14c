package schema

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v5"
)

// The bounds of schemas: with lower ones, a schema that is accepted today would be refused.
func TestBoundsAreKept(t *testing.T) {
	want := map[string]int{"files": 16, "values": 4000, "name": 256, "compile": 12000, "validate": 300000, "pointers": 4194304,
		"pattern bytes": 8192, "pattern steps": 50000, "pattern runes": 1000000, "regex value": 1024,
		"schema bytes": 262144, "violations": 100, "name length": 64, "kinds": 1000, "shown": 60, "named": 20, "depth": 4, "fields": 500}
	got := map[string]int{"files": maxSchemaFiles, "values": maxSchemaValues, "name": maxSchemaName, "compile": maxCompileWork, "validate": maxValidateWork, "pointers": maxPointersBytes,
		"pattern bytes": maxPatternBytes, "pattern steps": maxPatternSteps, "pattern runes": maxPatternRunes, "regex value": maxRegexValue,
		"schema bytes": maxSchemaBytes, "violations": maxViolations, "name length": maxNameLength, "kinds": maxKinds, "shown": maxShown, "named": maxNamed, "depth": maxFieldDepth, "fields": maxFields}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// What each part of an expression counts.
func TestPatternSize(t *testing.T) {
	for pattern, want := range map[string]patternSize{
		"":          {0, 2, 0},
		"a":         {1, 3, 0},
		"abc":       {3, 5, 0},
		"[a-cx]":    {6, 2, 2},
		"a*":        {2, 5, 0},
		"(a)":       {3, 5, 0},
		"a{3}":      {4, 20, 0},
		"a{2,}":     {5, 15, 0},
		"a{2,5}":    {6, 25, 0},
		"[a-c]{2}":  {8, 12, 3},
		"ab|[cd]ef": {9, 14, 1},
		"(":         {1, 0, 0},
	} {
		sizes := new(patternSizes)
		for range 2 { // the second time, it is known
			if got := sizes.of(pattern); got != want {
				t.Errorf("%s: %+v, want %+v", pattern, got, want)
			}
		}
	}
	for _, test := range []struct{ steps, bytes, want int }{{64, 0, 1}, {64, 1, 2}, {64, 63, 64}, {2, 30, 0}, {2, 31, 1}, {0, 1000, 0}} {
		if got := (patternSize{steps: test.steps}).matchWork(test.bytes); got != test.want {
			t.Errorf("%d steps on %d bytes: %d, want %d", test.steps, test.bytes, got, test.want)
		}
	}
	if got, want := (patternSize{1, 20, 300}).plus(patternSize{4, 50, 600}), (patternSize{5, 70, 900}); got != want {
		t.Errorf("the sum is %+v", got)
	}
}

// How long the names and texts of a document are, and the pointers to its values.
func TestTextBytes(t *testing.T) {
	for text, want := range map[string][3]int{ // names, the longest, pointers
		`{}`: {0, 0, 0}, `[]`: {0, 0, 0}, `"abc"`: {0, 3, 0}, `5`: {0, 0, 0}, `{"ab":1}`: {3, 2, 3}, `{"ab":"abc"}`: {3, 3, 3},
		`["a","abcd","ab"]`: {0, 4, 12}, `{"ab":{"cde":[true]}}`: {7, 3, 3 + 7 + 11}, `[{"ab":1},{"c":1}]`: {5, 2, 4 + 7 + 4 + 6},
	} {
		value, err := decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		names, longest := textBytes(value)
		if got := [3]int{names, longest, pointersBytes(value, 0)}; got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

// What is matched before it is paid for is bounded by what all of a validation may take.
func TestUnpaidWork(t *testing.T) {
	named := &meter{ofNames: patternSize{steps: 64}} // a unit of work for each byte, and one
	texts := &meter{ofTexts: patternSize{steps: 64}}
	for n, ok := range map[int]bool{299_999: true, 300_000: false} {
		if err := texts.checkUnpaid(strings.Repeat("a", n)); (err == nil) != ok {
			t.Errorf("a text of %d bytes: %v", n, err)
		}
		if err := named.checkUnpaid(map[string]any{strings.Repeat("a", n-1): 1}); (err == nil) != ok {
			t.Errorf("a name of %d bytes: %v", n-1, err)
		}
		if err := named.checkUnpaid(strings.Repeat("a", n)); err != nil {
			t.Errorf("a text and patterns of names: %v", err)
		}
	}
}

// What compiling a schema and checking a document with it takes off the bounds, which
// does not depend on the machine.
func TestWork(t *testing.T) {
	long := strings.Repeat("n", 100)
	for _, test := range []struct {
		schema, doc       string
		compile, validate int
	}{
		{`{"type":"object"}`, `{}`, 1, 2},
		{`{"type":"object","title":"a title"}`, `{"a":1}`, 1, 2},
		{`{"required":["a","b"]}`, `{"a":1,"b":2}`, 3, 4},
		{`{"properties":{"a":{"type":"string"},"b":{}}}`, `{"a":"x"}`, 5, 8},
		{`{"properties":{"` + long + `":{}}}`, `{"` + long + `":1}`, 3, 25},
		{`{"properties":{"a":{"type":"string"}}}`, `{"a":"` + strings.Repeat("x", 640) + `"}`, 3, 17},
		{`{"properties":{"a":{"pattern":"^x{100}$"}}}`, `{"a":"` + strings.Repeat("x", 100) + `"}`, 9, 814},
		{`{"patternProperties":{"^x{100}$":{}}}`, `{"a":1,"` + strings.Repeat("x", 100) + `":1}`, 9, 836},
	} {
		s, err := Compile("mine", []byte(test.schema))
		if err != nil {
			t.Fatal(err)
		}
		m := s.compiled.meter
		compile := maxCompileWork - m.left
		if err := s.Validate(parsed(t, test.doc)); err != nil {
			t.Errorf("%s: %v", test.schema, err)
		}
		if got := [2]int{compile, maxValidateWork - m.left}; got != [2]int{test.compile, test.validate} {
			t.Errorf("%s: %v, want %d and %d", test.schema, got, test.compile, test.validate)
		}
	}
	m := &meter{left: 40}
	if m.isRegex("a|"); m.left != 0 {
		t.Errorf("an expression of 2 bytes leaves %d of 40", m.left)
	}
	defer func() {
		if r := recover(); r != tooMuchWork {
			t.Errorf("with nothing left: %v", r)
		}
	}()
	m.isRegex("a")
}

// The schema and the keyword at the place that an error of the library names.
func TestRule(t *testing.T) {
	no := false
	root, inner, closed, never := &jsonschema.Schema{}, &jsonschema.Schema{}, &jsonschema.Schema{}, &jsonschema.Schema{Always: &no}
	index := map[string]*jsonschema.Schema{"x#": root, "x#/properties/a": inner, "x#/properties/b": never, "x#/$defs/c": nil, "x#/$defs/c/items": closed}
	j := &judge{compiled: &compiled{byLocation: func() map[string]*jsonschema.Schema { return index }}}
	for location, want := range map[string]struct {
		schema  *jsonschema.Schema
		keyword string
	}{
		"x#/type": {root, "type"}, "x#/allOf/0/minItems": {root, "allOf"}, "x#/properties/a/type": {inner, "type"}, "x#/properties/b": {never, falseSchema},
		"x#/properties/b/type": {never, "type"}, "x#/$defs/c/items/const": {closed, "const"}, "x#/$defs/c/const": {root, "$defs"},
		"y#/type": {nil, "type"}, "y/z#/items/const": {nil, "const"}, "y#": {nil, "y#"},
	} {
		s, keyword := j.rule(location)
		if s != want.schema || keyword != want.keyword {
			t.Errorf("%s: %p, %q, want %p, %q", location, s, keyword, want.schema, want.keyword)
		}
	}
}

// The members of the object at a pointer; none if it leads to no object.
func TestMembers(t *testing.T) {
	value, err := decode([]byte(`{"a":[{"b":1},{"c":{"d":2}}],"e":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	j := &judge{value: value}
	for pointer, want := range map[string]string{
		"": "[a e]", "/a/0": "[b]", "/a/1": "[c]", "/a/1/c": "[d]", "/a": "[]", "/a/2": "[]", "/a/-1": "[]", "/a/x": "[]", "/e": "[]", "/f": "[]",
	} {
		if got := fmt.Sprint(sortedNames(j.members(pointer))); got != want {
			t.Errorf("%q: %s, want %s", pointer, got, want)
		}
	}
}

// A path of keywords judges a name if it goes through "propertyNames", unless that is itself a name.
func TestJudgesName(t *testing.T) {
	for location, want := range map[string]bool{
		"": false, "/type": false, "/propertyNames": true, "/propertyNames/maxLength": true, "/properties/propertyNames/type": false, "/properties/a/propertyNames/type": true,
		"/patternProperties/propertyNames": false, "/dependentSchemas/propertyNames/type": false, "/dependencies/propertyNames": false, "/properties/properties/propertyNames/type": true,
	} {
		if got := judgesName(location); got != want {
			t.Errorf("%s: %t", location, got)
		}
	}
}

// If there are too many faults, the least that is left out is an unknown member.
func TestRank(t *testing.T) {
	wrong, inside, top := fault{}, fault{object: "/a"}, fault{}
	inside.UnknownMember, top.UnknownMember = true, true
	if wrong.rank() >= inside.rank() || inside.rank() >= top.rank() {
		t.Errorf("%d, %d, %d", wrong.rank(), inside.rank(), top.rank())
	}
}

// Each name is meant by one misspelling at most, the closest one; names are compared
// without case, hyphens and underscores.
func TestPairUp(t *testing.T) {
	for _, test := range []struct {
		misspelt, names []string
		want            map[string]string
	}{
		{nil, []string{"a"}, map[string]string{}},
		{[]string{"seat"}, []string{"seats"}, map[string]string{"seat": "seats"}},
		{[]string{"seat", "saets"}, []string{"seats"}, map[string]string{"saets": "seats"}},
		{[]string{"seets", "seat"}, []string{"seats", "seat_s"}, map[string]string{"seat": "seat_s", "seets": "seats"}},
		{[]string{"License-Key"}, []string{"license_keys", "license_key"}, map[string]string{"License-Key": "license_key"}},
		{[]string{"abcd"}, []string{"xy"}, map[string]string{}},
		{[]string{"b"}, []string{"c", "a"}, map[string]string{"b": "a"}},
	} {
		if diff := cmp.Diff(test.want, pairUp(test.misspelt, test.names)); diff != "" {
			t.Errorf("%q, %q (-want +got)\n%s", test.misspelt, test.names, diff)
		}
	}
}

// The drafts that a schema may name, as people write their URLs.
func TestDraftOf(t *testing.T) {
	for uri, want := range map[string]string{
		"https://json-schema.org/draft/2020-12/schema": "draft 2020-12", "https://json-schema.org/draft/2019-09/schema#": "draft 2019-09",
		"http://json-schema.org/draft-07/schema#": "draft 07", "http://json-schema.org/draft-07/schema": "draft 07", "https://json-schema.org/draft-07/schema": "draft 07",
		"http://json-schema.org/draft/2020-12/schema": "draft 2020-12", "http://json-schema.org/draft-06/schema#": "", "": "",
	} {
		got := ""
		if d, ok := draftOf(uri); ok {
			got = draftName(d)
		}
		if got != want {
			t.Errorf("%s: %q, want %q", uri, got, want)
		}
	}
}

// Where the relative references of a file with an "$id" start.
func TestDirOf(t *testing.T) {
	for id, want := range map[string]string{
		"https://example.com/s/main.json": "https://example.com/s/", "https://example.com/s/": "https://example.com/s/", "https://example.com/main.json": "https://example.com/",
		"urn:acme:x": "", "main.json": "", "/s/main.json": "", "%": "", "": "", "acme:x/y": "",
	} {
		if got, ok := dirOf(id); got != want || ok != (want != "") {
			t.Errorf("%s: %q, %t", id, got, ok)
		}
	}
	l := &loader{bases: map[string]string{"https://a/": "x", "https://a/b/": "y", "https://a/b/c": "z"}}
	for target, want := range map[string]string{"https://a/m.json": "x/m.json", "https://a/b/m.json": "y/m.json", "https://a/b/d%20e.json": "y/d e.json", "https://b/m.json": "", "https://a/%": ""} {
		if got, ok := l.pathOf(target); ok != (want != "") || ok && got != want {
			t.Errorf("%s: %q, %t", target, got, ok)
		}
	}
}

// Up to so many bytes of a value are shown, and whole characters.
func TestCut(t *testing.T) {
	for _, limit := range []int{1, 60, 300} {
		for n, want := range map[int]string{limit: strings.Repeat("a", limit), limit + 1: strings.Repeat("a", limit) + "…"} {
			if got := cut(strings.Repeat("a", n), limit); got != want {
				t.Errorf("%d of %d bytes: %s", limit, n, got)
			}
		}
	}
	if got := cut("aéb", 2); got != "a…" {
		t.Errorf("half a character: %s", got)
	}
	if got, want := printable(strings.Repeat("a", 301)), strings.Repeat("a", 300)+"…"; got != want {
		t.Errorf("a message of 301 bytes: %s", got)
	}
	if got := printable(strings.Repeat("a", 300)); len(got) != 300 {
		t.Errorf("a message of 300 bytes: %s", got)
	}
	for value, want := range map[string]string{"5": "5", `"a"`: `"a"`, `""`: `""`, `"\u00e9\""`: `"é\""`, "[" + strings.Repeat("1,", 29) + "1]": "[" + strings.Repeat("1,", 29) + "1…"} {
		if got := jsonShown([]byte(value)); got != want {
			t.Errorf("%s: %s, want %s", value, got, want)
		}
	}
}

// Of many constants, the first twelve are listed, and of many members none.
func TestManyAreAllowed(t *testing.T) {
	for n, want := range map[int]string{1: "0", 2: "0 or 1", 12: "0 or 1 or 2 or 3 or 4 or 5 or 6 or 7 or 8 or 9 or 10 or 11",
		13: "0 or 1 or 2 or 3 or 4 or 5 or 6 or 7 or 8 or 9 or 10 or 11 or one of 1 more values", 20: "0 or 1 or 2 or 3 or 4 or 5 or 6 or 7 or 8 or 9 or 10 or 11 or one of 8 more values"} {
		values := make([]any, n)
		for i := range values {
			values[i] = i
		}
		if got := constants(values); got != want {
			t.Errorf("%d constants: %s, want %s", n, got, want)
		}
	}
	for n, want := range map[int]string{0: "", 1: `one of "m0"`, 2: `one of "m0", "m1"`, 21: ""} {
		s := &jsonschema.Schema{Properties: map[string]*jsonschema.Schema{}}
		for i := range n {
			s.Properties[fmt.Sprint("m", i)] = &jsonschema.Schema{}
		}
		if got := allowedMembers(s); got != want {
			t.Errorf("%d members: %q, want %q", n, got, want)
		}
	}
	s := &jsonschema.Schema{Properties: map[string]*jsonschema.Schema{}}
	for i := range 20 {
		s.Properties[fmt.Sprint("m", i)] = &jsonschema.Schema{}
	}
	if got := strings.Count(allowedMembers(s), `"m`); got != 20 {
		t.Errorf("of 20 members, %d are listed", got)
	}
}

// Unions of types are looked at four levels deep.
func TestTypesOfUnions(t *testing.T) {
	s := &jsonschema.Schema{Types: []string{"string"}}
	for level, want := range []string{"[string]", "[string]", "[string]", "[string]", "[]", "[]"} {
		if got := fmt.Sprint(fieldTypes(s, maxFieldDepth)); got != want {
			t.Errorf("at level %d: %s, want %s", level, got, want)
		}
		s = &jsonschema.Schema{AnyOf: []*jsonschema.Schema{s, s}}
	}
}
