package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/sign"
	"github.com/licseal/licseal/verify"
)

// A path is a way on which a licence is judged: it returns the reason of the refusal.
type path func(t *testing.T, document []byte) licseal.Reason

// situation is what licences are judged by.
type situation struct {
	trusted []licseal.TrustedKey
	rules   *schema.Schema
	options verify.Options
	list    []byte // the file of options.Revocations
}

// paths returns every path that takes licences of any kind.
func (s situation) paths(t *testing.T) map[string]path {
	t.Helper()
	o := s.options
	o.Fields = s.rules
	one, err := verify.New(s.trusted, &o)
	if err != nil {
		t.Fatal(err)
	}
	many, err := bulk.NewVerifier(s.trusted, &o)
	if err != nil {
		t.Fatal(err)
	}
	checker, err := check.New(check.Options{Trusted: s.trusted, Schema: s.rules, Verify: s.options, Policy: check.Policy{MinRemaining: -1, WarnRemaining: -1}})
	if err != nil {
		t.Fatal(err)
	}
	intake := judge{rules: s.rules, log: slog.New(slog.DiscardHandler), trust: func() *trust { return &trust{keys: s.trusted, verifier: one} }}
	return map[string]path{
		"one": func(_ *testing.T, d []byte) licseal.Reason { return one.Report(d).Reason() },
		"short form": func(_ *testing.T, d []byte) licseal.Reason {
			_, err := verify.License(d, s.trusted, &o)
			return verify.ReasonOf(err)
		},
		"batch": func(t *testing.T, d []byte) licseal.Reason {
			reasons := map[licseal.Reason]bool{}
			documents := slices.Values([][]byte{d, []byte("{}"), d})
			for i, r := range bulk.Verify(t.Context(), numbered(documents), many, nil) {
				if i != 1 {
					reasons[r.Reason()] = true
				}
			}
			if len(reasons) != 1 {
				t.Errorf("one batch gives %v", reasons)
			}
			return slices.Collect(maps.Keys(reasons))[0]
		},
		"check": func(_ *testing.T, d []byte) licseal.Reason { return checker.License("licence.json", d).Reason() },
		"licseald": func(_ *testing.T, d []byte) licseal.Reason {
			return verify.ReasonOf(intake.check(context.Background(), string(d)))
		},
	}
}

func numbered[V any](values func(func(V) bool)) func(func(int, V) bool) {
	return func(yield func(int, V) bool) {
		i := 0
		for v := range values {
			if !yield(i, v) {
				return
			}
			i++
		}
	}
}

// entitled adds the paths of entitlement licences: the guard of a product and the
// API by which a licence is installed.
func (s situation) entitled(t *testing.T, paths map[string]path) {
	options := func() *entitle.Options {
		o := &entitle.Options{Issuer: s.options.Issuer, MayBeMissing: true}
		if s.list != nil {
			o.Revocations = entitle.Text(s.list)
		}
		return o
	}
	paths["guard"] = func(t *testing.T, d []byte) licseal.Reason {
		guard, err := entitle.Open(t.Context(), entitle.Text(d), s.trusted, options())
		if err != nil {
			return verify.ReasonOf(err)
		}
		defer guard.Close()
		return reasonOfState(guard.Status().State)
	}
	paths["POST"] = func(t *testing.T, d []byte) licseal.Reason {
		guard, err := entitle.Open(t.Context(), entitle.NewFolder(t.TempDir()), s.trusted, options())
		if err != nil {
			t.Fatal(err)
		}
		defer guard.Close()
		h := entitle.NewHandler(guard, &entitle.HandlerOptions{Authorize: entitle.BearerTokens("token")})
		body, err := json.Marshal(map[string]string{"license_key": string(d)})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "/api/v1/license", bytes.NewReader(body))
		r.Header.Set("Authorization", "Bearer token")
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code == http.StatusOK {
			return ""
		}
		err = guard.Install(t.Context(), string(d)) // what the answer was made of
		var state *entitle.InactiveError
		if errors.As(err, &state) {
			return reasonOfState(state.State)
		}
		return verify.ReasonOf(err)
	}
}

