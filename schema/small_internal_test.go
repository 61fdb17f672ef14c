package schema

import (
	"errors"
	"slices"
	"testing"

	"github.com/licseal/licseal"
	"github.com/santhosh-tekuri/jsonschema/v5"
)

// An error of compiling is worded the same, whatever the library wraps it in.
func TestCompileErrorIsWorded(t *testing.T) {
	inner := errors.New("jsonschema: no such thing")
	for _, err := range []error{inner, &jsonschema.SchemaError{SchemaURL: "x", Err: inner}} {
		if got := compileError("mine", err).Error(); got != "schema mine: no such thing" {
			t.Errorf("%T: %s", err, got)
		}
	}
}

// The types that two schemas both allow; an integer is a number.
func TestBothTypes(t *testing.T) {
	for _, test := range []struct{ a, b, want []string }{
		{nil, nil, nil},
		{nil, []string{"string"}, []string{"string"}},
		{[]string{"string"}, nil, []string{"string"}},
		{[]string{"string", "null"}, []string{"null", "number"}, []string{"null"}},
		{[]string{"string"}, []string{"number"}, []string{}},
		{[]string{"integer"}, []string{"number"}, []string{"integer"}},
		{[]string{"number"}, []string{"integer"}, []string{"integer"}},
		{[]string{"integer"}, []string{"string"}, []string{}},
	} {
		if got := bothTypes(test.a, test.b); !slices.Equal(got, test.want) || (got == nil) != (test.want == nil) {
			t.Errorf("%q and %q: %q, want %q", test.a, test.b, got, test.want)
		}
	}
}

// Longer names may be misspelt in more places.
func TestMaxDistance(t *testing.T) {
	for name, want := range map[string]int{"": 1, "id": 1, "seats": 1, "customer": 2, "max_users": 2, "license_keys": 3, "license_creation_date": 3} {
		if got := maxDistance(name); got != want {
			t.Errorf("%q: %d, want %d", name, got, want)
		}
	}
}

// Everything that a regular expression has counts towards the work of compiling it.
func TestCompileWork(t *testing.T) {
	for size, want := range map[patternSize]int{{bytes: 100}: 50, {steps: 2000}: 10, {runes: 1000}: 4, {100, 2000, 1000}: 64} {
		if got := size.compileWork(); got != want {
			t.Errorf("%v: %d, want %d", size, got, want)
		}
	}
}

// How many characters are added, removed, replaced or swapped between two names.
func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"abc", "", 3}, {"a", "b", 1}, {"ab", "ba", 1}, {"abc", "abxc", 1}, {"abc", "ac", 1},
		{"kitten", "sitting", 3}, {"flaw", "lawn", 2}, {"ca", "abc", 3}, {"é", "e", 1}, {"requierd", "required", 1},
	} {
		if a, b := distance(test.a, test.b), distance(test.b, test.a); a != test.want || b != test.want {
			t.Errorf("%q and %q: %d and %d, want %d", test.a, test.b, a, b, test.want)
		}
	}
}

// Whatever regular expressions have is added up over all of them.
func TestPatternsAreAddedUp(t *testing.T) {
	for _, patterns := range [][]string{
		{`\pL{1000}`, `x\pL{1000}`}, // ranges of characters
		{`(ab){1000}`, `(abcdefghijklmnopqrstuvwxyz){999}`, `(abcdefghijklmnopqrstuvwxyz){1000}`}, // steps
	} {
		sizes := new(patternSizes)
		for i, pattern := range patterns {
			if err := sizes.count(pattern); (err != nil) != (i == len(patterns)-1) {
				t.Errorf("%s, after %d others: %v", pattern, i, err)
			}
		}
	}
}

// A format says nothing about a value of another type.
func TestDateOfOtherType(t *testing.T) {
	for _, day := range []bool{true, false} {
		for _, value := range []any{nil, 5.0, true, []any{}} {
			if !isDate(value, day) {
				t.Errorf("%v is refused", value)
			}
		}
	}
}

// The form of a value that was meant is the only one whose type it has, or else the only
// one whose constants it has.
func TestMeantBranch(t *testing.T) {
	at := func(pointer, keyword, allowed string) fault {
		return fault{Violation: licseal.Violation{Position: licseal.Position{Pointer: pointer}, Keyword: keyword, Allowed: allowed}}
	}
	a, b := []fault{at("/x/y", "required", "")}, []fault{at("/x/z", "minimum", "")}
	for name, test := range map[string]struct {
		branches [][]fault
		want     int // which, -1 for none
	}{
		"another type":             {[][]fault{{at("/x", "type", "")}, a}, 1},
		"another type inside":      {[][]fault{{at("/x/y", "type", "")}, a}, -1},
		"another value":            {[][]fault{a, {at("/x", "pattern", "a letter")}}, 0},
		"another value inside":     {[][]fault{{at("/x/y", "pattern", "a letter")}, a}, -1},
		"a constant inside":        {[][]fault{{at("/x/kind", "const", "")}, a}, 1},
		"one of several inside":    {[][]fault{b, {at("/x/kind", "enum", "")}}, 0},
		"nothing tells them apart": {[][]fault{a, b}, -1},
		"two are left":             {[][]fault{{at("/x", "type", "")}, a, b}, -1},
	} {
		got := meantBranch(test.branches, "/x")
		if (got == nil) != (test.want < 0) || got != nil && &got[0] != &test.branches[test.want][0] {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// The elements of an array have a schema if they are all of one simple type.
func TestItemsOf(t *testing.T) {
	for _, test := range []struct {
		elements []any
		want     string
	}{
		{[]any{"a", "b"}, "string"}, {[]any{true}, "boolean"}, {nil, ""}, {[]any{"a", true}, ""},
		{[]any{nil}, ""}, {[]any{"a", nil}, ""}, {[]any{[]any{"a"}}, ""}, {[]any{map[string]any{}}, ""},
	} {
		got := ""
		if n := itemsOf(test.elements); n != nil {
			got = n.Type
		}
		if got != test.want {
			t.Errorf("%v: %q, want %q", test.elements, got, test.want)
		}
	}
}
