package schema_test

import (
	"strings"
	"testing"

	"github.com/licseal/licseal/schema"
)

const meshText = `{"customer":"company_inc","dataplanes":"5","license_creation_date":"2026-08-04","license_expiration_date":"2027-11-09","license_key":"MESH-0001","product_subscription":"Kong Mesh"}`

func TestInstead(t *testing.T) {
	kong, mesh, entitlement := schema.Kong(), mustBuiltin(t, "kong-mesh"), schema.Entitlement()
	vendor, err := schema.Compile("vendor", []byte(`{"type":"object","required":["serial"]}`))
	if err != nil {
		t.Fatal(err)
	}
	without := func(text string, replace ...string) string { return strings.NewReplacer(replace...).Replace(text) }
	tests := []struct {
		text         string
		under, meant *schema.Schema
	}{
		{text: kongWith("customer", ""), under: entitlement, meant: kong},
		{text: kongWith("customer", ""), under: kong},
		{text: kongWith("support_plan", ""), under: kong},
		{text: kongWith("dataplanes", ""), under: mesh, meant: kong},
		{text: kongWith("", ""), under: mesh, meant: kong},
		{text: without(kongWith("", ""), "admin_seats", "admin_seat", "support_plan", "suport_plan"), under: kong}, // misspelt
		{text: meshText, under: kong, meant: mesh},
		{text: meshText, under: mesh},
		{text: without(meshText, `"customer"`, `"newer_field":"x","customer"`), under: kong, meant: mesh},
		{text: meshText, under: entitlement, meant: mesh},
		{text: strings.Replace(entitlementText, `"id"`, `"ID"`, 1), under: kong, meant: entitlement},
		{text: strings.Replace(entitlementText, `"id"`, `"ID"`, 1), under: entitlement},
		{text: `{}`, under: kong},
		{text: `{"id":"A-1","created":"","expiry":""}`, under: kong},
		{text: kongWith("customer", ""), under: vendor, meant: kong},
		{text: `{"serial":"A-1"}`, under: vendor},
		{text: kongWith("customer", ""), under: mustBuiltin(t, "license")},
	}
	for _, test := range tests {
		if got := test.under.Instead(mustParse(t, test.text)); got != test.meant {
			t.Errorf("%s under %s: %v", test.text, test.under.Name(), got)
		}
	}
}

func TestKongMesh(t *testing.T) {
	mesh := mustBuiltin(t, "kong-mesh")
	for _, test := range []struct {
		name, old, new string
		want           string // the first violation
	}{
		{"as it is", "", "", ""},
		{"no data planes", `"dataplanes":"5",`, ``, `1:1 /dataplanes: member "dataplanes" is missing`},
		{"a number", `"5"`, `5`, `1:40 /dataplanes: found the number 5; a string is expected`},
		{"a date without zeros", `2026-08-04`, `2026-8-4`, `1:68 /license_creation_date: found the string "2026-8-4"; a real date such as "2027-12-31" is expected`},
		{"a field of the gateway", `"5",`, `"5","admin_seats":"1",`, `1:58 /admin_seats: unknown member "admin_seats"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := violations(t, mesh, mustParse(t, strings.Replace(meshText, test.old, test.new, 1)))
			if test.want == "" && got != nil || test.want != "" && (len(got) == 0 || got[0].String() != test.want) {
				t.Errorf("%v", got)
			}
		})
	}
}
