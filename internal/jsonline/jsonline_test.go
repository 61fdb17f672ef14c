package jsonline_test

import (
	"encoding/json"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/internal/jsonline"
)

// Members of every kind are written in their order, on one line.
func TestObject(t *testing.T) {
	numbers := func(n int) func(*jsonline.Object) {
		return func(o *jsonline.Object) { o.List("list", n, func(i int) string { return strconv.Itoa(10 * i) }) }
	}
	for want, add := range map[string]func(*jsonline.Object){
		`{}`:                       func(*jsonline.Object) {},
		`{"a":1.50}`:               func(o *jsonline.Object) { o.Raw("a", "1.50") },
		`{"a":"b"}`:                func(o *jsonline.Object) { o.Text("a", "b") },
		`{"":""}`:                  func(o *jsonline.Object) { o.Text("", "") },
		`{"\n\"":"\u001b\\<é"}`:    func(o *jsonline.Object) { o.Text("\n\"", "\x1b\\<é") },
		`{"a":"` + "\ufffd" + `"}`: func(o *jsonline.Object) { o.Text("a", "\xff") },
		`{"n":-12,"z":0}`:          func(o *jsonline.Object) { o.Number("n", -12); o.Number("z", 0) },
		`{"t":true,"f":false}`:     func(o *jsonline.Object) { o.Bool("t", true); o.Bool("f", false) },
		`{"list":[]}`:              numbers(0),
		`{"list":[0]}`:             numbers(1),
		`{"list":[0,10,20]}`:       numbers(3),
	} {
		var o jsonline.Object
		add(&o)
		if diff := cmp.Diff(want, o.String()); diff != "" {
			t.Error(diff)
		}
		if !json.Valid([]byte(o.String())) {
			t.Errorf("%s is not JSON", &o)
		}
		if again := o.String(); again != want {
			t.Errorf("the second time it is %s", again)
		}
	}
}
