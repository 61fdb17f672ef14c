package edit_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/edit"
)

func parsePayload(t *testing.T, text string) licseal.Payload {
	t.Helper()
	p, err := licseal.ParsePayload([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func setAll(p licseal.Payload, sets []string) (licseal.Payload, error) {
	changes, err := edit.ParseChanges(nil, sets)
	if err != nil {
		return p, err
	}
	return edit.Apply(p, changes)
}

func TestChanges(t *testing.T) {
	tests := []struct {
		name string
		from string
		sets []string
		want string
	}{
		{"nothing", `{"b":1,"a":2}`, nil, `{"a":2,"b":1}`},
		{"a string", `{}`, []string{"a=x"}, `{"a":"x"}`},
		{"commas, equal signs and quotes", `{}`, []string{`a=Miller, "M" & Co = x`}, `{"a":"Miller, \"M\" & Co = x"}`},
		{"an empty string", `{"a":"x"}`, []string{"a="}, `{"a":""}`},
		{"digits stay a string", `{"a":"1"}`, []string{"a=5"}, `{"a":"5"}`},
		{"digits make a string", `{}`, []string{"a=5"}, `{"a":"5"}`},
		{"a number stays a number", `{"a":1}`, []string{"a=5"}, `{"a":5}`},
		{"a truth stays a truth", `{"a":true}`, []string{"a=false"}, `{"a":false}`},
		{"an object in place of one", `{"a":{"b":1}}`, []string{`a={"c":2}`}, `{"a":{"c":2}}`},
		{"JSON", `{"a":"x"}`, []string{`a:=[1,"2",null]`}, `{"a":[1,"2",null]}`},
		{"a colon in the value", `{}`, []string{"a=b:=c"}, `{"a":"b:=c"}`},
		{"dots lead into objects", `{"a":{"b":"x","c":1}}`, []string{"a.b=y"}, `{"a":{"b":"y","c":1}}`},
		{"objects are made on the way", `{}`, []string{"a.b.c=x"}, `{"a":{"b":{"c":"x"}}}`},
		{"a JSON Pointer", `{"a.b":{"c/d":"x"}}`, []string{"/a.b/c~1d=y"}, `{"a.b":{"c/d":"y"}}`},
		{"an element", `{"a":["x","y"]}`, []string{"a.1=z"}, `{"a":["x","z"]}`},
		{"into what was just set", `{}`, []string{`a:={"b":[1]}`, "a.b.0=2"}, `{"a":{"b":["2"]}}`},
		{"large and small numbers elsewhere", `{"n":9007199254740991,"m":1e-7}`, []string{"a=x"}, `{"a":"x","m":1e-7,"n":9007199254740991}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := setAll(parsePayload(t, test.from), test.sets)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got.Bytes())); diff != "" {
				t.Errorf("the payload (-want +got):\n%s", diff)
			}
		})
	}
}

func TestChangesRefused(t *testing.T) {
	tests := []struct {
		name string
		from string
		sets []string
		want string
	}{
		{"no value", `{}`, []string{"a"}, `set "a": write it as NAME=VALUE`},
		{"no name", `{}`, []string{"=x"}, `set "=x": write it as NAME=VALUE`},
		{"no name before :=", `{}`, []string{":=1"}, `set ":=1": write it as NAME=VALUE`},
		{"no pointer", `{}`, []string{"/a~2=x"}, `set "/a~2=x": /a~2 is not a JSON Pointer`},
		{"no UTF-8", `{}`, []string{"a=\xff"}, `set "a=\xff": the text is not UTF-8`},
		{"twice", `{}`, []string{"a=1", "a=2"}, `set "a=2": the field is set twice`},
		{"twice, spelt differently", `{}`, []string{"a.b=1", "/a/b:=2"}, `set "/a/b:=2": the field is set twice`},
		{"no number", `{"a":1}`, []string{"a=x"}, `set /a: "x" is not of the type that the field has (1); := sets any JSON value`},
		{"a string for a number", `{"a":1}`, []string{`a="x"`}, `set /a: "\"x\"" is not of the type that the field has (1); := sets any JSON value`},
		{"no JSON", `{}`, []string{"a:=x"}, `set /a: "x" is not JSON; put strings in quotes, or set them with = instead of :=`},
		{"a name twice in JSON", `{}`, []string{`a:={"b":1,"b":2}`}, `set /a: "{\"b\":1,\"b\":2}" is not JSON; put strings in quotes, or set them with = instead of :=`},
		{"into a string", `{"a":"x"}`, []string{"a.b=y"}, `set /a/b: the value that should contain "b" is not an object`},
		{"an element with a leading zero", `{"a":[1]}`, []string{"a.00=y"}, `set /a/00: "00" is not an index of the array there, which has 1 elements`},
		{"no such element", `{"a":[1]}`, []string{"a.1=y"}, `set /a/1: "1" is not an index of the array there, which has 1 elements`},
		{"an element by name", `{"a":[1]}`, []string{"a.b=y"}, `set /a/b: "b" is not an index of the array there, which has 1 elements`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := setAll(parsePayload(t, test.from), test.sets)
			if err == nil {
				t.Fatalf("it was accepted: %s", got.Bytes())
			}
			if !errors.As(err, new(*edit.Error)) {
				t.Errorf("the error is a %T", err)
			}
			if diff := cmp.Diff(test.want, err.Error()); diff != "" {
				t.Errorf("the error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNumbersOutOfRangeAreRefused(t *testing.T) {
	for _, set := range []string{"a:=1e400", "a:=9007199254740993", "a:=0.10000000000000001", "a:=1e-400"} {
		got, err := setAll(parsePayload(t, `{}`), []string{set})
		if err == nil {
			t.Errorf("%s was accepted: %s", set, got.Bytes())
		} else if !errors.As(err, new(*edit.Error)) {
			t.Errorf("%s: the error is a %T", set, err)
		}
	}
}

func TestUnset(t *testing.T) {
	tests := []struct{ from, pointer, want string }{
		{`{"a":1,"b":2}`, "/a", `{"b":2}`},
		{`{"a":{"b":1,"c":2}}`, "/a/b", `{"a":{"c":2}}`},
		{`{"a":[{"b":1}]}`, "/a/0/b", `{"a":[{}]}`},
		{`{"a":1}`, "/b", `{"a":1}`},
		{`{"a":1}`, "/a/b", `{"a":1}`},
		{`{"a":1}`, "/b/c", `{"a":1}`},
		{`{"a":[1,2]}`, "/a/7/b", `{"a":[1,2]}`},
		{`{"a":1}`, "", `{"a":1}`},
	}
	for _, test := range tests {
		got, err := edit.Apply(parsePayload(t, test.from), []edit.Change{{Pointer: test.pointer, Unset: true}})
		if err != nil || string(got.Bytes()) != test.want {
			t.Errorf("%s without %q: %s, %v; want %s", test.from, test.pointer, got.Bytes(), err, test.want)
		}
	}
}

// An element of an array is not removed: those after it would move.
func TestUnsetElement(t *testing.T) {
	for _, pointer := range []string{"/a/0", "/a/1/0"} {
		got, err := edit.Apply(parsePayload(t, `{"a":[1,[2]]}`), []edit.Change{{Pointer: pointer, Unset: true}})
		if want := "unset " + pointer + ": an element of an array cannot be removed; set the whole array"; err == nil || err.Error() != want {
			t.Errorf("%s: %s, %v; want %s", pointer, got.Bytes(), err, want)
		}
	}
}

// Fields are removed before others are set, whatever the order on the command line,
// so that an object can be replaced.
func TestParseUnset(t *testing.T) {
	for _, test := range []struct {
		unset, set []string
		want       string // the payload, or the error
	}{
		{[]string{"a"}, nil, `{"b":{"c":1}}`},
		{[]string{"b.c"}, nil, `{"a":1,"b":{}}`},
		{[]string{"/b/c", "a"}, nil, `{"b":{}}`},
		{[]string{"missing", "a"}, nil, `{"b":{"c":1}}`},
		{[]string{"b"}, []string{"b.d:=2"}, `{"a":1,"b":{"d":2}}`},
		{[]string{""}, nil, `unset "": name a field`},
		{[]string{"/a~2"}, nil, `unset "/a~2": /a~2 is not a JSON Pointer`},
		{[]string{"a\xff"}, nil, `unset "a\xff": the name is not UTF-8`},
		{[]string{"b.c", "/b/c"}, nil, `unset "/b/c": the field is removed twice`},
		{[]string{"b.c"}, []string{"/b/c:=1"}, `set "/b/c:=1": the field is also removed`},
	} {
		p := parsePayload(t, `{"a":1,"b":{"c":1}}`)
		changes, err := edit.ParseChanges(test.unset, test.set)
		if err == nil {
			p, err = edit.Apply(p, changes)
		}
		got := string(p.Bytes())
		if err != nil {
			got = err.Error()
		}
		if got != test.want || err != nil && !errors.As(err, new(*edit.Error)) {
			t.Errorf("unset %q, set %q: %s; want %s", test.unset, test.set, got, test.want)
		}
	}
}

// A value from a Go program is refused, too, if it is not UTF-8.
func TestValueIsUTF8(t *testing.T) {
	if got, err := edit.Apply(parsePayload(t, `{}`), []edit.Change{{Pointer: "/a", Value: "\xff"}}); !errors.As(err, new(*edit.Error)) {
		t.Errorf("%s, %v", got.Bytes(), err)
	}
}

// A changed payload has no positions; one that stays the same keeps them.
func TestPositions(t *testing.T) {
	p := parsePayload(t, "{\n\"a\":1}")
	for set, want := range map[string]string{"a=1": "2:5 /a", "a=2": "/a"} {
		got, err := setAll(p, []string{set})
		if err != nil {
			t.Fatal(err)
		}
		if at := got.Position("/a").String(); at != want {
			t.Errorf("%s: the field is at %s, want %s", set, at, want)
		}
	}
}
