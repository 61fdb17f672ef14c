package schema_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/schema"
)

// members are the members of a valid Kong payload, as JSON text.
var members = []struct{ name, value string }{
	{"admin_seats", `"5"`},
	{"customer", `"Example Company, Inc"`},
	{"dataplanes", `"2"`},
	{"license_creation_date", `"2026-01-01"`},
	{"license_expiration_date", `"2027-01-01"`},
	{"license_key", `"LS-0001"`},
	{"product_subscription", `"Konnect Enterprise"`},
	{"support_plan", `"None"`},
}

// kongWith returns a Kong payload, one member a line, with one member replaced;
// or removed, where value is "".
func kongWith(name, value string) string {
	var lines []string
	for _, m := range members {
		if m.name == name {
			m.value = value
		}
		if m.value != "" {
			lines = append(lines, fmt.Sprintf("  %q: %s", m.name, m.value))
		}
	}
	return "{\n" + strings.Join(lines, ",\n") + "\n}"
}

func mustParse(t testing.TB, text string) licseal.Payload {
	t.Helper()
	p, err := licseal.ParsePayload([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// violations returns what is wrong with a payload; nil if nothing is.
func violations(t testing.TB, s *schema.Schema, p licseal.Payload) []licseal.Violation {
	t.Helper()
	err := s.Validate(p)
	if err == nil {
		return nil
	}
	var broken *schema.Error
	if !errors.As(err, &broken) {
		t.Fatalf("the error is %v; an *Error is expected", err)
	}
	return broken.Violations
}

func texts(violations []licseal.Violation) []string {
	var all []string
	for _, v := range violations {
		class := ""
		if v.UnknownMember {
			class = "(lesser) "
		}
		all = append(all, class+v.String())
	}
	return all
}

func TestKongMembers(t *testing.T) {
	const count = `a string of decimal digits such as "5"`
	const date = `a real date such as "2027-12-31"`
	const instant = `an RFC 3339 time such as "2027-12-31T00:00:00Z"`
	found := func(place, value, allowed string) string {
		return fmt.Sprintf("%s: found %s; %s is expected", place, value, allowed)
	}
	tests := []struct {
		name, value string
		want        string // "" is valid
	}{
		{"admin_seats", `"0"`, ""},
		{"admin_seats", `"123456"`, ""},
		{"admin_seats", "", `1:1 /admin_seats: member "admin_seats" is missing`},
		{"admin_seats", `5`, found("2:18 /admin_seats", "the number 5", "a string")},
		{"admin_seats", `""`, found("2:18 /admin_seats", `the string ""`, count)},
		{"admin_seats", `"-1"`, found("2:18 /admin_seats", `the string "-1"`, count)},
		{"admin_seats", `"1.5"`, found("2:18 /admin_seats", `the string "1.5"`, count)},
		{"admin_seats", `" 5"`, found("2:18 /admin_seats", `the string " 5"`, count)},
		{"admin_seats", `"5\n"`, found("2:18 /admin_seats", `the string "5\n"`, count)},
		{"admin_seats", `"٥"`, found("2:18 /admin_seats", `the string "٥"`, count)},
		{"customer", `"Ünïcode & Søn 株式会社"`, ""},
		{"customer", "", `1:1 /customer: member "customer" is missing`},
		{"customer", `""`, found("3:15 /customer", `the string ""`, "a string that is not empty")},
		{"customer", `null`, found("3:15 /customer", "null", "a string")},
		{"customer", `{"name":"x"}`, found("3:15 /customer", "an object", "a string")},
		{"customer", `["x"]`, found("3:15 /customer", "an array", "a string")},
		{"dataplanes", "", ""},
		{"dataplanes", `"two"`, found("4:17 /dataplanes", `the string "two"`, count)},
		{"dataplanes", `2`, found("4:17 /dataplanes", "the number 2", "a string")},
		{"license_creation_date", `"2024-02-29"`, ""},
		{"license_creation_date", `"2026-01-01T12:00:00Z"`, ""},
		{"license_creation_date", `"2026-01-01T12:00:00.785+02:00"`, ""},
		{"license_creation_date", "", `1:1 /license_creation_date: member "license_creation_date" is missing`},
		{"license_creation_date", `20260101`, found("5:28 /license_creation_date", "the number 20260101", "a string")},
		{"license_creation_date", `"2023-02-30"`, found("5:28 /license_creation_date", `the string "2023-02-30"`, date)},
		{"license_creation_date", `"2023-02-29"`, found("5:28 /license_creation_date", `the string "2023-02-29"`, date)},
		{"license_creation_date", `"2023-13-01"`, found("5:28 /license_creation_date", `the string "2023-13-01"`, date)},
		{"license_creation_date", `"2023-1-1"`, found("5:28 /license_creation_date", `the string "2023-1-1"`, date)},
		{"license_creation_date", `"01/02/2023"`, found("5:28 /license_creation_date", `the string "01/02/2023"`, date)},
		{"license_creation_date", `"2023-01-01T00:00:00"`, found("5:28 /license_creation_date", `the string "2023-01-01T00:00:00"`, instant)},
		{"license_creation_date", `"2016-12-31T23:59:60Z"`, found("5:28 /license_creation_date", `the string "2016-12-31T23:59:60Z"`, instant)},
		{"license_creation_date", `"2023-02-30T00:00:00Z"`, found("5:28 /license_creation_date", `the string "2023-02-30T00:00:00Z"`, instant)},
		{"license_creation_date", `""`, found("5:28 /license_creation_date", `the string ""`, date)},
		{"license_expiration_date", "", `1:1 /license_expiration_date: member "license_expiration_date" is missing`},
		{"license_expiration_date", `"never"`, found("6:30 /license_expiration_date", `the string "never"`, date)},
		{"license_expiration_date", `null`, found("6:30 /license_expiration_date", `null`, "a string")},
		{"license_key", "", `1:1 /license_key: member "license_key" is missing`},
		{"license_key", `""`, found("7:18 /license_key", `the string ""`, "a string that is not empty")},
		{"license_key", `false`, found("7:18 /license_key", "false", "a string")},
		{"product_subscription", `""`, ""},
		{"product_subscription", "", `1:1 /product_subscription: member "product_subscription" is missing`},
		{"product_subscription", `1`, found("8:27 /product_subscription", "the number 1", "a string")},
		{"support_plan", "", `1:1 /support_plan: member "support_plan" is missing`},
		{"support_plan", `true`, found("9:19 /support_plan", "true", "a string")},
	}
	for _, test := range tests {
		t.Run(test.name+"="+test.value, func(t *testing.T) {
			var want []string
			if test.want != "" {
				want = []string{test.want}
			}
			got := texts(violations(t, schema.Kong(), mustParse(t, kongWith(test.name, test.value))))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestKongUnknownMembers(t *testing.T) {
	tests := []struct {
		title, old, new string
		want            []string
		unknownOnly     bool
	}{
		{
			title: "unknown", old: `"support_plan"`, new: `"colour": "red", "support_plan"`,
			want:        []string{`(lesser) 9:13 /colour: unknown member "colour"`},
			unknownOnly: true,
		},
		{
			title: "misspelt, and optional", old: `"dataplanes"`, new: `"dataplane"`,
			want:        []string{`(lesser) 4:16 /dataplane: unknown member "dataplane"; did you mean "dataplanes"?`},
			unknownOnly: true,
		},
		{
			title: "misspelt, and required", old: `"customer"`, new: `"custmer"`,
			want: []string{`3:14 /custmer: unknown member "custmer"; did you mean "customer", which is missing?`},
		},
		{
			title: "another case", old: `"license_key"`, new: `"LicenseKey"`,
			want: []string{`7:17 /LicenseKey: unknown member "LicenseKey"; did you mean "license_key", which is missing?`},
		},
		{
			title: "swapped letters", old: `"support_plan"`, new: `"suppotr_plan"`,
			want: []string{`9:19 /suppotr_plan: unknown member "suppotr_plan"; did you mean "support_plan", which is missing?`},
		},
		{
			title: "like one that is there", old: `"support_plan"`, new: `"Customer": "x", "support_plan"`,
			want:        []string{`(lesser) 9:15 /Customer: unknown member "Customer"`},
			unknownOnly: true,
		},
		{
			title: "two for one", old: `"customer"`, new: `"custom": "x", "custmer"`,
			want: []string{
				`(lesser) 3:13 /custom: unknown member "custom"`,
				`3:29 /custmer: unknown member "custmer"; did you mean "customer", which is missing?`,
			},
		},
		{
			title: "a name to break a terminal", old: `"support_plan"`, new: `"\u001b[2J": 1, "support_plan"`,
			want:        []string{`(lesser) 9:16 "/\x1b[2J": unknown member "\x1b[2J"`},
			unknownOnly: true,
		},
	}
	for _, test := range tests {
		t.Run(test.title, func(t *testing.T) {
			text := strings.Replace(kongWith("", ""), test.old, test.new, 1)
			err := schema.Kong().Validate(mustParse(t, text))
			var broken *schema.Error
			if !errors.As(err, &broken) {
				t.Fatalf("Validate = %v; an *Error is expected", err)
			}
			if diff := cmp.Diff(test.want, texts(broken.Violations)); diff != "" {
				t.Error(diff)
			}
			if _, refusal := schema.Kong().Judge(mustParse(t, text)); (refusal == nil) != test.unknownOnly {
				t.Errorf("Judge: %v", refusal)
			}
		})
	}
}

func TestSeveralInOrderOfPlace(t *testing.T) {
	const members = `one of "admin_seats", "customer", "dataplanes", "license_creation_date", "license_expiration_date", "license_key", "product_subscription", "support_plan"`
	text := `{
  "support_plan": null,
  "license_key": "",
  "license_expiration_date": "2027-02-30",
  "extra": {"a": [1, 2, 3]},
  "admin_seat": "5",
  "customer": 7
}`
	want := []licseal.Violation{
		{
			Position: licseal.Position{Pointer: "/license_creation_date", Line: 1, Column: 1},
			Keyword:  "required", Message: `member "license_creation_date" is missing`,
		},
		{
			Position: licseal.Position{Pointer: "/product_subscription", Line: 1, Column: 1},
			Keyword:  "required", Message: `member "product_subscription" is missing`,
		},
		{
			Position: licseal.Position{Pointer: "/support_plan", Line: 2, Column: 19},
			Keyword:  "type", Value: "null", Allowed: "a string",
			Message: "found null; a string is expected",
		},
		{
			Position: licseal.Position{Pointer: "/license_key", Line: 3, Column: 18},
			Keyword:  "minLength", Value: `""`, Allowed: "a string that is not empty",
			Message: `found the string ""; a string that is not empty is expected`,
		},
		{
			Position: licseal.Position{Pointer: "/license_expiration_date", Line: 4, Column: 30},
			Keyword:  "format", Value: `"2027-02-30"`,
			Allowed: `a real date such as "2027-12-31"`,
			Message: `found the string "2027-02-30"; a real date such as "2027-12-31" is expected`,
		},
		{
			Position: licseal.Position{Pointer: "/extra", Line: 5, Column: 12},
			Keyword:  "additionalProperties", Value: `{"a":[1,2,3]}`,
			Message: `unknown member "extra"`, UnknownMember: true, Allowed: members,
		},
		{
			Position: licseal.Position{Pointer: "/admin_seat", Line: 6, Column: 17},
			Keyword:  "required", Value: `"5"`, DidYouMean: "admin_seats",
			Message: `unknown member "admin_seat"; did you mean "admin_seats", which is missing?`, Allowed: members,
		},
		{
			Position: licseal.Position{Pointer: "/customer", Line: 7, Column: 15},
			Keyword:  "type", Value: "7", Allowed: "a string",
			Message: "found the number 7; a string is expected",
		},
	}
	for range 20 { // the library reads maps in any order
		if diff := cmp.Diff(want, violations(t, schema.Kong(), mustParse(t, text))); diff != "" {
			t.Fatal(diff)
		}
	}
	err := schema.Kong().Validate(mustParse(t, text))
	const line = `schema kong: 1:1 /license_creation_date: member "license_creation_date" is missing (and 7 more violations)`
	if got := err.Error(); got != line {
		t.Errorf("Error() = %q", got)
	}
}

func TestPlacesInWholeDocument(t *testing.T) {
	text := "{\"license\":{\n \"payload\":" + kongWith("customer", "1") + ",\n \"signature\":\"" + strings.Repeat("0", 128) + "\",\"version\":\"1\"}}"
	lic, err := licseal.ParseUnverified([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"4:15 /license/payload/customer: found the number 1; a string is expected"}
	if diff := cmp.Diff(want, texts(violations(t, schema.Kong(), lic.Payload))); diff != "" {
		t.Error(diff)
	}
}

func TestValuesAreCutAndSafe(t *testing.T) {
	hostile := "\\u202e\\u001b[31m\\u0085" + strings.Repeat("é", 100)
	for _, value := range []string{`"` + hostile + `"`, `["` + hostile + `"]`, `{"` + hostile + `":1}`} {
		v := violations(t, schema.Kong(), mustParse(t, kongWith("admin_seats", value)))
		if len(v) != 1 {
			t.Fatalf("%d violations", len(v))
		}
		for _, text := range []string{v[0].Value, v[0].Message, v[0].String()} {
			if strings.ContainsAny(text, "\u202e\x1b\u0085") {
				t.Errorf("not safe to print: %q", text)
			}
		}
		if n := len([]rune(v[0].Value)); n < 10 || n > 80 {
			t.Errorf("the value has %d characters: %s", n, v[0].Value)
		}
	}
}

func TestManyViolationsKeepTheSerious(t *testing.T) {
	var b strings.Builder
	for i := range 300 {
		fmt.Fprintf(&b, `"a%d": 1, `, i)
	}
	text := strings.Replace(kongWith("support_plan", "1"), "{\n", "{"+b.String(), 1)
	var broken *schema.Error
	if err := schema.Kong().Validate(mustParse(t, text)); !errors.As(err, &broken) {
		t.Fatal(err)
	}
	if len(broken.Violations) != 100 || broken.Omitted != 201 {
		t.Errorf("%d violations, %d omitted", len(broken.Violations), broken.Omitted)
	}
	warnings, err := schema.Kong().Judge(mustParse(t, text))
	if !errors.As(err, &broken) || len(warnings) != 99 || len(broken.Violations) != 1 || broken.Omitted != 0 {
		t.Errorf("%d warnings, %v", len(warnings), err)
	}
}
