package register_test

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/testenv"
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
		if err := w.Mark(register.Mark{Kind: register.Revoked, ID: "revoked", Key: fingerprint}); err != nil {
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

// An audit finds signing keys that are revoked in the register and not on the list, and
// living licences of keys that are on it.
func TestAuditKeys(t *testing.T) {
	dir := create(t)
	lost, found := licseal.KeyID(ed25519.NewKeyFromSeed([]byte("a seed that has thirty-two bytes")).Public()), "SHA256:found"
	write(t, dir, func(w *register.Writer) {
		add(t, w, license(t, "alive", "2199-01-01"))
		add(t, w, license(t, "expired", "2021-01-01"))
		for _, m := range []register.Mark{
			{Kind: register.Revoked, SigningKey: lost}, {Kind: register.Revoked, SigningKey: found}, {Kind: register.Restored, SigningKey: found},
			{Kind: register.Revoked, SigningKey: fingerprint},
		} {
			if err := w.Mark(m); err != nil {
				t.Fatal(err)
			}
		}
		for _, m := range []register.Mark{{Kind: register.Revoked}, {Kind: register.Revoked, ID: "a", SigningKey: "SHA256:a"}, {Kind: register.Issued, ID: "a"}} {
			if err := w.Mark(m); err == nil {
				t.Errorf("%+v was recorded", m)
			}
		}
	})
	v, err := verifier.New([]licseal.TrustedKey{{Key: signingKey.Public()}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for from, want := range map[time.Time][]string{
		{}: {
			"0 alive: is alive, and its signing key is on the revocation list",
			"2 " + lost + ": the signing key is revoked here, and is not on the revocation list",
		},
		time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC): {"2 " + lost + ": the signing key is revoked here, and is not on the revocation list"},
	} {
		list := revoke.New(time.Now(), time.Now().Add(time.Hour))
		if err := list.RevokeKey(revoke.Key{ID: fingerprint, From: from}); err != nil {
			t.Fatal(err)
		}
		var got []string
		err := open(t, dir).Audit(context.Background(), &register.AuditOptions{Verifier: v, List: list}, time.Now(), func(f register.Finding) {
			got = append(got, fmt.Sprintf("%d %s: %s", f.Number, f.ID, f.Problem))
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("findings (-want +got):\n%s", diff)
		}
	}
	items, err := open(t, dir).History(found, time.Now())
	if err != nil || len(items) != 2 || items[1].Kind != register.Restored {
		t.Errorf("the history of a key: %v, %v", items, err)
	}
}

// What a killed writer has left is removed by the next one, and nothing else.
func TestLeftFilesAreRemoved(t *testing.T) {
	dir := create(t)
	left, kept := ".checkpoint.ABCDEFGHIJKL.tmp", []string{".checkpoint.tmp", ".checkpoint.ABC.tmp", ".mine.ABCDEFGHIJKL.tmp"}
	for _, name := range append(kept, left) {
		testenv.WriteFile(t, filepath.Join(dir, name), "")
	}
	issue(t, dir, 0, 1)
	for _, name := range append(kept, left) {
		if _, err := os.Stat(filepath.Join(dir, name)); (err != nil) != (name == left) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
