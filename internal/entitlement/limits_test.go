package entitlement_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/entitlement"
)

// refused returns what is refused of the good payload with members set to other values,
// "" of which leaves one out: where, and by which keyword.
func refused(t *testing.T, set map[string]string) []string {
	t.Helper()
	var top map[string]any
	if err := json.Unmarshal([]byte(good), &top); err != nil {
		t.Fatal(err)
	}
	for path, value := range set {
		object, steps := top, strings.Split(path, "/")
		for _, step := range steps[:len(steps)-1] {
			object = object[step].(map[string]any)
		}
		delete(object, steps[len(steps)-1])
		if value != "" {
			object[steps[len(steps)-1]] = json.RawMessage(value)
		}
	}
	text, err := json.Marshal(top)
	if err != nil {
		t.Fatal(err)
	}
	p := mustParse(t, string(text))
	agree(t, p)
	_, _, refusals := entitlement.Read(p)
	return summary(refusals)
}

func summary(violations []licseal.Violation) (all []string) {
	for _, v := range violations {
		all = append(all, v.Pointer+" "+v.Keyword)
	}
	return all
}

// Each field, at the limits of what it may hold.
func TestLimits(t *testing.T) {
	const uses = "entitlements/requests/max_uses"
	tests := []struct {
		at, value string
		want      string // the keyword; "" if it is accepted
	}{
		{"delay_expiry_days", "0", ""}, {"delay_expiry_days", "36500", ""}, {"delay_expiry_days", "36501", "maximum"}, {"delay_expiry_days", "-1", "minimum"},
		{"delay_expiry_days", "1.5", "type"}, {"delay_expiry_days", `"1"`, "type"}, {"delay_expiry_days", "null", "type"}, {"delay_expiry_days", "", "required"},
		{"delay_max_uses_perc", "0", ""}, {"delay_max_uses_perc", "1000000", ""}, {"delay_max_uses_perc", "1000001", "maximum"}, {"delay_max_uses_perc", "-1", "minimum"},
		{"max_machines", "0", ""}, {"max_machines", "9007199254740991", ""}, {"max_machines", "-1", "minimum"}, {"max_machines", "true", "type"}, {"max_machines", "", "required"},
		{uses, "0", ""}, {uses, "9007199254740991", ""}, {uses, "-1", "minimum"}, {uses, "1e1", ""}, {uses, "1e-1", "type"}, {uses, `"unlimited"`, ""}, {uses, `"Unlimited"`, "pattern"},
		{uses, `"1"`, "pattern"}, {uses, "null", "type"}, {uses, `"null"`, "pattern"}, {uses, "true", "type"}, {uses, "", "required"},
		{"entitlements/reports/max_uses", "null", ""}, {"entitlements/reports/max_uses", `"null"`, ""}, {"entitlements/reports/max_uses", "0", "enum"},
		{"entitlements/reports/max_uses", `"unlimited"`, "enum"}, {"entitlements/reports/is_limited", "true", "max_uses type"},
		{"entitlements/reports/name", `""`, "minLength"}, {"entitlements/reports/name", `" "`, ""}, {"entitlements/reports/name", "null", "type"}, {"entitlements/reports/other", "1", "additionalProperties"},
		{"customer_name", `"x"`, ""}, {"customer_name", `""`, "minLength"}, {"customer_name", "[]", "type"}, {"customer_name", "", "required"},
		{"id", `""`, "minLength"}, {"id", "", "required"}, {"id", "5", "type"}, {"key", `""`, "minLength"}, {"key", "", ""}, {"key", "5", "type"},
		{"policy", `""`, ""}, {"policy", "null", ""}, {"policy", "{}", "type"}, {"policy", "false", "type"}, {"policy", "", ""},
		{"created", `"2026-01-01T00:00:00.000"`, "format"}, {"created", `"2026-01-01T00:00:00.000+"`, "format"}, {"created", `"2026-01-01T00:00:00Z.000Z"`, "format"},
		{"created", "5", "type"}, {"created", "", "required"}, {"expiry", `""`, "format"}, {"expiry", "null", "type"}, {"expiry", "", "required"},
		{"created", `"2027-01-01T00:00:00.000Z"`, "x-licseal /expiry"}, {"created", `"2026-12-31T23:59:59.999Z"`, ""}, {"created", `"2027-01-01T00:00:00.001Z"`, "x-licseal /expiry"},
		{"ordered_entitlements_keys", "{}", "type"}, {"ordered_entitlements_keys", "null", "type"}, {"ordered_entitlements_keys", "", "required"},
		{"entitlements", "[]", "type"}, {"entitlements", "null", "type"}, {"entitlements", "", "required"}, {"entitlements/requests", "5", "type"},
	}
	for _, test := range tests {
		var want []string
		if test.want != "" {
			pointer, keyword := "/"+test.at, test.want
			switch word, rest, _ := strings.Cut(test.want, " "); {
			case strings.HasPrefix(rest, "/"):
				pointer, keyword = rest, word
			case rest != "":
				pointer, keyword = pointer[:strings.LastIndex(pointer, "/")+1]+word, rest
			}
			want = []string{pointer + " " + keyword}
		}
		if diff := cmp.Diff(want, refused(t, map[string]string{test.at: test.value})); diff != "" {
			t.Errorf("%s: %s:\n%s", test.at, test.value, diff)
		}
	}
}

