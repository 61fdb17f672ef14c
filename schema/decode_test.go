package schema

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
)

// decode gives what encoding/json gives.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{
		`{}`, `{"a":[]}`, `{"":null,"a":[1,-0.5,1e30,true,false,"x",{"y":{}}],"\u0000\"\\":"\ud83d\ude00é"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := licseal.ParsePayload(text)
		if err != nil {
			return
		}
		d := json.NewDecoder(bytes.NewReader(p.Bytes()))
		d.UseNumber()
		var want any
		if err := d.Decode(&want); err != nil {
			t.Fatal(err)
		}
		got, err := decode(p.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", p.Bytes(), diff)
		}
	})
}

// In a built-in schema nothing that judges stands beside a $ref, so that
// skipRefs drops no rule.
func TestNothingBesideRefs(t *testing.T) {
	words := map[string]bool{"$ref": true, "title": true, "description": true, "examples": true}
	refs := 0
	var walk func(value any)
	walk = func(value any) {
		switch value := value.(type) {
		case map[string]any:
			_, isRef := value["$ref"].(string)
			for name, v := range value {
				if isRef && !words[name] {
					t.Errorf("%q stands beside a $ref", name)
				}
				walk(v)
			}
			if isRef {
				refs++
			}
		case []any:
			for _, v := range value {
				walk(v)
			}
		}
	}
	for _, s := range builtins {
		var value any
		if err := json.Unmarshal(s.JSON(), &value); err != nil {
			t.Fatal(err)
		}
		walk(value)
	}
	if refs == 0 {
		t.Error("no $ref was found")
	}
}
