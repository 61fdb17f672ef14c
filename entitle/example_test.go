package entitle_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/licseal/licseal/entitle"
)

// licensed lets a request through if the licence includes it, and counts it: 402
// where the month's limit is used up, 403 where the licence says no.
func licensed(guard *entitle.Guard, name string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := guard.Use(r.Context(), name, 1)
		var limit *entitle.LimitError
		var store *entitle.StoreError
		switch {
		case errors.As(err, &limit):
			http.Error(w, err.Error(), http.StatusPaymentRequired)
		case errors.As(err, &store):
			http.Error(w, "usage cannot be counted", http.StatusServiceUnavailable)
		case err != nil:
			http.Error(w, err.Error(), http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// A product that asks its licence on every request.
func Example() {
	// In a product: the file that the customer got, and the vendor's public key,
	// compiled in (see package keys). Here: a licence for 2 requests a month.
	clock := at("2026-11-21")
	source := entitle.Text(signed(new(testing.B), plan().limit("requests", 2).with("delay_max_uses_perc", 0)))
	guard, err := entitle.Open(context.Background(), source, trusted, &entitle.Options{Clock: clock.now})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer guard.Close()

	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "hello") })
	service := httptest.NewServer(licensed(guard, "requests", hello))
	defer service.Close()
	get := func() {
		response, err := http.Get(service.URL)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		fmt.Print(response.StatusCode, " ", string(text))
	}
	for range 3 {
		get()
	}
	clock.set("2027-02-01")
	get()

	// Output:
	// 200 hello
	// 200 hello
	// 402 the monthly limit of "requests" is 2 uses, tolerance included; 2 are used, and 1 more would pass it; the next month begins at 2026-12-01T00:00:00Z
	// 403 the licence expired at 2027-01-01T00:00:00Z, its grace ended at 2027-01-11T00:00:00Z, and it is 2027-02-01T00:00:00Z
}

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