func reasonOfState(s entitle.State) licseal.Reason {
	return map[entitle.State]licseal.Reason{
		entitle.Suspended: licseal.ReasonRevoked, entitle.NotYetValid: licseal.ReasonNotYetValid, entitle.Expired: licseal.ReasonExpired,
	}[s]
}

// agree judges a document on every path, and returns the reason.
func agree(t *testing.T, name string, document []byte, paths map[string]path) licseal.Reason {
	t.Helper()
	got := map[licseal.Reason][]string{}
	for _, way := range slices.Sorted(maps.Keys(paths)) {
		reason := paths[way](t, document)
		got[reason] = append(got[reason], way)
	}
	if len(got) != 1 {
		t.Errorf("%s: the paths disagree: %q\n%s", name, got, document)
	}
	return slices.Collect(maps.Keys(got))[0]
}

// Every vector gets the same reason on every path.
func TestPathsOfVectors(t *testing.T) {
	files, err := filepath.Glob("../../testdata/vectors/*.txt")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d vectors: %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		header, document, _ := bytes.Cut(text, []byte("\n\n"))
		s := situation{rules: schema.Kong()}
		for line := range strings.SplitSeq(string(header), "\n") {
			key, value, _ := strings.Cut(line, ": ")
			switch key {
			case "ed25519", "p256":
				s.trusted = append(s.trusted, vectorKey(t, key, value))
			case "time":
				if s.options.At, err = time.Parse(time.RFC3339Nano, value); err != nil {
					t.Fatal(err)
				}
			}
		}
		agree(t, filepath.Base(file), document, s.paths(t))
	}
}

func vectorKey(t *testing.T, kind, value string) (key licseal.TrustedKey) {
	t.Helper()
	words := strings.Fields(value)
	raw, err := hex.DecodeString(words[0])
	if err != nil {
		t.Fatal(err)
	}
	key.Key = ed25519.PublicKey(raw)
	if kind == "p256" {
		if key.Key, err = ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw); err != nil {
			t.Fatal(err)
		}
	}
	for _, word := range words[1:] {
		name, bound, _ := strings.Cut(word, "=")
		at, err := time.Parse(time.RFC3339Nano, bound)
		if err != nil {
			t.Fatal(err)
		}
		if name == "after" {
			key.ValidAfter = at
		} else {
			key.ValidBefore = at
		}
	}
	return key
}

// generator makes licences with any of many faults, relative to the present time and
// hours away from every boundary.
type generator struct {
	random  *mathrand.Rand
	now     time.Time
	signers []crypto.Signer
}

const instantForm = "2006-01-02T15:04:05.000Z"

func (g *generator) in(d time.Duration) string { return g.now.Add(d).UTC().Format(instantForm) }

func (g *generator) oneIn(n int) bool { return g.random.IntN(n) == 0 }

const day = 24 * time.Hour

// dates returns a creation and an expiration date.
func (g *generator) dates() (created, expires any) {
	switch g.random.IntN(8) {
	case 0:
		return g.in(-90 * day), g.in(-60 * day) // expired
	case 1:
		return g.in(60 * day), g.in(90 * day) // not yet valid
	case 2:
		return g.in(-90 * day), g.in(-2 * day) // in a grace of days
	case 3:
		return g.in(-60 * day), g.in(-90 * day) // the wrong way round
	case 4:
		return "yesterday", g.in(90 * day)
	}
	return g.in(-60 * day), g.in(90 * day)
}

func (g *generator) kong() map[string]any {
	created, expires := g.dates()
	p := map[string]any{
		"admin_seats": "5", "customer": "Example Company, Inc", "dataplanes": "2", "license_creation_date": created,
		"license_expiration_date": expires, "license_key": g.id(), "product_subscription": "Konnect Enterprise", "support_plan": "None",
	}
	if g.oneIn(6) {
		p["admin_seats"] = "five"
	}
	if g.oneIn(6) {
		p["region"] = "somewhere"
	}
	if g.oneIn(10) {
		delete(p, g.anyOf("customer", "license_key", "license_expiration_date", "support_plan"))
	}
	return p
}

