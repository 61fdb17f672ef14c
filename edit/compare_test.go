package edit_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/edit"
)

func TestCompare(t *testing.T) {
	a := parsePayload(t, `{"same":[1],"changed":1,"removed":{"x":1},"list":[1,2],"in":{"a/b":1,"c":2},"kind":{}}`)
	b := parsePayload(t, `{"same":[1.0],"changed":"1","added":null,"list":[2,1],"in":{"a/b":3,"d":4},"kind":[]}`)
	want := []edit.Difference{
		{"/added", "", "null"},
		{"/changed", "1", `"1"`},
		{"/in/a~1b", "1", "3"},
		{"/in/c", "2", ""},
		{"/in/d", "", "4"},
		{"/kind", "{}", "[]"},
		{"/list", "[1,2]", "[2,1]"},
		{"/removed", `{"x":1}`, ""},
	}
	if diff := cmp.Diff(want, edit.Compare(a, b)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := edit.Compare(a, a); got != nil {
		t.Errorf("a payload differs from itself: %v", got)
	}
}
