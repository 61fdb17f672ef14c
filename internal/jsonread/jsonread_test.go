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
