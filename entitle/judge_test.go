package entitle_test

import (
	"crypto/ed25519"
	"errors"
	"path/filepath"
	"testing"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/verify"
)

// reasonOf returns the reason for which a guard refuses a licence, or the one for
// which it lets it do nothing.
func reasonOf(t *testing.T, err error, state entitle.State) licseal.Reason {
	t.Helper()
	var inactive *entitle.InactiveError
	if errors.As(err, &inactive) {
		err, state = nil, inactive.State
	}
	switch {
	case err != nil:
		reason := verify.ReasonOf(err)
		if reason == "" {
			t.Errorf("an error without a reason: %v", err)
		}
		return reason
	case state == entitle.NotYetValid:
		return licseal.ReasonNotYetValid
	case state == entitle.Expired:
		return licseal.ReasonExpired
	case state == entitle.Suspended:
		return licseal.ReasonRevoked
	}
	return ""
}

// A guard, at its start and when a licence is installed, has the reasons of
// package verify with the schema of entitlements.
func TestReasons(t *testing.T) {
	issuers := []licseal.TrustedKey{{Key: vendorKey.Public(), Principals: []string{"licences@vendor.example"}}}
	label := func(p fields, name string, value any) fields {
		p["entitlements"].(object)["requests"].(object)[name] = value
		return p
	}
	without := func(p fields, name string) fields { delete(p, name); return p }
	tests := []struct {
		name     string
		document []byte
		at       string // 2026-11-21 if empty
		revoked  string // the id in a revocation list, if there is one
		issuer   string
		trusted  []licseal.TrustedKey
		want     licseal.Reason
	}{
		{name: "good", document: signed(t, plan()), want: ""},
		{name: "not a licence", document: []byte("{}"), want: licseal.ReasonParse},
		{name: "forged", document: forge(signed(t, plan())), want: licseal.ReasonSignature},
		{name: "forged and wrong", document: forge(signed(t, without(plan(), "id"))), want: licseal.ReasonSignature},
		{name: "no customer", document: signed(t, without(plan(), "customer_name")), want: licseal.ReasonSchema},
		{name: "a label that is a number", document: signed(t, label(plan(), "name", 5)), want: licseal.ReasonSchema},
		{name: "an unknown restriction", document: signed(t, label(plan(), "window", "day")), want: licseal.ReasonSchema},
		{name: "an unknown member", document: signed(t, plan().with("region", "eu")), want: ""},
		{name: "a day without a time", document: signed(t, plan().with("created", "2026-01-01")), want: licseal.ReasonSchema},
		{name: "no expiry", document: signed(t, without(plan(), "expiry")), want: licseal.ReasonSchema},
		{name: "expiry before creation", document: signed(t, plan().with("expiry", "2025-01-01T00:00:00.000Z")), want: licseal.ReasonSchema},
		{name: "too long a grace", document: signed(t, plan().with("delay_expiry_days", 36501)), want: licseal.ReasonSchema},
		{name: "not yet valid", document: signed(t, plan()), at: "2025-11-21", want: licseal.ReasonNotYetValid},
		{name: "in grace", document: signed(t, plan()), at: "2027-01-02", want: ""},
		{name: "expired", document: signed(t, plan()), at: "2027-02-01", want: licseal.ReasonExpired},
		{name: "expired and wrong", document: signed(t, without(plan(), "customer_name")), at: "2027-02-01", want: licseal.ReasonSchema},
		{name: "revoked", document: signed(t, plan()), revoked: "A-1", want: licseal.ReasonRevoked},
		{name: "revoked and expired", document: signed(t, plan().with("expiry", "2026-02-01T00:00:00.000Z")), revoked: "A-1", want: licseal.ReasonRevoked},
		{name: "revoked and wrong", document: signed(t, without(plan(), "customer_name")), revoked: "A-1", want: licseal.ReasonRevoked},
		{name: "another is revoked", document: signed(t, plan()), revoked: "A-2", want: ""},
		{name: "no id to look up", document: signed(t, without(plan(), "id")), revoked: "A-2", want: licseal.ReasonSchema},
		{name: "the issuer", document: signed(t, plan()), issuer: "*@vendor.example", trusted: issuers, want: ""},
		{name: "another issuer", document: signed(t, plan()), issuer: "*@other.example", trusted: issuers, want: licseal.ReasonRequirement},
		{name: "another issuer and expired", document: signed(t, plan()), issuer: "*@other.example", trusted: issuers, at: "2027-02-01", want: licseal.ReasonExpired},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			keys := trusted
			if test.trusted != nil {
				keys = test.trusted
			}
			clock := at("2026-11-21")
			if test.at != "" {
				clock.set(test.at)
			}
			opts := entitle.Options{Clock: clock.now, Issuer: test.issuer, MayBeMissing: true}
			judged := &verify.Options{Clock: clock.now, Issuer: test.issuer, Fields: schema.Entitlement()}
			if test.revoked != "" {
				list := list(t, 1, test.revoked)
				opts.Revocations = entitle.Text(list)
				var err error
				if judged.Revocations, err = revoke.Verify(list, keys); err != nil {
					t.Fatal(err)
				}
			}
			_, err := verify.License(test.document, keys, judged)
			if got := verify.ReasonOf(err); got != test.want || (err == nil) != (got == "") {
				t.Errorf("verify: %q, want %q (%v)", got, test.want, err)
			}

			g, err := entitle.Open(t.Context(), entitle.Text(test.document), keys, &opts)
			var state entitle.State
			if err == nil {
				state = g.Status().State
				g.Close()
			}
			if got := reasonOf(t, err, state); got != test.want {
				t.Errorf("Open: %q, want %q (%v)", got, test.want, err)
			}

			dir := t.TempDir()
			if g, err = entitle.Open(t.Context(), entitle.NewFolder(dir), keys, &opts); err != nil {
				t.Fatal(err)
			}
			defer g.Close()
			err = g.Install(t.Context(), "{"+string(test.document[1:]))
			if got := reasonOf(t, err, entitle.Missing); got != test.want {
				t.Errorf("Install: %q, want %q (%v)", got, test.want, err)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "*")); (len(left) == 0) != (test.want != "") {
				t.Errorf("the folder has %v", left)
			}
		})
	}
}

