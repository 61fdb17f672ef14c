package main

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/sign"
	"github.com/licseal/licseal/verify"
)

// What the words of testdata/judgement.txt stand for. Every licence expires on
// 2027-03-01 and is given ten days of grace.
var (
	windows = map[string][2]string{
		"unbounded": {"", ""},
		"around":    {"2026-01-01", "2027-01-01"},
		"ended":     {"", "2026-06-01"},
		"later":     {"2026-09-01", ""},
	}
	creations = map[string]string{"first": "2026-03-01", "edge": "2026-06-01", "last": "2026-10-01"}

	listTexts = map[string]func(*licseal.Revocations, string) error{
		"none":    nil,
		"clean":   func(r *licseal.Revocations, _ string) error { return r.RevokeLicense("another", "") },
		"licence": func(r *licseal.Revocations, _ string) error { return r.RevokeLicense("LS-0001", "refunded") },
		"key":     func(r *licseal.Revocations, key string) error { return r.RevokeKey(licseal.RevokedKey{ID: key}) },
		"key-from": func(r *licseal.Revocations, key string) error {
			return r.RevokeKey(licseal.RevokedKey{ID: key, From: day("2026-06-01")})
		},
	}

	// When the list was issued, when the next was due, and the age allowed.
	listAges = map[string]struct {
		issued, next string
		maxAge       time.Duration
	}{
		"current": {"2026-11-01", "2027-12-01", 0},
		"overdue": {"2026-11-01", "2026-11-05", 0},
		"old":     {"2026-10-01", "2027-12-01", 30 * 24 * time.Hour},
		"ahead":   {"2026-11-18", "2027-12-01", 0},
	}

	// What the clock says, and whether it is held against 2026-11-15, the
	// latest time seen. The first is a time chosen with --at.
	clocks = map[string]struct {
		time    string
		watched bool
	}{
		"ahead-of-licence": {"2026-02-01", false},
		"set-back":         {"2026-11-10", true},
		"slightly-back":    {"2026-11-14T12:00:00Z", true},
		"right":            {"2026-11-20", true},
		"in-grace":         {"2027-03-05", true},
		"past-grace":       {"2027-04-01", true},
	}
)

func day(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	t, err := licseal.ParseDate(s, nil)
	if err != nil {
		panic(err)
	}
	return t
}

func testKey(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

// Every combination ends as the table says, and the table has every combination.
func TestJudgement(t *testing.T) {
	text, err := os.ReadFile("testdata/judgement.txt")
	if err != nil {
		t.Fatal(err)
	}
	issuing, listing := testKey(1), testKey(2)
	licences := licenceFiles(t, issuing)
	lists := map[string]*verify.RevocationList{}
	seen := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Fields(line)
		window, creation, list, age, clock, want := f[0], f[1], f[2], f[3], f[4], strings.Join(f[5:], " ")
		cell := strings.Join(f[:5], " ")
		if seen[cell] {
			t.Errorf("%s is there twice", cell)
		}
		seen[cell] = true
		if _, known := windows[window]; !known {
			t.Fatalf("%s: no such window", cell)
		}
		if list != "none" && lists[list+age] == nil {
			lists[list+age] = revocationList(t, list, age, listing, keys.ID(issuing.Public()))
		}
		j := &judge{
			rules: schema.Kong(),
			trusted: []licseal.TrustedKey{
				{Key: listing.Public(), Name: "lists"},
				{Key: issuing.Public(), Name: "licences", ValidAfter: day(windows[window][0]), ValidBefore: day(windows[window][1])},
			},
			options: verify.Options{Time: day(clocks[clock].time), Grace: 10 * 24 * time.Hour, Revocations: lists[list+age], MaxListAge: listAges[age].maxAge},
		}
		if clocks[clock].watched {
			j.options.Floor = day("2026-11-15")
		}
		v := j.judge(licences[creation])
		got := fmt.Sprintf("%d -", v.code())
		if v.result != nil {
			got = fmt.Sprintf("%d %s", v.code(), v.result.State)
		}
		if got != want {
			t.Errorf("%s: got %s (%v), want %s", cell, got, v.err, want)
		}
	}
	withList := (len(listTexts) - 1) * len(listAges)
	if want := len(windows) * len(creations) * len(clocks) * (1 + withList); len(seen) != want {
		t.Errorf("the table has %d cells, want %d", len(seen), want)
	}
}

func licenceFiles(t *testing.T, key ed25519.PrivateKey) map[string]string {
	t.Helper()
	files := map[string]string{}
	for name, created := range creations {
		payload, err := licseal.ParsePayload(fmt.Appendf(nil, `{"admin_seats":"5","customer":"Example Company, Inc","dataplanes":"2","license_creation_date":%q,"license_expiration_date":"2027-03-01","license_key":"LS-0001","product_subscription":"Konnect Enterprise","support_plan":"None"}`, created))
		if err != nil {
			t.Fatal(err)
		}
		lic, err := sign.License(payload, key)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = filepath.Join(t.TempDir(), "licence.json")
		if err := os.WriteFile(files[name], []byte(lic.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func revocationList(t *testing.T, text, age string, key ed25519.PrivateKey, issuer string) *verify.RevocationList {
	t.Helper()
	contents := licseal.NewRevocations(day(listAges[age].issued), day(listAges[age].next))
	if err := listTexts[text](contents, issuer); err != nil {
		t.Fatal(err)
	}
	signed, err := sign.Revocations(contents, key)
	if err != nil {
		t.Fatal(err)
	}
	list, err := verify.Revocations([]byte(signed.String()), []licseal.TrustedKey{{Key: key.Public()}})
	if err != nil {
		t.Fatal(err)
	}
	return list
}
