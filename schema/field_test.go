package schema_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/schema"
)

// What a schema says about single fields.
func TestField(t *testing.T) {
	own, err := schema.Compile("own", []byte(`{"type":"object","required":["serial","until"],"additionalProperties":false,
		"allOf":[{"required":["from","serial"]}],
		"$defs":{"day":{"type":"string","format":"date"},"loop":{"properties":{"in":{"$ref":"#/$defs/loop"}}}},
		"properties":{
			"serial":{"type":"string"},"from":{"$ref":"#/$defs/day"},"until":{"allOf":[{"$ref":"#/$defs/day"}]},
			"seats":{"type":"integer"},"rate":{"type":"number","allOf":[{"type":["integer","string"]}]},"note":{"type":["string","null"]},
			"either":{"anyOf":[{"type":"integer"},{"const":"unlimited"}]},"any":true,"loop":{"$ref":"#/$defs/loop"},
			"limits":{"type":"object","properties":{"sites":{"type":"integer"}},"additionalProperties":{"type":"boolean"}},
			"open":{"type":"object","properties":{"a":{"type":"string"}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		rules   *schema.Schema
		pointer string
		want    string
	}{
		{own, "/serial", "true [string] false false"},
		{own, "/from", "true [string] true false"},
		{own, "/until", "true [string] true false"},
		{own, "/seats", "true [integer] false false"},
		{own, "/rate", "true [integer] false false"},
		{own, "/note", "true [string null] false false"},
		{own, "/either", "true [integer string] false false"},
		{own, "/any", "true [] false false"},
		{own, "/loop", "true [] false false"},
		{own, "/limits/sites", "true [integer] false false"},
		{own, "/limits/other", "true [boolean] false false"},
		{own, "/open/a", "true [string] false false"},
		{own, "/open/b", "false [] false false"},
		{own, "/open/b/c", "false [] false false"},
		{own, "/other", "false [] false true"},
		{own, "/other/deep", "false [] false true"},
		{schema.Kong(), "/license_expiration_date", "true [string] true false"},
		{schema.Kong(), "/admin_seats", "true [string] false false"},
		{schema.Kong(), "/seats", "false [] false true"},
		{schema.Entitlement(), "/created", "true [string] true false"},
		{schema.Entitlement(), "/entitlements/x/is_limited", "true [boolean] false false"},
	} {
		f := test.rules.Field(test.pointer)
		got := fmt.Sprintln(f.Known, f.Types, f.IsDate, test.rules.Refuses(test.pointer))
		if strings.TrimSpace(got) != test.want {
			t.Errorf("%s: %s, want %s", test.pointer, got, test.want)
		}
	}
	if diff := cmp.Diff([]string{"/serial", "/until", "/from"}, own.Required()); diff != "" {
		t.Errorf("required (-want +got):\n%s", diff)
	}
	fields := strings.Join(own.Fields(), " ")
	if want := "/any /either /from /limits /limits/sites /loop /loop/in /loop/in/in /loop/in/in/in /note /open /open/a /rate /seats /serial /until"; fields != want {
		t.Errorf("fields: %s, want %s", fields, want)
	}
}

// Is leaves null out of account.
func TestFieldIs(t *testing.T) {
	for _, test := range []struct {
		types []string
		want  bool
	}{
		{nil, false},
		{[]string{"null"}, false},
		{[]string{"integer", "null"}, true},
		{[]string{"number"}, true},
		{[]string{"integer", "string"}, false},
	} {
		if got := (schema.Field{Types: test.types}).Is("integer", "number"); got != test.want {
			t.Errorf("%q: %v", test.types, got)
		}
	}
}