func (g *generator) entitlement() map[string]any {
	created, expires := g.dates()
	limit := map[string]any{"is_limited": true, "max_uses": 900, "name": "Requests"}
	p := map[string]any{
		"created": created, "customer_name": "Example Company, Inc", "delay_expiry_days": 10, "delay_max_uses_perc": 10,
		"entitlements": map[string]any{"requests": limit}, "expiry": expires, "id": g.id(), "key": "K-1", "max_machines": 2,
		"ordered_entitlements_keys": []string{"requests"}, "policy": nil,
	}
	if g.oneIn(6) {
		p["region"] = "somewhere"
	}
	if g.oneIn(6) {
		limit[g.anyOf("window", "expires", "note")] = "day"
	}
	if g.oneIn(6) {
		limit[g.anyOf("name", "max_uses", "is_limited")] = 5.5
	}
	if g.oneIn(8) {
		p["ordered_entitlements_keys"] = []string{}
	}
	if g.oneIn(8) {
		delete(p, g.anyOf("customer_name", "id", "expiry", "max_machines", "key", "policy", "delay_expiry_days"))
	}
	return p
}

func (g *generator) anyOf(names ...string) string { return names[g.random.IntN(len(names))] }

// id returns an id, one of a few of which lists revoke one.
func (g *generator) id() any {
	if g.oneIn(12) {
		return 7
	}
	return fmt.Sprint("LS-", g.random.IntN(3))
}

// document signs a payload, and sometimes breaks what was signed.
func (g *generator) document(t *testing.T, members map[string]any) []byte {
	t.Helper()
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := licseal.ParsePayload(text)
	if err != nil {
		t.Fatal(err)
	}
	lic, err := sign.License(payload, g.signers[g.random.IntN(len(g.signers))])
	if err != nil {
		t.Fatal(err)
	}
	document := lic.String()
	switch g.random.IntN(16) {
	case 0:
		document = strings.Replace(document, "Example", "Exemple", 1)
	case 1:
		document = strings.Replace(document, `"version":"1"`, `"version":"2"`, 1)
	case 2:
		document = strings.Replace(document, `"version":"1"`, `"version":1`, 1)
	case 3:
		document = " \n" + strings.Replace(document, `,"`, ` , "`, 3)
	}
	return []byte(document)
}

// list returns a signed revocation list.
func (g *generator) list(t *testing.T, issued, next time.Duration, change func(*revoke.Contents) error) []byte {
	t.Helper()
	c := revoke.New(g.now.Add(issued), g.now.Add(next))
	c.Generation = 1
	if err := change(c); err != nil {
		t.Fatal(err)
	}
	document, err := revoke.Sign(c, g.signers[0])
	if err != nil {
		t.Fatal(err)
	}
	return []byte(document.String())
}

