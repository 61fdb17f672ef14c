package state_test

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/sign"
	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/verify"
)

// A product holds each licence against the newest revocation list and against the
// latest time that it has seen.
func Example() {
	key := ed25519.NewKeyFromSeed([]byte("0123456789abcdef0123456789abcdef"))
	trusted := []licseal.TrustedKey{{Key: key.Public(), Name: "vendor"}}
	licenseText, listText := revokedLicense(key)

	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "product.state")
	if err := state.Create(path, verify.Memory{Latest: time.Now()}); err != nil { // when the product is installed
		log.Fatal(err)
	}

	list, err := revoke.Verify(listText, trusted)
	if err != nil {
		log.Fatal(err)
	}
	memory, err := state.Update(path, func(m *verify.Memory) error { return m.Observe(time.Now(), list, 0) })
	if err != nil {
		log.Fatal(err) // an older list than the one seen, or one from the future
	}
	_, err = verify.License(licenseText, trusted, &verify.Options{Revocations: list, Floor: memory.Latest})
	var revoked *verify.RevokedError
	fmt.Println(errors.As(err, &revoked), err)
	// Output:
	// true the licence "LS-0001" is revoked: refunded
}

// revokedLicense returns a licence and a list on which it is.
func revokedLicense(key ed25519.PrivateKey) (license, list []byte) {
	payload, err := licseal.ParsePayload([]byte(`{"license_creation_date":"2026-01-01","license_expiration_date":"2999-01-01","license_key":"LS-0001"}`))
	if err != nil {
		log.Fatal(err)
	}
	lic, err := sign.License(payload, key)
	if err != nil {
		log.Fatal(err)
	}
	revocations := revoke.New(time.Now(), time.Now().AddDate(0, 1, 0))
	if err := revocations.RevokeLicense("LS-0001", "refunded"); err != nil {
		log.Fatal(err)
	}
	signed, err := revoke.Sign(revocations, key)
	if err != nil {
		log.Fatal(err)
	}
	return []byte(lic.String()), []byte(signed.String())
}