// The names of entitlements are of one to 200 characters, none of which controls anything.
func TestNamesOfEntitlements(t *testing.T) {
	for name, want := range map[string]string{
		"": "minLength", "x": "", strings.Repeat("é", 200): "", strings.Repeat("é", 201): "maxLength", " ": "", "\x1f": "pattern", "a\nb": "pattern", "~": "", "\x7f": "pattern",
		"\u0080": "pattern", "\u009f": "pattern", "a\u0090": "pattern", "\u00a0": "", "\u202e": "", "a/b~c": "",
	} {
		quoted, err := json.Marshal(name)
		if err != nil {
			t.Fatal(err)
		}
		got := refused(t, map[string]string{
			"entitlements":              fmt.Sprintf(`{%s: {"is_limited": false, "max_uses": null, "name": "x"}}`, quoted),
			"ordered_entitlements_keys": fmt.Sprintf(`[%s]`, quoted),
		})
		var all []string
		if want != "" {
			all = []string{"/entitlements/" + name + " " + want}
		}
		if diff := cmp.Diff(all, got); diff != "" {
			t.Errorf("%q: %s", name, diff)
		}
	}
}

// All that is wrong is reported, in the order of the text, and at most 100 things.
func TestOrderOfRefusals(t *testing.T) {
	_, warnings, refusals := entitlement.Read(mustParse(t, `{
  "zebra": 1, "ordered_entitlements_keys": [5, "b", 6, "a", "a", "c"],
  "id": "", "entitlements": {
    "b": {"name": 5, "max_uses": -1, "is_limited": true}, "a": {"zoo": 1, "is_limited": 5, "air": 2}
  },
  "expiry": "2026-01-01T00:00:00.000Z", "created": "2027-01-01T00:00:00.000Z", "alpha": 2
}`))
	wantWarnings := []string{"/zebra additionalProperties", "/alpha additionalProperties"}
	want := []string{
		"/customer_name required", "/delay_expiry_days required", "/delay_max_uses_perc required", "/max_machines required",
		"/ordered_entitlements_keys/0 type", "/ordered_entitlements_keys/2 type",
		"/id minLength", "/entitlements/b/name type", "/entitlements/b/max_uses minimum",
		"/entitlements/a/max_uses required", "/entitlements/a/name required", "/entitlements/a/zoo additionalProperties", "/entitlements/a/is_limited type", "/entitlements/a/air additionalProperties",
		"/expiry x-licseal",
	}
	if diff := cmp.Diff(wantWarnings, summary(warnings)); diff != "" {
		t.Error("warnings: ", diff)
	}
	if diff := cmp.Diff(want, summary(refusals)); diff != "" {
		t.Error(diff)
	}
	for n, want := range map[int]int{99: 99, 100: 100, 101: 100, 300: 100} {
		numbers := strings.TrimSuffix(strings.Repeat("5,", n), ",")
		if got := refused(t, map[string]string{"ordered_entitlements_keys": "[" + numbers + "]"}); len(got) != want {
			t.Errorf("%d things are wrong, %d are reported", n, len(got))
		}
	}
}

