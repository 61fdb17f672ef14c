package schema_test

import (
	"errors"
	"fmt"
	"log"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/schema"
)

func ExampleSchema_Validate() {
	payload, err := licseal.ParsePayload([]byte(`{
  "admin_seats": 5,
  "custmer": "Example Company, Inc",
  "license_creation_date": "2026-01-01",
  "license_expiration_date": "2027-02-29",
  "license_key": "LS-0001",
  "product_subscription": "Konnect Enterprise",
  "support_plan": "None",
  "colour": "red"
}`))
	if err != nil {
		log.Fatal(err)
	}
	var broken *schema.Error
	if errors.As(schema.Kong().Validate(payload), &broken) {
		for _, v := range broken.Violations {
			fmt.Println(v)
		}
	}
	// Output:
	// 2:18 /admin_seats: found the number 5; a string is expected
	// 3:14 /custmer: unknown member "custmer"; did you mean "customer", which is missing?
	// 5:30 /license_expiration_date: found the string "2027-02-29"; a real date such as "2027-12-31" is expected
	// 9:13 /colour: unknown member "colour"
}

// A licence that somebody else has signed may have members that are newer than
// the schema.
func ExampleSchema_Judge() {
	payload, err := licseal.ParsePayload([]byte(`{
  "admin_seats": "5",
  "customer": "Example Company, Inc",
  "license_creation_date": "2026-01-01",
  "license_expiration_date": "2027-01-01",
  "license_key": "LS-0001",
  "product_subscription": "Konnect Enterprise",
  "support_plan": "None",
  "region": "EU"
}`))
	if err != nil {
		log.Fatal(err)
	}
	warnings, err := schema.Kong().Judge(payload)
	for _, w := range warnings {
		fmt.Println("warning:", w)
	}
	fmt.Println(err)
	// Output:
	// warning: 9:13 /region: unknown member "region"
	// <nil>
}

func ExampleCompile() {
	acme, err := schema.Compile("acme.json", []byte(`{
  "type": "object",
  "required": ["serial", "from", "until"],
  "additionalProperties": false,
  "properties": {
    "serial": {"type": "string", "pattern": "^ACME-[0-9]{4}$", "examples": ["ACME-0001"]},
    "from":   {"type": "string", "format": "date"},
    "until":  {"type": "string", "format": "date"}
  },
  "x-licseal": {
    "roles": {"id": "/serial", "not_before": "/from", "not_after": "/until"}
  }
}`))
	if err != nil {
		log.Fatal(err)
	}
	payload, err := licseal.ParsePayload([]byte(`{"serial": "ACME-42", "from": "2026-01-01", "until": "2027-01-01"}`))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(acme.Validate(payload))

	period, err := payload.Period(acme.Roles(), nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("valid until", period.NotAfter)
	// Output:
	// schema acme.json: 1:12 /serial: found the string "ACME-42"; a string that matches "^ACME-[0-9]{4}$" such as "ACME-0001" is expected
	// valid until 2027-01-01 00:00:00 +0000 UTC
}
