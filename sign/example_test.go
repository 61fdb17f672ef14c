package sign_test

import (
	"crypto/ed25519"
	"fmt"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/sign"
)

func ExampleLicense() {
	// A fixed seed, so that the signature below is always the same. Package
	// keys reads real keys.
	key := ed25519.NewKeyFromSeed([]byte("0123456789abcdef0123456789abcdef"))

	payload, err := licseal.ParsePayload([]byte(`{
		"admin_seats": "5",
		"customer": "Example Company, Inc",
		"dataplanes": "2",
		"license_creation_date": "2026-01-01",
		"license_expiration_date": "2027-01-01",
		"license_key": "LS-0001",
		"product_subscription": "Konnect Enterprise",
		"support_plan": "None"
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	lic, err := sign.License(payload, key)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(lic)
	// Output:
	// {"license":{"payload":{"admin_seats":"5","customer":"Example Company, Inc","dataplanes":"2","license_creation_date":"2026-01-01","license_expiration_date":"2027-01-01","license_key":"LS-0001","product_subscription":"Konnect Enterprise","support_plan":"None"},"signature":"659e382b71afb9c8a39dfba02990cfb7c6b56628fcfc59dabfccd1b5f0f2da9fe6f6aed26bd146ae89061fc0e8c3aa613f997650efcaf9865987243f4a77910c","version":"1"}}
}