// What does not fit together; what is missing or of another type is passed over.
func TestCrossFaults(t *testing.T) {
	const again, missing = "that name is in the list twice; keep one of them", "there is no entitlement of that name; correct it, or take it out of the list"
	lacks := func(name string) entitlement.Fault {
		return entitlement.Fault{Pointer: entitlement.Order, Detail: "the entitlement \"" + name + "\" is missing in it; add it where it is to be shown"}
	}
	late := []entitlement.Fault{{Pointer: entitlement.Expiry, Detail: "it must lie after the creation, 2026-01-02T00:00:00.000Z"}}
	tests := []struct {
		payload string
		want    []entitlement.Fault
	}{
		{`{}`, nil},
		{`{"created":"2026-01-02"}`, nil},
		{`{"expiry":"2026-01-02"}`, nil},
		{`{"created":5,"expiry":"2026-01-02"}`, nil},
		{`{"created":"2026-01-02","expiry":"never"}`, nil},
		{`{"created":"2026-01-02","expiry":"2026-01-03"}`, nil},
		{`{"created":"2026-01-02","expiry":"2026-01-02"}`, late},
		{`{"created":"2026-01-02","expiry":"2026-01-01T23:59:59.999Z"}`, late},
		{`{"created":"2026-01-02T01:00:00+01:00","expiry":"2026-01-01"}`, late},
		{`{"entitlements":{"a":1}}`, nil},
		{`{"ordered_entitlements_keys":["a"]}`, nil},
		{`{"entitlements":null,"ordered_entitlements_keys":["a"]}`, nil},
		{`{"entitlements":["a"],"ordered_entitlements_keys":["b"]}`, nil},
		{`{"entitlements":{"a":1},"ordered_entitlements_keys":["b",5]}`, nil},
		{`{"entitlements":{},"ordered_entitlements_keys":[]}`, nil},
		{`{"entitlements":{"a":1},"ordered_entitlements_keys":null}`, nil},
		{`{"entitlements":{"a":1},"ordered_entitlements_keys":["b",null]}`, nil},
		{`{"entitlements":{},"ordered_entitlements_keys":["a"]}`, []entitlement.Fault{{Pointer: entitlement.Order + "/0", Detail: missing}}},
		{`{"entitlements":{"b":1,"a":2},"ordered_entitlements_keys":["b","a"]}`, nil},
		{`{"entitlements":{"b":1,"c":0,"a":2},"ordered_entitlements_keys":[]}`, []entitlement.Fault{lacks("a"), lacks("b"), lacks("c")}},
		{`{"entitlements":{"b":1,"a":2},"ordered_entitlements_keys":["b","x","b","x"]}`, []entitlement.Fault{
			{Pointer: entitlement.Order + "/1", Detail: missing}, {Pointer: entitlement.Order + "/2", Detail: again}, {Pointer: entitlement.Order + "/3", Detail: missing}, lacks("a")}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, entitlement.CrossFaults(mustParse(t, test.payload))); diff != "" {
			t.Errorf("%s: %s", test.payload, diff)
		}
	}
}

func TestNames(t *testing.T) {
	for payload, want := range map[string][]string{
		`{}`: nil, `{"entitlements":null}`: nil, `{"entitlements":[]}`: nil, `{"entitlements":{}}`: {}, `{"entitlements":{"b":1,"a":{},"c":null}}`: {"a", "b", "c"},
	} {
		if diff := cmp.Diff(want, entitlement.Names(mustParse(t, payload))); diff != "" {
			t.Errorf("%s: %s", payload, diff)
		}
	}
}
