package register_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/register"
	"github.com/licseal/licseal/revoke"
	verifier "github.com/licseal/licseal/verify"
)

// An audit finds a key outside of its window, records that differ from their licences, ids
// that are revoked in one place only, and orders without licences.
func TestAudit(t *testing.T) {
	dir := create(t)
	write(t, dir, func(w *register.Writer) {
		for _, id := range []string{"good", "revoked", "listed", "unpaid"} {
			add(t, w, license(t, id, "2199-01-01"))
		}
		if _, err := w.Add(&register.Addition{
			Kind: register.Issued, License: license(t, "other", "2199-01-01"), Key: "SHA256:other",
			Period: licseal.Period{NotBefore: time.Unix(0, 0), NotAfter: time.Unix(9e9, 0)}, Roles: licseal.Roles{Customer: "/license_key"},
		}); err != nil {
			t.Fatal(err)
		}
		if err := w.Mark(register.Revoked, "revoked", "", fingerprint); err != nil {
			t.Fatal(err)
		}
	})
	list := revoke.New(time.Now(), time.Now().Add(time.Hour))
	if err := list.RevokeLicense("listed", ""); err != nil {
		t.Fatal(err)
	}
	paid, err := register.ReadOrders(strings.NewReader("name, License_Key\nx,good\ny,missing\nz,listed\nz,other\nw,\n"), "license_key")
	if err != nil {
		t.Fatal(err)
	}
	audit := func(trusted licseal.TrustedKey, o *register.AuditOptions) (all []string) {
		t.Helper()
		v, err := verifier.New([]licseal.TrustedKey{trusted}, nil)
		if err != nil {
			t.Fatal(err)
		}
		o.Verifier = v
		err = open(t, dir).Audit(context.Background(), o, time.Now(), func(f register.Finding) {
			all = append(all, fmt.Sprintf("%d %s: %s", f.Number, f.ID, f.Problem))
		})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	key := licseal.TrustedKey{Key: signingKey.Public()}
	want := []string{
		"1 revoked: is revoked here, and is not on the revocation list",
		"2 listed: is on the revocation list, and is not revoked here",
		"4 other: the record has another customer than the licence",
		"4 other: the record has another creation than the licence",
		"4 other: the record has another expiration than the licence",
		"4 other: the record has another key than the licence",
		"-1 missing: is in the orders, and has no living licence",
		"3 unpaid: has a living licence, and is not in the orders",
	}
	if diff := cmp.Diff(want, audit(key, &register.AuditOptions{List: list, Orders: paid})); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	key.ValidAfter = time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)
	got := audit(key, &register.AuditOptions{})
	if len(got) != 5 || !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "0 good: ") }) {
		t.Errorf("a key outside of its window: %q", got)
	}
}
