package entitle_test

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/sign"
)

// An older licence with the same id does not come back once a newer one was in force.
func TestOlderLicense(t *testing.T) {
	newKey := ed25519.NewKeyFromSeed([]byte("another key, 32 bytes of seed it"))
	both := append([]licseal.TrustedKey{{Key: newKey.Public(), Name: "new"}}, trusted...)
	older := signed(t, plan().limit("requests", 5000))
	newer := signedWith(t, newKey, plan().with("created", "2026-06-01T00:00:00.000Z"))
	early := signedWith(t, newKey, plan().with("created", "2026-12-01T00:00:00.000Z"))
	list := func(revoked bool) []byte {
		contents := revoke.New(instant("2026-11-20"), instant("2027-11-20"))
		if revoked {
			if err := contents.RevokeKey(revoke.Key{ID: licseal.KeyID(newKey.Public()), Reason: "stolen"}); err != nil {
				t.Fatal(err)
			}
		}
		signed, err := revoke.Sign(contents, vendorKey)
		if err != nil {
			t.Fatal(err)
		}
		return []byte(signed.String())
	}
	for _, test := range []struct {
		name        string
		first, then []byte
		opts        entitle.Options
		keys        []licseal.TrustedKey // after it
		refused     bool
	}{
		{name: "an older one", first: newer, then: older, refused: true},
		{name: "the same", first: newer, then: newer},
		{name: "a newer one", first: older, then: newer},
		{name: "an older one that is allowed", first: newer, then: older, opts: entitle.Options{AllowOlder: true}},
		{name: "another id", first: newer, then: signed(t, plan().with("id", "A-2"))},
		{name: "after one that was delivered early", first: early, then: older},
		{name: "after one whose key was revoked", first: newer, then: older, opts: entitle.Options{Revocations: entitle.Text(list(true))}},
		{name: "with a list that revokes nothing", first: newer, then: older, opts: entitle.Options{Revocations: entitle.Text(list(false))}, refused: true},
		{name: "after one whose key is not trusted any longer", first: newer, then: older, keys: trusted},
	} {
		t.Run(test.name, func(t *testing.T) {
			store, c := entitle.NewMemory(), at("2026-11-21")
			g, err := entitle.Open(t.Context(), entitle.Text(test.first), both, &entitle.Options{Store: store, Clock: c.now})
			if err != nil {
				t.Fatal(err)
			}
			g.Close()
			opts := test.opts
			opts.Store, opts.Clock = store, c.now
			keys := both
			if test.keys != nil {
				keys = test.keys
			}
			g, err = entitle.Open(t.Context(), entitle.Text(test.then), keys, &opts)
			if err == nil {
				defer g.Close()
			}
			if isOlder := errors.As(err, new(*entitle.OlderError)); isOlder != test.refused || err != nil && !isOlder {
				t.Errorf("%v", err)
			}
		})
	}
}

// Neither does it while the product runs, by its file or by the API.
func TestOlderLicenseWhileRunning(t *testing.T) {
	older, newer := signed(t, plan().limit("requests", 5000)), signed(t, plan().with("created", "2026-06-01T00:00:00.000Z"))
	path := filepath.Join(t.TempDir(), "licence.json")
	put(t, path, older)
	g := open(t, entitle.File(path), &entitle.Options{Clock: at("2026-11-21").now})
	put(t, path, newer)
	g.Tick(t.Context())
	put(t, path, older)
	g.Tick(t.Context())
	if err := g.Status().LoadErr; !errors.As(err, new(*entitle.OlderError)) || g.Limits()[0].Max != 900 {
		t.Errorf("%v, and the limit is %d", err, g.Limits()[0].Max)
	}
	dir := t.TempDir()
	folder := open(t, entitle.NewFolder(dir), &entitle.Options{Clock: at("2026-11-21").now, MayBeMissing: true})
	if err := folder.Install(t.Context(), string(newer)); err != nil {
		t.Fatal(err)
	}
	if err := folder.Install(t.Context(), string(older)); !errors.As(err, new(*entitle.OlderError)) {
		t.Errorf("it was installed: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "older.json"), older, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := folder.Install(t.Context(), "K-1"); !errors.As(err, new(*entitle.OlderError)) {
		t.Errorf("it was installed by its key: %v", err)
	}
}

// signedWith is signed, with another key.
func signedWith(t testing.TB, key ed25519.PrivateKey, payload any) []byte {
	t.Helper()
	text, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	p, err := licseal.ParsePayload(text)
	if err != nil {
		t.Fatal(err)
	}
	lic, err := sign.License(p, key)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(lic.String())
}
