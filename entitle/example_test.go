package entitle_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/licseal/licseal/entitle"
)

// What a customer is shown.
func ExampleGuard_Limits() {
	source := entitle.Text(signed(new(testing.B), plan()))
	guard, err := entitle.Open(context.Background(), source, trusted, &entitle.Options{Clock: at("2026-11-21").now})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer guard.Close()
	if err := guard.Use(context.Background(), "requests", 40); err != nil {
		fmt.Println(err)
	}
	status := guard.Status()
	fmt.Println(status.State, "until", status.NotAfter.Format(time.DateOnly))
	for _, limit := range guard.Limits() {
		switch {
		case limit.Bounded:
			fmt.Printf("%s: %d of %d used, %d left\n", limit.Label, limit.Used, limit.Max, limit.Remaining)
		case limit.Counted:
			fmt.Printf("%s: %d used\n", limit.Label, limit.Used)
		default:
			fmt.Printf("%s: included\n", limit.Label)
		}
	}
	// Output:
	// active until 2027-01-01
	// Requests: 40 of 900 used, 950 left
	// Hosts: 0 used
	// Reports: included
	// Logs: included
	// Nothing: 0 of 0 used, 0 left
}
