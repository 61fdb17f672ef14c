package verify_test

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/sign"
	"github.com/licseal/licseal/verify"
)

// A licence may grant a grace by itself, where the roles name the field.
func TestGrantedGrace(t *testing.T) {
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	trusted := []licseal.TrustedKey{{Key: private.Public()}}
	roles := licseal.Roles{NotBefore: "/from", NotAfter: "/until", GraceDays: "/grace"}
	const day = 24 * time.Hour
	tests := []struct {
		grace  string // the member as JSON text; "" for none
		roles  licseal.Roles
		caller time.Duration
		want   time.Duration // −1: it cannot be read
	}{
		{`10`, roles, 0, 10 * day},
		{`0`, roles, 0, 0},
		{`10`, roles, 30 * day, 30 * day},
		{`10`, roles, day, 10 * day},
		{`36500`, roles, 0, 36500 * day},
		{`10`, licseal.Roles{NotBefore: "/from", NotAfter: "/until"}, 0, 0},
		{``, roles, 0, -1},
		{`36501`, roles, 0, -1},
		{`-1`, roles, 0, -1},
		{`1.5`, roles, 0, -1},
		{`"10"`, roles, 0, -1},
		{`null`, roles, 0, -1},
	}
	for _, test := range tests {
		text := `{"from":"2026-01-01","until":"2027-01-01"}`
		if test.grace != "" {
			text = fmt.Sprintf(`{"from":"2026-01-01","until":"2027-01-01","grace":%s}`, test.grace)
		}
		payload, err := licseal.ParsePayload([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		lic, err := sign.License(payload, private)
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
		result, err := verify.License([]byte(lic.String()), trusted, &verify.Options{Roles: test.roles, Grace: test.caller, At: at})
		var date *licseal.DateError
		switch {
		case test.want < 0:
			if result != nil || !errors.As(err, &date) || date.Pointer != "/license/payload/grace" {
				t.Errorf("%s: %v", text, err)
			}
		case err != nil:
			t.Errorf("%s: %v", text, err)
		case result.GraceEnd.Sub(result.NotAfter) != test.want:
			t.Errorf("%s and %v: the grace is %v, not %v", text, test.caller, result.GraceEnd.Sub(result.NotAfter), test.want)
		}
	}
}
