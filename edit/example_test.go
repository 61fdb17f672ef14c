package edit_test

import (
	"fmt"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/schema"
)

// A licence is renewed for a year, with more seats.
func Example() {
	old, err := licseal.ParsePayload([]byte(`{"admin_seats":"5","customer":"Example Company, Inc","dataplanes":"2",
		"license_creation_date":"2025-03-01","license_expiration_date":"2026-03-01","license_key":"LS-0001",
		"product_subscription":"Konnect Enterprise","support_plan":"None"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	changes, err := edit.ParseChanges(nil, []string{"admin_seats=9"})
	if err != nil {
		fmt.Println(err)
		return
	}
	plan := edit.Plan{
		Changes: changes,
		Dates:   edit.Dates{Created: edit.Today, Expires: "+1y", Now: time.Date(2026, 2, 27, 12, 0, 0, 0, time.UTC)},
	}
	renewed, err := plan.Apply(old, schema.Kong())
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := edit.Check(renewed, schema.Kong(), nil); err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range edit.Compare(old, renewed) {
		fmt.Println(d.Pointer, d.A, d.B)
	}
	// Output:
	// /admin_seats "5" "9"
	// /license_creation_date "2025-03-01" "2026-02-27"
	// /license_expiration_date "2026-03-01" "2027-02-27"
}
