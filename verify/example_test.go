package verify_test

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/verify"
)

const exampleLicense = `{"license":{"payload":{"admin_seats":"5","customer":"Example Company, Inc","dataplanes":"2","license_creation_date":"2026-01-01","license_expiration_date":"2027-01-01","license_key":"LS-0001","product_subscription":"Konnect Enterprise","support_plan":"None"},"signature":"659e382b71afb9c8a39dfba02990cfb7c6b56628fcfc59dabfccd1b5f0f2da9fe6f6aed26bd146ae89061fc0e8c3aa613f997650efcaf9865987243f4a77910c","version":"1"}}`

// exampleTrusted holds the public key that belongs to exampleLicense. Package
// keys reads such lists from files.
func exampleTrusted() []licseal.TrustedKey {
	key := ed25519.NewKeyFromSeed([]byte("0123456789abcdef0123456789abcdef"))
	return []licseal.TrustedKey{{Key: key.Public(), Name: "licensing@example.com"}}
}

func ExampleLicense() {
	result, err := verify.License([]byte(exampleLicense), exampleTrusted(), &verify.Options{
		At:    time.Date(2027, 1, 15, 0, 0, 0, 0, time.UTC), // leave it out to judge now
		Grace: 30 * 24 * time.Hour,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	customer, _ := result.License.Payload.Text("/customer")
	fmt.Println("customer: ", customer)
	fmt.Println("signed by:", result.Key.Name)
	fmt.Println("state:    ", result.State)
	fmt.Println("until:    ", result.NotAfter.Format(time.RFC3339), "and with grace", result.GraceEnd.Format(time.RFC3339))
	// Output:
	// customer:  Example Company, Inc
	// signed by: licensing@example.com
	// state:     in grace
	// until:     2027-01-01T00:00:00Z and with grace 2027-01-31T00:00:00Z
}

// What a program does about a refusal depends on its kind.
func ExampleLicense_refusals() {
	explain := func(text string) {
		opts := &verify.Options{At: time.Date(2027, 1, 15, 0, 0, 0, 0, time.UTC)}
		_, err := verify.License([]byte(text), exampleTrusted(), opts)
		if refused, ok := errors.AsType[*verify.RefusedError](err); ok {
			// The signature is good, so what the licence says can be shown.
			id, _ := refused.Result.License.Payload.Text("/license_key")
			fmt.Printf("licence %s: %s: %v\n", id, refused.Result.State, err)
		} else if _, ok := errors.AsType[*verify.SignatureError](err); ok {
			fmt.Printf("forged, or for another product: %v\n", err)
		} else if parseErr, ok := errors.AsType[*licseal.ParseError](err); ok {
			fmt.Printf("not a licence: %s: %v\n", parseErr.Class, err)
		}
	}
	explain(exampleLicense)
	explain(strings.Replace(exampleLicense, `"admin_seats":"5"`, `"admin_seats":"500"`, 1))
	explain(exampleLicense[:200])
	// Output:
	// licence LS-0001: expired: expired at 2027-01-01T00:00:00Z, and it is 2027-01-15T00:00:00Z
	// forged, or for another product: the signature does not match the trusted key
	// not a licence: truncated: 1:201 /license/payload: the text ends before the JSON value does; was it copied in full?
}
