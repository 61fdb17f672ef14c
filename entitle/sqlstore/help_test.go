package sqlstore_test

import (
	"crypto/ed25519"
	"fmt"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/sign"
)

var (
	vendorKey = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	trusted   = []licseal.TrustedKey{{Key: vendorKey.Public(), Name: "vendor"}}
)

// installation is the name of an installation that is given none.
var installation = entitle.Product()

// license returns a licence that is good now and allows so many requests a month. One
// that is made a moment later is another, and does not make it the older one.
func license(limit int64, now time.Time) ([]byte, error) {
	day := func(n int) string { return now.UTC().AddDate(0, 0, n).Format("2006-01-02T15:04:05.000Z") }
	payload, err := licseal.ParsePayload(fmt.Appendf(nil, `{"created":%q,"expiry":%q,"customer_name":"Example Company, Inc","id":%q,"policy":null,
		"delay_expiry_days":0,"delay_max_uses_perc":10,"max_machines":1,"ordered_entitlements_keys":["requests"],
		"entitlements":{"requests":{"is_limited":true,"max_uses":%d,"name":"Requests"}}}`, day(-1), day(1), day(0), limit))
	if err != nil {
		return nil, err
	}
	return signed(payload)
}

func signed(payload licseal.Payload) ([]byte, error) {
	lic, err := sign.License(payload, vendorKey)
	if err != nil {
		return nil, err
	}
	return []byte(lic.String()), nil
}

// resign signs the payload of a changed licence.
func resign(text string) ([]byte, error) {
	lic, err := licseal.ParseUnverified([]byte(text))
	if err != nil {
		return nil, err
	}
	return signed(lic.Payload)
}
