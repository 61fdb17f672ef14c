package schema

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/licseal/licseal"
)

// Canonical text becomes the value that it is, with escapes anywhere, and other text an
// error.
func TestDecodeText(t *testing.T) {
	for text, want := range map[string]any{
		`"\"a"`: `"a`, `"a\""`: `a"`, `"\\"`: `\`, `"\\\""`: `\"`, `"a\nb"`: "a\nb", `""`: "", `[]`: []any{}, `{}`: map[string]any{}, `{"a":"\"b","\"":[true,false,null]}`: map[string]any{"a": `"b`, `"`: []any{true, false, nil}},
	} {
		if got, err := decode([]byte(text)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %#v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "{", "[", `"\"`, `{"a"}`, `{"a":}`, `{"a":1`, `{}x`, `""x`, "[1", `{1:2}`, `{"a" 1}`, `"\x"`} {
		if got, err := decode([]byte(text)); err == nil {
			t.Errorf("%s: %#v", text, got)
		}
	}
}

// A name of a built-in schema is its whole URL.
func TestBuiltinByURL(t *testing.T) {
	for url, want := range map[string]bool{
		builtinBase + "kong.json": true, builtinBase + "kong": false, "kong.json": false, builtinBase + ".json": false, builtinBase + "other.json": false, "https://example.com/kong.json": false, builtinBase + "kong.json#": false,
	} {
		if text, ok := builtinByURL(url); ok != want || (len(text) > 0) != want {
			t.Errorf("%s: %d bytes, %t", url, len(text), ok)
		}
	}
}

