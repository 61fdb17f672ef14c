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

// What a built-in schema does not know at the top of a payload is a warning, and
// anywhere else a refusal.
func TestJudge(t *testing.T) {
	vendor, err := schema.Compile("vendor", []byte(`{"additionalProperties":false,"properties":{"serial":{"type":"string"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	with := func(text, added string) string { return strings.Replace(text, "{", "{"+added+",", 1) }
	tests := []struct {
		name              string
		rules             *schema.Schema
		text              string
		warnings, refused []string
	}{
		{"a good one", schema.Kong(), kongWith("", ""), nil, nil},
		{"unknown", schema.Kong(), with(kongWith("", ""), `"region":"x","zone":1`), []string{"/region", "/zone"}, nil},
		{"unknown and wrong", schema.Kong(), with(kongWith("admin_seats", "5"), `"region":"x"`), []string{"/region"}, []string{"/admin_seats"}},
		{"misspelt", schema.Kong(), strings.Replace(kongWith("", ""), "customer", "custmer", 1), nil, []string{"/custmer"}},
		{"unknown in an entitlement", schema.Entitlement(), strings.Replace(entitlementText, `"name": "Requests"`, `"name": "Requests", "window": "day"`, 1),
			nil, []string{"/entitlements/requests/window"}},
		{"unknown beside entitlements", schema.Entitlement(), with(entitlementText, `"status":"active"`), []string{"/status"}, nil},
		{"a name with a slash", schema.Kong(), with(kongWith("", ""), `"a/b~c":"x"`), []string{"/a~1b~0c"}, nil},
		{"a vendor's own", vendor, `{"serial":"1","region":"x"}`, nil, []string{"/region"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			lic, err := licseal.ParseUnverified(fmt.Appendf(nil, `{"license":{"payload":%s,"signature":"%0128d","version":"1"}}`, test.text, 0))
			if err != nil {
				t.Fatal(err)
			}
			for place, p := range map[string]licseal.Payload{"": mustParse(t, test.text), "/license/payload": lic.Payload} {
				warnings, err := test.rules.Judge(p)
				var broken *schema.Error
				if err != nil && !errors.As(err, &broken) {
					t.Fatal(err)
				}
				var refused []licseal.Violation
				if broken != nil {
					refused = broken.Violations
				}
				for _, list := range []struct {
					got  []licseal.Violation
					want []string
				}{{warnings, test.warnings}, {refused, test.refused}} {
					var got []string
					for _, v := range list.got {
						got = append(got, strings.TrimPrefix(v.Pointer, place))
					}
					if diff := cmp.Diff(list.want, got); diff != "" {
						t.Errorf("in %q: %s", place, diff)
					}
				}
			}
		})
	}
}

// Many warnings do not hide a restriction that is refused.
func TestManyWarnings(t *testing.T) {
	var many strings.Builder
	for i := range 300 {
		fmt.Fprintf(&many, `"a%d": 1, `, i)
	}
	text := strings.Replace(entitlementText, "{", "{"+many.String(), 1)
	if warnings, err := schema.Entitlement().Judge(mustParse(t, text)); err != nil || len(warnings) != 100 {
		t.Errorf("%d warnings, %v", len(warnings), err)
	}
	text = strings.Replace(text, `"name": "Requests"`, `"name": "Requests", "window": "day"`, 1)
	if _, err := schema.Entitlement().Judge(mustParse(t, text)); err == nil || !strings.Contains(err.Error(), `unknown member "window"`) {
		t.Errorf("a restriction among many warnings: %v", err)
	}
}
