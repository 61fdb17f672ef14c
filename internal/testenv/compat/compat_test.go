package compat

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What readers of an output would miss is noticed, and what is added is not.
func TestChanged(t *testing.T) {
	const kept = `{"reason":"expired","message":"it has expired","days":3,"exit":7,"ok":false,"at":"…","none":null,"keys":[{"id":"a"}]}`
	for today, want := range map[string][]string{
		kept: nil,
		`{"reason":"expired","message":"it is over","days":4,"exit":7,"ok":false,"at":"now","none":1,"more":1,"keys":[{"id":"a","n":1},{"id":"b"}]}`: nil,
		`{"reason":"ended","message":1,"days":"3","exit":8,"ok":true,"at":null,"none":null,"keys":[]}`: {
			"/at was a string, and is <nil>", "/days was a number, and is string", "/exit was 7, and is 8", "/keys had 1 elements, and has 0",
			"/message was a string, and is float64", "/ok was false, and is true", `/reason was "expired", and is "ended"`,
		},
		`{}`: {"/at is gone", "/days is gone", "/exit is gone", "/keys is gone", "/message is gone", "/none is gone", "/ok is gone", "/reason is gone"},
		`[]`: {"/ was an object, and is []interface {}"},
		`{"reason":"expired","message":"x","days":3,"exit":7,"ok":false,"at":"","none":null,"keys":[{}]}`: {"/keys/0/id is gone"},
	} {
		var a, b any
		if err := json.Unmarshal([]byte(kept), &a); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(today), &b); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, Changed("", a, b)); diff != "" {
			t.Errorf("%s: -want +got\n%s", today, diff)
		}
	}
}

func TestChangedLines(t *testing.T) {
	for today, want := range map[string][]string{
		"a 1 b\nc\n":     nil,
		"x\na b\ny\nc":   {"gone, or changed: a … b"},
		"a  b\nnew\nc\n": nil,
		"c\na 1 b\n":     {"gone, or changed: c"},
	} {
		if diff := cmp.Diff(want, changedLines("a … b\nc\n", today)); diff != "" {
			t.Errorf("%q: -want +got\n%s", today, diff)
		}
	}
}