// A licence that is not valid yet is suspended when its key is no longer trusted, and
// stays so when its time comes.
func TestTrustLostBeforeCreation(t *testing.T) {
	keys := []licseal.TrustedKey{{Key: vendorKey.Public(), Principals: []string{"licences@vendor.example"}}}
	c := at("2025-11-21")
	g, err := entitle.OpenStill(entitle.Text(signed(t, plan())), keys, &entitle.Options{Clock: c.now, Issuer: "*@vendor.example"})
	if err != nil {
		t.Fatal(err)
	}
	expect := func(want entitle.State) {
		t.Helper()
		g.Tick(t.Context())
		if got := g.Status().State; got != want {
			t.Errorf("the licence is %q, not %q", got, want)
		}
	}
	expect(entitle.NotYetValid)
	g.Trust([]licseal.TrustedKey{{Key: vendorKey.Public(), Principals: []string{"licences@other.example"}}})
	expect(entitle.Suspended)
	c.set("2026-11-21")
	expect(entitle.Suspended)
	g.Trust(keys)
	expect(entitle.Active)
}

// Trusted keys that cannot be used change nothing, and are reported.
func TestTrustUnusable(t *testing.T) {
	g := open(t, entitle.Text(signed(t, plan())), &entitle.Options{Clock: at("2026-11-21").now})
	var key *licseal.TrustedKeyError
	g.Trust([]licseal.TrustedKey{{Key: ed25519.PublicKey("short")}})
	if err := g.Reload(t.Context()); !errors.As(err, &key) || g.Status().State != entitle.Active {
		t.Errorf("a key that is no key: %v, %q", err, g.Status().State)
	}
	g.Trust(nil)
	if err := g.Reload(t.Context()); !errors.Is(err, licseal.ErrNoTrustedKeys) || g.Status().State != entitle.Active {
		t.Errorf("no keys: %v, %q", err, g.Status().State)
	}
	g.Trust(trusted)
	if err := g.Reload(t.Context()); err != nil {
		t.Error(err)
	}
}