// What several forms allow is listed if each says it of the value itself, and nothing else.
func TestJoinAllowed(t *testing.T) {
	one := func(pointer, allowed string) fault {
		return fault{Violation: licseal.Violation{Position: at(pointer), Allowed: allowed}}
	}
	for want, branches := range map[string][][]fault{
		"a or b": {{one("/x", "a")}, {one("/x", "b")}, {one("/x", "a")}}, "a": {{one("/x", "a")}},
		"": {{one("/x", "a")}, {one("/x/y", "b")}},
	} {
		if got := joinAllowed(branches, "/x"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	for _, branches := range [][][]fault{
		{{one("/x", "a")}, {one("/x", "")}}, {{one("/x", "a"), one("/x", "b")}}, {{one("/x", "a")}, {}}, {{one("/y", "a")}}, {{one("/x", "a"), one("/y", "")}, {one("/x", "b")}},
	} {
		if got := joinAllowed(branches, "/x"); got != "" {
			t.Errorf("got %q of %v", got, branches)
		}
	}
}

// A member that was not evaluated is no fault of its own if another fault of its object
// explains that.
func TestDropConsequences(t *testing.T) {
	consequence := fault{Violation: licseal.Violation{Position: at("/a/x")}, object: "/a", consequence: true}
	for pointer, dropped := range map[string]bool{"/a": true, "/a/b": true, "/a/b/c": true, "/ab": false, "/": false, "": false, "/b": false} {
		other := fault{Violation: licseal.Violation{Position: at(pointer)}}
		if got := len(dropConsequences([]fault{consequence, other})) == 1; got != dropped {
			t.Errorf("with a fault at %q: dropped is %t", pointer, got)
		}
		other.UnknownMember = true
		if got := len(dropConsequences([]fault{consequence, other})); got != 2 {
			t.Errorf("with an unknown member at %q: %d faults", pointer, got)
		}
	}
	if got := len(dropConsequences([]fault{consequence, consequence})); got != 2 {
		t.Errorf("with another consequence: %d faults", got)
	}
}

// Names of up to 64 characters are compared.
func TestLongNames(t *testing.T) {
	long := strings.Repeat("a", maxNameLength)
	for _, test := range []struct {
		a, b string
		want int
	}{{long, long, 0}, {long, long[1:], 1}, {long, "b" + long[1:], 1}, {long, "", 64}, {long + "a", long, 64}, {long, long + "a", 64}, {long + "a", long + "a", 64}} {
		if got := distance(test.a, test.b); got != test.want {
			t.Errorf("%d and %d characters: %d, want %d", len(test.a), len(test.b), got, test.want)
		}
	}
}

// What Kong's roles name is both dates.
func TestHasDates(t *testing.T) {
	for text, want := range map[string]bool{
		`{"license_creation_date":1,"license_expiration_date":2}`: true, `{"license_creation_date":1}`: false, `{"license_expiration_date":2}`: false, `{}`: false,
	} {
		if got := hasDates(parsed(t, text), Kong().Roles()); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
}

func parsed(t *testing.T, text string) licseal.Payload {
	t.Helper()
	p, err := licseal.ParsePayload([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The kinds of payloads are kept, within bounds, and a payload of a kind that is known is of
// the same kind.
func TestKindsAreKept(t *testing.T) {
	kinds.Lock()
	before := kinds.byNames
	kinds.byNames = nil
	kinds.Unlock()
	defer func() {
		kinds.Lock()
		kinds.byNames = before
		kinds.Unlock()
	}()
	count := func() int {
		kinds.Lock()
		defer kinds.Unlock()
		return len(kinds.byNames)
	}
	const text = `{"serial":"a","from":"2026-01-01","until":"2027-01-01","seats":5}`
	first, again := kindOf(parsed(t, text)), kindOf(parsed(t, text))
	if !reflect.DeepEqual(first, again) || count() != 1 || !slices.Equal(first.dates.Begins, []string{"from"}) || !slices.Equal(first.dates.Ends, []string{"until"}) {
		t.Errorf("%+v, then %+v; %d are kept", first, again, count())
	}
	kindOf(parsed(t, `{"`+strings.Repeat("a", licseal.DefaultMaxBytes/64)+`":1,"from":"2026-01-01","until":"2027-01-01"}`))
	if count() != 1 {
		t.Errorf("%d are kept, one of them with long names", count())
	}
	for i := range maxKinds + 5 {
		kindOf(parsed(t, fmt.Sprintf(`{"m%d":1,"from":"2026-01-01","until":"2027-01-01"}`, i)))
	}
	if count() != maxKinds {
		t.Errorf("%d are kept, want %d", count(), maxKinds)
	}
}

// A schema without names of members says of no payload that it is another product's.
func TestNoForeignPayload(t *testing.T) {
	for text, want := range map[string]bool{
		`{"type":"object","maxProperties":1}`: false,
		`{"type":"object","required":["alpha","gamma"],"properties":{"alpha":{"type":"string"},"gamma":{"type":"string"}},"additionalProperties":false}`: true,
	} {
		s, err := Compile("mine", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		var broken *Error
		if err := s.Validate(parsed(t, `{"x":1,"y":2}`)); !errors.As(err, &broken) || broken.Foreign != want {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// Of many doubts and unknown keywords, as many as violations are listed.
func TestDoubtsAreBounded(t *testing.T) {
	for _, n := range []int{maxViolations, maxViolations + 1} {
		var doubtful, unknown []string
		for i := range n {
			doubtful = append(doubtful, fmt.Sprintf(`"m%d":{"type":"string","minimum":1}`, i))
			unknown = append(unknown, fmt.Sprintf(`"unheard%d":1`, i))
		}
		const roles = `"x-licseal":{"roles":{"id":"/m0","not_before":"/m0","not_after":"/m0"}}`
		s, err := Compile("mine", []byte(`{"type":"object",`+roles+`,"properties":{`+strings.Join(doubtful, ",")+`}}`))
		if err != nil {
			t.Fatal(err)
		}
		if got := len(s.Doubts()); got != maxViolations {
			t.Errorf("%d doubts, of more than %d", got, n)
		}
		if s, err = Compile("mine", []byte(`{"type":"object",`+strings.Join(unknown, ",")+`}`)); err != nil {
			t.Fatal(err)
		}
		listed := 0
		for _, w := range s.Warnings() {
			if strings.HasPrefix(w.Message, "unknown keyword") {
				listed++
			}
		}
		if listed != maxViolations {
			t.Errorf("%d unknown keywords of %d", listed, n)
		}
	}
}

// How deep and large schemas and documents may be.
func TestSchemaBounds(t *testing.T) {
	for n, ok := range map[int]bool{maxSchemaName: true, maxSchemaName + 1: false} {
		_, err := Compile("mine", []byte(`{"type":"object","properties":{"`+strings.Repeat("n", n)+`":{}}}`))
		if (err == nil) != ok {
			t.Errorf("a name of %d bytes: %v", n, err)
		}
	}
	// The schema, its "type", its "enum", and the values in that.
	for n, ok := range map[int]bool{maxSchemaValues - 3: true, maxSchemaValues - 2: false} {
		l := &loader{}
		values := make([]any, n)
		for i := range values {
			values[i] = fmt.Sprint(i)
		}
		if err := l.checkSize(map[string]any{"type": "string", "enum": values}); (err == nil) != ok {
			t.Errorf("%d values: %v", n+3, err)
		}
	}
	l := &loader{}
	for i := range maxSchemaFiles + 1 {
		if err := l.checkSize(true); (err == nil) != (i < maxSchemaFiles) {
			t.Errorf("file %d: %v", i+1, err)
		}
	}
	for n, ok := range map[int]bool{maxRegexValue: true, maxRegexValue + 1: false} {
		m := &meter{left: maxValidateWork}
		if got := m.isRegex(strings.Repeat("a", n)); got != ok {
			t.Errorf("a regular expression of %d bytes: %t", n, got)
		}
	}
	if m := (&meter{left: maxValidateWork}); m.isRegex("(") || !m.isRegex("a|b") || !m.isRegex(5) {
		t.Error("regular expressions are not told apart")
	}
	sizes := new(patternSizes)
	if err := errors.Join(sizes.count(strings.Repeat("a", maxPatternBytes-1)), sizes.count("b")); err != nil {
		t.Errorf("as many bytes as allowed: %v", err)
	}
	if err := sizes.count("c"); err == nil {
		t.Error("one byte more is allowed")
	}
}
