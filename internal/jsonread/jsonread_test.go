package jsonread_test

import (
	"errors"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/internal/jsonread"
)

// all is a value of each kind that is read.
type all struct {
	Text   string
	Number int64
	List   []string
	Inner  map[string]string
	Value  jsontext.Value
}

func (a *all) read(r *jsonread.Reader) error {
	return r.Object(func(name string) error {
		switch name {
		case "text":
			return r.String(&a.Text)
		case "number":
			return r.Int(&a.Number)
		case "list":
			return r.Array(func() { a.List = []string{} }, func() error {
				var s string
				err := r.String(&s)
				a.List = append(a.List, s)
				return err
			})
		case "inner":
			a.Inner = map[string]string{}
			return r.Object(func(name string) error {
				var s string
				err := r.String(&s)
				a.Inner[name] = s
				return err
			})
		case "value":
			return r.Value(&a.Value)
		}
		return r.Unknown()
	})
}

func TestRead(t *testing.T) {
	for _, test := range []struct {
		text string
		want all
		err  *jsonread.Error
	}{
		{`{}`, all{}, nil},
		{`null`, all{}, nil},
		{`{"text":"\u00e9","number":-9007199254740991,"list":["a","b"],"inner":{"x":"y"},"value":[1,{}]}`,
			all{"é", -9007199254740991, []string{"a", "b"}, map[string]string{"x": "y"}, jsontext.Value(`[1,{}]`)}, nil},
		{`{"text":null,"number":null,"list":null,"inner":null,"value":null}`, all{Inner: map[string]string{}, Value: jsontext.Value(`null`)}, nil},
		{`{"text":"a","text":"b"}`, all{Text: "b"}, nil}, // not looked for again
		{`{"list":[],"inner":{}}`, all{List: []string{}, Inner: map[string]string{}}, nil},
		{`[]`, all{}, &jsonread.Error{Kind: '['}},
		{`{"text":1}`, all{}, &jsonread.Error{Pointer: "/text", Kind: '0'}},
		{`{"number":"1"}`, all{}, &jsonread.Error{Pointer: "/number", Kind: '"'}},
		{`{"number":1.5}`, all{}, &jsonread.Error{Pointer: "/number", Kind: '0'}},
		{`{"number":1e30}`, all{}, &jsonread.Error{Pointer: "/number", Kind: '0'}},
		{`{"list":{}}`, all{}, &jsonread.Error{Pointer: "/list", Kind: '{'}},
		{`{"list":["a",true]}`, all{}, &jsonread.Error{Pointer: "/list/1", Kind: 't'}},
		{`{"inner":{"a/b":{}}}`, all{}, &jsonread.Error{Pointer: "/inner/a~1b", Kind: '{'}},
		{`{"other":1}`, all{}, &jsonread.Error{Pointer: "/other"}},
	} {
		var got all
		err := jsonread.Read([]byte(test.text), got.read)
		var kind *jsonread.Error
		errors.As(err, &kind)
		if diff := cmp.Diff(test.err, kind); diff != "" || (err == nil) != (test.err == nil) {
			t.Errorf("%s: %v\n%s", test.text, err, diff)
		}
		if diff := cmp.Diff(test.want, got); err == nil && diff != "" {
			t.Errorf("%s: -want +got\n%s", test.text, diff)
		}
	}
}

// A text that is cut off is an error, not an endless loop.
func TestCutOff(t *testing.T) {
	const text = `{"inner":{"x":"y"},"list":["a"],"number":1,"text":"t","value":[1]}`
	for n := range len(text) {
		if err := jsonread.Read([]byte(text[:n]), new(all).read); err == nil {
			t.Errorf("%s: no error", text[:n])
		}
	}
}

// null leaves a value as it was, except where any value is read.
func TestNull(t *testing.T) {
	got := all{"t", 5, []string{"l"}, map[string]string{"i": "j"}, jsontext.Value(`1`)}
	if err := jsonread.Read([]byte(`{"text":null,"number":null,"list":null,"value":null}`), got.read); err != nil {
		t.Fatal(err)
	}
	want := all{"t", 5, []string{"l"}, map[string]string{"i": "j"}, jsontext.Value(`null`)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Integers, up to those of 64 bits.
func TestInt(t *testing.T) {
	for text, want := range map[string]int64{"0": 0, "-0": 0, "1": 1, "9223372036854775807": 1<<63 - 1, "-9223372036854775808": -1 << 63} {
		var got all
		if err := jsonread.Read([]byte(`{"number":`+text+`}`), got.read); err != nil || got.Number != want {
			t.Errorf("%s: %d, %v", text, got.Number, err)
		}
	}
	for _, text := range []string{"9223372036854775808", "-9223372036854775809", "1.0", "1e0", "true", "[1]"} {
		var got all
		var kind *jsonread.Error
		if err := jsonread.Read([]byte(`{"number":`+text+`}`), got.read); !errors.As(err, &kind) || kind.Pointer != "/number" {
			t.Errorf("%s: %d, %v", text, got.Number, err)
		}
	}
}

// A part of a text cannot be extended into what follows it.
func TestValue(t *testing.T) {
	text := []byte(`{"value": [1, {}] ,"text":"x"}`)
	var got all
	if err := jsonread.Read(text, got.read); err != nil || string(got.Value) != `[1, {}]` || got.Text != "x" || cap(got.Value) != len(got.Value) || &got.Value[0] != &text[10] {
		t.Errorf("%q, %v", got.Value, err)
	}
}

// The error of a member is that of the text, and nothing is read after it.
func TestErrorOfMember(t *testing.T) {
	enough := errors.New("enough")
	read := 0
	for _, text := range []string{`{"a":1,"b":2}`, `[1,2]`} {
		err := jsonread.Read([]byte(text), func(r *jsonread.Reader) error {
			if text[0] == '[' {
				return r.Array(func() {}, func() error { read++; return enough })
			}
			return r.Object(func(string) error { read++; return enough })
		})
		if err != enough {
			t.Errorf("%s: %v", text, err)
		}
	}
	if read != 2 {
		t.Errorf("%d members were read", read)
	}
}

// What is wrong is said with its place.
func TestMessages(t *testing.T) {
	for text, want := range map[string]string{`{"other":1}`: "/other: unknown member", `{"list":[1]}`: "/list/0: unexpected number", `[]`: ": unexpected ["} {
		if err := jsonread.Read([]byte(text), new(all).read); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// Reading many texts makes no tokenizer for each.
func TestAllocations(t *testing.T) {
	text := []byte(`{"number":1}`)
	var a all
	if n := testing.AllocsPerRun(1000, func() { jsonread.Read(text, a.read) }); n > 6 {
		t.Errorf("%v allocations", n)
	}
}