// Whatever is wrong with a licence, and whatever it is judged by, it gets the same
// reason on every path.
func TestPathsOfGeneratedLicences(t *testing.T) {
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key := func(seed byte) crypto.Signer { return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, 32)) }
	g := &generator{mathrand.New(mathrand.NewPCG(1, 2)), time.Now(), []crypto.Signer{key(1), key(2), p256, key(4)}}
	trusted := []licseal.TrustedKey{
		{Key: g.signers[0].Public(), Name: "one", Principals: []string{"one@vendor.example"}},
		{Key: g.signers[1].Public(), Name: "two", ValidBefore: g.now.Add(-75 * day), Principals: []string{"two@vendor.example"}},
		{Key: p256.Public(), Name: "three", Principals: []string{"one@vendor.example"}},
	}
	lists := map[string][]byte{
		"no list":   nil,
		"clean":     g.list(t, -day, 20*day, func(*revoke.Contents) error { return nil }),
		"a licence": g.list(t, -day, 20*day, func(c *revoke.Contents) error { return c.RevokeLicense("LS-1", "refunded") }),
		"a number":  g.list(t, -day, 20*day, func(c *revoke.Contents) error { return c.RevokeLicense("7", "") }),
		"a key":     g.list(t, -day, 20*day, func(c *revoke.Contents) error { return c.RevokeKey(revoke.Key{ID: licseal.KeyID(p256.Public())}) }),
		"a key from": g.list(t, -day, 20*day, func(c *revoke.Contents) error {
			return c.RevokeKey(revoke.Key{ID: licseal.KeyID(p256.Public()), From: g.now.Add(-75 * day)})
		}),
	}
	rounds := testenv.Rounds(12, 40)
	seen := map[licseal.Reason]int{}
	for name, list := range lists {
		for _, issuer := range []string{"", "one@*"} {
			s := situation{trusted: trusted, list: list, options: verify.Options{Issuer: issuer}}
			if list != nil {
				if s.options.Revocations, err = revoke.Verify(list, trusted); err != nil {
					t.Fatal(err)
				}
			}
			for range rounds {
				s.rules = schema.Kong()
				seen[agree(t, name, g.document(t, g.kong()), s.paths(t))]++
				s.rules = schema.Entitlement()
				paths := s.paths(t)
				s.entitled(t, paths)
				seen[agree(t, name, g.document(t, g.entitlement()), paths)]++
			}
		}
	}
	for _, reason := range []licseal.Reason{"", licseal.ReasonParse, licseal.ReasonSignature, licseal.ReasonRevoked,
		licseal.ReasonSchema, licseal.ReasonNotYetValid, licseal.ReasonExpired, licseal.ReasonRequirement} {
		if seen[reason] == 0 {
			t.Errorf("no licence was refused for %q: %v", reason, seen)
		}
	}
}

// A list that is stale, or issued ahead of the clock, refuses every licence for the
// same reason on every path that takes a list as it is. The others do not start.
func TestPathsOfUnusableLists(t *testing.T) {
	signer := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))
	g := &generator{mathrand.New(mathrand.NewPCG(3, 4)), time.Now(), []crypto.Signer{signer}}
	trusted := []licseal.TrustedKey{{Key: signer.Public(), Name: "one"}}
	nothing := func(*revoke.Contents) error { return nil }
	for _, tt := range []struct {
		name         string
		issued, next time.Duration
		skew         time.Duration
		want         licseal.Reason
	}{
		{"stale", -20 * day, -day, 0, licseal.ReasonRevocationList},
		{"ahead of the clock", 3 * day, 20 * day, 0, licseal.ReasonClock},
		{"ahead, within the skew", 3 * day, 20 * day, 4 * day, ""},
	} {
		list := g.list(t, tt.issued, tt.next, nothing)
		revoked, err := revoke.Verify(list, trusted)
		if err != nil {
			t.Fatal(err)
		}
		s := situation{trusted: trusted, rules: schema.Kong(), options: verify.Options{Revocations: revoked, MaxClockSkew: tt.skew}}
		good := map[string]any{
			"admin_seats": "5", "customer": "Example Company, Inc", "dataplanes": "2", "license_creation_date": g.in(-day),
			"license_expiration_date": g.in(200 * day), "license_key": "LS-0001", "product_subscription": "Konnect Enterprise", "support_plan": "None",
		}
		text, err := json.Marshal(good)
		if err != nil {
			t.Fatal(err)
		}
		payload, err := licseal.ParsePayload(text)
		if err != nil {
			t.Fatal(err)
		}
		lic, err := sign.License(payload, signer)
		if err != nil {
			t.Fatal(err)
		}
		if got := agree(t, tt.name, []byte(lic.String()), s.paths(t)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if tt.want == "" {
			continue
		}
		if guard, err := entitle.Open(t.Context(), entitle.Text([]byte(lic.String())), trusted, &entitle.Options{Revocations: entitle.Text(list)}); err == nil {
			guard.Close()
			t.Errorf("%s: a guard opens", tt.name)
		}
	}
}
