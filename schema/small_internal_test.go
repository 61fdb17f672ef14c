package schema

import (
	"errors"
	"slices"
	"testing"

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
