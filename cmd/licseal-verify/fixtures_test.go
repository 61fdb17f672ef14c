package main

import (
	"bytes"
	"crypto/ed25519"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/armor"
	"github.com/licseal/licseal/internal/conformance"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/sign"
	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/verify"
)

var (
	nowPattern   = regexp.MustCompile(`20(2[89]|[3-9]\d|2[67])-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z|"days_left":-?\d+`)
	statePattern = regexp.MustCompile(`(?m)^(latest|checksum): .*$`)
)

func testKey(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

func publicLine(t *testing.T, seed byte) string {
	t.Helper()
	line, err := keys.MarshalPublic(testKey(seed).Public(), "vendor")
	if err != nil {
		t.Fatal(err)
	}
	return string(line)
}

func licence(t *testing.T, seed byte, payload string) string {
	t.Helper()
	p, err := licseal.ParsePayload([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	lic, err := sign.License(p, testKey(seed))
	if err != nil {
		t.Fatal(err)
	}
	return lic.String()
}

func list(t *testing.T, seed byte, issued, next time.Time, ids ...string) string {
	t.Helper()
	c := revoke.New(issued, next)
	for _, id := range ids {
		if err := c.RevokeLicense(id, "refunded"); err != nil {
			t.Fatal(err)
		}
	}
	d, err := revoke.Sign(c, testKey(seed))
	if err != nil {
		t.Fatal(err)
	}
	return d.String()
}

// fixtures returns a folder with the files that the command lines of the tests name.
func fixtures(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	day := func(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }
	const dates = `"license_creation_date":"2026-01-01","license_expiration_date":"2027-01-01"`
	good := licence(t, 1, `{"customer":"A \u202e","license_key":"LS-1",`+dates+`}`)
	vectors, err := conformance.Vectors("trust")
	if err != nil {
		t.Fatal(err)
	}
	find := func(id string) conformance.Request {
		i := slices.IndexFunc(vectors, func(v conformance.Vector) bool { return v.Request.ID == id })
		return vectors[i].Request
	}
	chain := string(find("trust/accepted-chain").Trust.Chain)
	files := map[string]string{
		"any.json":         anySchema,
		"damaged.state":    "licseal state, version 1\nlatest: 2026",
		"vendor.pub":       publicLine(t, 1),
		"other.pub":        publicLine(t, 2),
		"trusted.keys":     `licences@vendor.example valid-after="20260101Z" ` + publicLine(t, 1),
		"foreign.keys":     `git@vendor.example namespaces="git" ` + publicLine(t, 1) + "x@vendor.example " + publicLine(t, 2),
		"good.json":        good,
		"forged.json":      strings.Replace(good, "LS-1", "LS-9", 1),
		"revoked.json":     licence(t, 1, `{"license_key":"LS-2",`+dates+`}`),
		"own.json":         licence(t, 1, `{"serial":"A","valid_from":"2026-01-01","valid until":"2999-01-01","Start":"2026-02-01"}`),
		"ownlate.json":     licence(t, 1, `{"serial":"A","valid_from":"2026-01-01","expires":"2026-03-01","end":"2026-04-01"}`),
		"mail.txt":         "Dear customer,\n\n> " + strings.ReplaceAll(armor.Encode(good), "\n", "\n> ") + "\nYours",
		"cut.txt":          armor.Encode(good)[:120],
		"large.json":       good + strings.Repeat(" ", 65536),
		"bad\x1b[2J.json":  "{\x1b",
		"list.json":        list(t, 1, day(2026, 6, 15), day(2026, 8, 15), "LS-2"),
		"first":            strings.SplitAfter(chain, "\n")[0],
		"chain":            chain,
		"chained.json":     licence(t, 31, `{"license_key":"LS-1",`+strings.Replace(dates, "2027", "2999", 1)+`}`),
		"chained.list":     list(t, 31, day(2026, 6, 15), day(2999, 1, 1), "LS-2"),
		"chain.other.json": chain,
	}
	for name, content := range files {
		testenv.WriteFile(t, filepath.Join(dir, name), content)
	}
	for name, latest := range map[string]time.Time{"seen0.state": day(2026, 1, 2), "seen1.state": day(2026, 1, 2), "ahead.state": day(2998, 1, 1)} {
		if err := state.Create(filepath.Join(dir, name), verify.Memory{Latest: latest}); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
