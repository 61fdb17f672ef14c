package schema_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/entitlement"
	"github.com/licseal/licseal/schema"
)

// entitlementText is a payload that matches, to be changed by a test.
const entitlementText = `{
  "created": "2026-01-01T00:00:00.000Z",
  "customer_name": "Example Company, Inc",
  "delay_expiry_days": 10,
  "delay_max_uses_perc": 10,
  "entitlements": {
    "requests": {"is_limited": true, "max_uses": 900, "name": "Requests"},
    "reports": {"is_limited": false, "max_uses": null, "name": "Reports"}
  },
  "expiry": "2027-01-01T00:00:00.000Z",
  "id": "A-1",
  "max_machines": 1,
  "ordered_entitlements_keys": ["requests", "reports"],
  "policy": null
}`

func TestEntitlement(t *testing.T) {
	tests := []struct {
		name, old, new string
		want           []string
	}{
		{"as it is", "", "", nil},
		{"a key", `"policy": null`, `"policy": "standard", "key": "K"`, nil},
		{"no policy", `,
  "policy": null`, ``, nil},
		{"the string null", `"max_uses": null`, `"max_uses": "null"`, nil},
		{"unlimited", `900`, `"unlimited"`, nil},
		{"no uses at all", `900`, `0`, nil},
		{"a limit without a number", `900`, `null`, []string{
			`7:50 /entitlements/requests/max_uses: found null; an integer or a string is expected`}},
		{"a limit as text", `900`, `"900"`, []string{
			`7:50 /entitlements/requests/max_uses: found the string "900"; "unlimited", or a number without quotes, is expected`}},
		{"a negative limit", `900`, `-1`, []string{
			`7:50 /entitlements/requests/max_uses: found the number -1; a number of at least 0 is expected`}},
		{"half a use", `900`, `0.5`, []string{
			`7:50 /entitlements/requests/max_uses: found the number 0.5; an integer or a string is expected`}},
		{"a number without a limit", `"max_uses": null`, `"max_uses": 5`, []string{
			`8:50 /entitlements/reports/max_uses: found the number 5; null or "null" is expected`}},
		{"a day", `"2026-01-01T00:00:00.000Z"`, `"2026-01-01"`, []string{
			`2:14 /created: found the string "2026-01-01"; a time such as "2027-12-31T00:00:00.000Z", in UTC and with milliseconds, is expected`}},
		{"no such day", `2027-01-01T`, `2027-02-30T`, []string{
			`10:13 /expiry: found the string "2027-02-30T00:00:00.000Z"; an RFC 3339 time such as "2027-12-31T00:00:00Z" is expected`}},
		{"never valid", `2027-01-01T`, `2026-01-01T`, []string{
			`10:13 /expiry: found the string "2026-01-01T00:00:00.000Z"; it must lie after the creation, 2026-01-01T00:00:00.000Z`}},
		{"a misspelt member", `"max_machines"`, `"max_machine"`, []string{
			`12:18 /max_machine: unknown member "max_machine"; did you mean "max_machines", which is missing?`}},
		{"computed members", `"policy": null`, `"status": "active"`, []string{
			`(lesser) 14:13 /status: unknown member "status"`}},
		{"too long a grace", `"delay_expiry_days": 10`, `"delay_expiry_days": 36501`, []string{
			`4:24 /delay_expiry_days: found the number 36501; a number of at most 36500 is expected`}},
		{"an entitlement that is not listed", `["requests", "reports"]`, `["requests"]`, []string{
			`13:32 /ordered_entitlements_keys: found an array; the entitlement "reports" is missing in it; add it where it is to be shown`}},
		{"one that is listed twice", `"reports"]`, `"reports", "requests"]`, []string{
			`13:56 /ordered_entitlements_keys/2: found the string "requests"; that name is in the list twice; keep one of them`}},
		{"one that is not there", `"reports"]`, `"reports", "report"]`, []string{
			`13:56 /ordered_entitlements_keys/2: found the string "report"; there is no entitlement of that name; correct it, or take it out of the list`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := strings.Replace(entitlementText, test.old, test.new, 1)
			if test.old != "" && text == entitlementText {
				t.Fatal("the test changes nothing")
			}
			got := texts(violations(t, schema.Entitlement(), mustParse(t, text)))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A name is what a database keeps a count under.
func TestEntitlementNames(t *testing.T) {
	for name, want := range map[string]string{
		`\u0000`: "a string without control characters is expected", `a\nb`: "a string without control characters is expected",
		``: "a string that is not empty is expected", strings.Repeat("é", 201): "a string of at most 200 characters is expected",
		strings.Repeat("é", 200): "", `Anfragen: "je" Monat`: "",
	} {
		name = strings.ReplaceAll(name, `"`, `\"`)
		err := schema.Entitlement().Validate(mustParse(t, strings.ReplaceAll(entitlementText, `"reports"`, `"`+name+`"`)))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// The licences of the published examples match, the second without a key.
func TestEntitlementExamples(t *testing.T) {
	for _, file := range []string{"get-payload.json", "post-payload.json"} {
		text, err := os.ReadFile("../testdata/entitlement/" + file)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Entitlement().Validate(mustParse(t, string(text))); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestEntitlementRoles(t *testing.T) {
	// A vendor who starts from the built-in schema gets its roles.
	copied, err := schema.Compile("mine", schema.Entitlement().JSON())
	if err != nil {
		t.Fatal(err)
	}
	for _, roles := range []licseal.Roles{copied.Roles(), entitlement.Roles} {
		if diff := cmp.Diff(schema.Entitlement().Roles(), roles); diff != "" {
			t.Error(diff)
		}
	}
}
