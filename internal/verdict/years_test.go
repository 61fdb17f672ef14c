package verdict_test

import (
	"crypto/ed25519"
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/verdict"
	"github.com/licseal/licseal/sign"
	"github.com/licseal/licseal/verify"
)

// RFC 3339 has no year beyond 9999, and parsers fail on one. Grace, a time zone and
// the offset of a time lead there.
func TestNoYearBeyond9999(t *testing.T) {
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	trusted := []licseal.TrustedKey{{Key: private.Public().(ed25519.PublicKey)}}
	const end = "9999-12-31T23:59:59-23:59"
	last, err := licseal.ParseDate(end, nil)
	if err != nil {
		t.Fatal(err)
	}
	years := regexp.MustCompile(`\d{5,}-\d\d-\d\dT`)
	for _, dates := range [][2]string{{"2026-01-01", "9999-12-31"}, {"2026-01-01", end}, {end, end}, {"9999-12-31", end}} {
		p, err := licseal.ParsePayload(fmt.Appendf(nil, `{"license_key":"A","license_creation_date":%q,"license_expiration_date":%q}`, dates[0], dates[1]))
		if err != nil {
			t.Fatal(err)
		}
		lic, err := sign.License(p, private)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []time.Time{time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC), last.Add(-time.Second), last, last.AddDate(3, 0, 0)} {
			for _, grace := range []time.Duration{0, time.Hour, 30000 * 24 * time.Hour} {
				o := &verify.Options{At: at, Grace: grace, Location: time.FixedZone("west", -12*60*60)}
				v, err := verify.New(trusted, o)
				if err != nil {
					t.Fatal(err)
				}
				found := verdict.Of("a.json", 0, v.Report([]byte(lic.String())))
				text := append([]byte(found.JSON()), found.Summary().String()...)
				if year := years.Find(text); year != nil {
					t.Errorf("%s until %s at %v with grace %v: %s in %s", dates[0], dates[1], at, grace, year, text)
				}
			}
		}
	}
}
