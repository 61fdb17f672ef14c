package schema_test

import (
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/sign"
	"github.com/licseal/licseal/verify"
)

// Licences for which nobody has named a schema, as of 2026-07-01.
func TestUnnamed(t *testing.T) {
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	trusted := []licseal.TrustedKey{{Key: private.Public(), Name: "vendor"}}
	const foreign = "its fields are not those of the schema kong"
	tests := []struct {
		name, payload string
		reason        licseal.Reason
		says          string // in the error, or in the warning
	}{
		{"own", `{"serial":"A-1","from":"2026-01-01","until":"2027-01-01","seats":5}`, "", "found by their names: /from and /until"},
		{"camel case", `{"validFrom":"2026-01-01","Expires At":"2027-01-01"}`, "", "/validFrom and /Expires At"},
		{"with the word licence", `{"licence_start":"2026-01-01T00:00:00Z","license-end":"2027-01-01"}`, "", "/licence_start and /license-end"},
		{"expired", `{"from":"2025-01-01","until":"2026-07-01"}`, licseal.ReasonExpired, "expired"},
		{"not yet valid", `{"from":"2026-07-02","until":"2027-07-01"}`, licseal.ReasonNotYetValid, "not yet valid"},
		{"the latest beginning", `{"created":"2026-01-01","valid_from":"2026-08-01","until":"2027-07-01"}`, licseal.ReasonNotYetValid, "2026-08-01"},
		{"the earliest end", `{"created":"2026-01-01","expires":"2026-06-01","until":"2027-07-01"}`, licseal.ReasonExpired, "2026-06-01"},
		{"the earliest end, in another order", `{"created":"2026-01-01","until":"2026-06-01","expires":"2027-07-01"}`, licseal.ReasonExpired, "2026-06-01"},
		{"one end cannot be read", `{"created":"2026-01-01","expires":"1 June","until":"2027-07-01"}`, licseal.ReasonSchema, "/expires"},
		{"an end that is null", `{"created":"2026-01-01","expires":null}`, licseal.ReasonSchema, "/expires"},
		{"an end that is a number", `{"created":"2026-01-01","expires":1798761600}`, licseal.ReasonSchema, "/expires"},
		{"a year after 9999", `{"created":"2026-01-01","expires":"9999-12-31T23:59:59-23:59","until":"2026-02-01"}`, licseal.ReasonExpired, "2026-02-01"},
		{"no end", `{"serial":"A-1","from":"2026-01-01","seats":5}`, licseal.ReasonSchema, foreign},
		{"no beginning", `{"serial":"A-1","until":"2027-01-01","seats":5}`, licseal.ReasonSchema, foreign},
		{"an end inside another member", `{"from":"2026-01-01","term":{"until":"2027-01-01"}}`, licseal.ReasonSchema, foreign},
		{"an end by no known name", `{"from":"2026-01-01","good_through":"2027-01-01"}`, licseal.ReasonSchema, foreign},
		{"the end before the beginning", `{"from":"2027-01-01","until":"2026-01-01"}`, licseal.ReasonSchema, "expires"},
		{"no members", `{}`, licseal.ReasonSchema, `member "admin_seats" is missing`},
		{"Kong's", kongWith("", ""), "", ""},
		{"Kong's, with a fault", kongWith("customer", "1"), licseal.ReasonSchema, "/customer"},
		{"Kong's dates, and others", `{"license_creation_date":"2026-01-01","license_expiration_date":"2026-02-01","a":1,"b":2,"c":3,"from":"2026-01-01","until":"2027-01-01"}`, licseal.ReasonSchema, foreign},
		{"an entitlement", entitlementText, licseal.ReasonSchema, foreign},
		{"Kong Mesh's", meshText, licseal.ReasonSchema, `"admin_seats" is missing`},
	}
	v, err := verify.New(trusted, &verify.Options{Fields: schema.Unnamed{}, At: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			lic, err := sign.License(mustParse(t, test.payload), private)
			if err != nil {
				t.Fatal(err)
			}
			r := v.Report([]byte(lic.String()))
			said := ""
			for _, w := range r.Warnings() {
				said += w.String()
			}
			if r.Err() != nil {
				said = r.Err().Error()
			}
			if r.Reason() != test.reason || !strings.Contains(said, test.says) || test.says == "" && said != "" {
				t.Errorf("%q: %s, want %q: %s", r.Reason(), said, test.reason, test.says)
			}
		})
	}
}

// Without a schema, nothing says which field is the id that a list revokes.
func TestUnnamedCannotBeRevoked(t *testing.T) {
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	trusted := []licseal.TrustedKey{{Key: private.Public()}}
	at := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	signed, err := revoke.Sign(revoke.New(at.AddDate(0, 0, -1), at.AddDate(0, 0, 30)), private)
	if err != nil {
		t.Fatal(err)
	}
	list, err := revoke.Verify([]byte(signed.String()), trusted)
	if err != nil {
		t.Fatal(err)
	}
	for payload, want := range map[string]licseal.Reason{
		`{"id":"A-1","license_key":"A-1","from":"2026-01-01","until":"2027-01-01"}`: licseal.ReasonSchema,
		kongWith("", ""): "",
	} {
		lic, err := sign.License(mustParse(t, payload), private)
		if err != nil {
			t.Fatal(err)
		}
		_, err = verify.License([]byte(lic.String()), trusted, &verify.Options{Fields: schema.Unnamed{}, At: at, Revocations: list})
		if got := verify.ReasonOf(err); got != want {
			t.Errorf("%s: %q, want %q: %v", payload, got, want, err)
		}
		var noID *verify.NoIDError
		if want != "" && !errors.As(err, &noID) {
			t.Errorf("%v is no NoIDError", err)
		}
	}
}

// A payload was made for another schema if most of its members are unknown.
func TestForeign(t *testing.T) {
	vendor, err := schema.Compile("mine.json", []byte(`{"type":"object","required":["serial","until"],"additionalProperties":false,
		"patternProperties":{"^x-":true},"allOf":[{"properties":{"from":{"type":"string"}}}],
		"properties":{"serial":{"type":"string"},"until":{"type":"string","format":"date"},"seats":{"type":"integer"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	want := map[string]bool{
		`{"serial":"A-1","until":"soon","from":"x"}`:      false, // wrong values
		`{"serail":"A-1","utnil":"2027-01-01","seats":1}`: false, // misspelt
		`{"a":1,"b":2,"c":3,"serial":"A-1","until":""}`:   false, // all that is required
		`{"x-a":1,"x-b":2,"x-c":3}`:                       false, // described by a pattern
		`{"seats":1,"from":"x","name":"x"}`:               false, // a third
		`{"seats":1,"name":"x"}`:                          true,  // half
		`{}`:                                              false,
		`{"name":"x"}`:                                    true,
		`{"name":"x","size":3,"serial":"A-1"}`:            true,
		kongWith("", ""):                                  true,
	}
	for payload := range want {
		var broken *schema.Error
		if err := vendor.Validate(mustParse(t, payload)); !errors.As(err, &broken) {
			t.Errorf("%s: %v", payload, err)
			continue
		}
		got[payload] = broken.Foreign
		if broken.Foreign != (broken.Error() == "its fields are not those of the schema mine.json") || len(broken.Violations) == 0 {
			t.Errorf("%s: %v", payload, broken)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
