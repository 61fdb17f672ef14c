package revoke_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/sig"
	"github.com/licseal/licseal/revoke"
)

const day = 24 * time.Hour

// Who may sign a list here: key 1, and key 2 in the first half of the year.
var (
	newYear  = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	midYear  = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	signer1  = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	signer2  = newP256()
	id1, id2 = licseal.KeyID(signer1.Public()), licseal.KeyID(signer2.Public())
	trusted  = []licseal.TrustedKey{
		{Key: signer1.Public(), Name: "one"},
		{Key: signer2.Public(), Name: "two", ValidBefore: midYear},
	}
)

func newP256() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
}

// contents returns a list that revokes keys.
func contents(t testing.TB, generation int64, issued time.Time, keys ...revoke.Key) *revoke.Contents {
	t.Helper()
	c := revoke.New(issued, issued.Add(30*day))
	c.Generation = generation
	for _, key := range keys {
		if err := c.RevokeKey(key); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// seal signs a list after a context line, whatever the list says of its signer.
func seal(t testing.TB, context string, c *revoke.Contents, key crypto.Signer) []byte {
	t.Helper()
	p, err := c.Payload()
	if err != nil {
		t.Fatal(err)
	}
	signature, err := sig.Sign([]byte(context+string(p.Bytes())), key)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Appendf(nil, `{"revocations":{"payload":%s,"signature":"%s","version":"1"}}`, p.Bytes(), signature)
}

func sealed(t testing.TB, c *revoke.Contents, key crypto.Signer) []byte {
	return seal(t, "licseal-revocations-v1\n", c, key)
}

func mustVerify(t testing.TB, text []byte) *revoke.List {
	t.Helper()
	list, err := revoke.Verify(text, trusted)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// reasonOf returns the reason of a list that cannot be used, or "".
func reasonOf(err error) revoke.Reason {
	refused, ok := errors.AsType[*revoke.Error](err)
	if !ok {
		return ""
	}
	return refused.Reason
}

func TestSigner(t *testing.T) {
	early, late := newYear, midYear.Add(day)
	for _, tt := range []struct {
		name string
		list *revoke.Contents
		key  crypto.Signer
		want revoke.Reason // "" for accepted
	}{
		{"Ed25519", contents(t, 1, late), signer1, ""},
		{"P-256, in its window", contents(t, 1, early), signer2, ""},
		{"after its window", contents(t, 1, late), signer2, revoke.Forged},
		{"at the end of its window", contents(t, 1, midYear), signer2, revoke.Forged},
		{"revokes itself", contents(t, 1, late, revoke.Key{ID: id1}), signer1, revoke.SignerRevoked},
		{"revokes itself from its issue", contents(t, 1, late, revoke.Key{ID: id1, From: late}), signer1, revoke.SignerRevoked},
		{"revokes itself from later on", contents(t, 1, late, revoke.Key{ID: id1, From: late.Add(time.Second)}), signer1, ""},
		{"revokes another", contents(t, 1, late, revoke.Key{ID: id2}), signer1, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list, err := revoke.Verify(sealed(t, tt.list, tt.key), trusted)
			switch {
			case reasonOf(err) != tt.want || (err == nil) != (tt.want == "") || (list == nil) != (err != nil):
				t.Errorf("got %v, want %q", err, tt.want)
			case err == nil && licseal.KeyID(list.Signer().Key) != licseal.KeyID(tt.key.Public()):
				t.Errorf("signed by %v", list.Signer())
			}
		})
	}
}

// A list with any bit changed, or with any other signature, is refused.
func TestForgedLists(t *testing.T) {
	c := contents(t, 1, newYear, revoke.Key{ID: id2, Reason: "stolen"})
	if err := c.RevokeLicense("LS-0001", "refunded"); err != nil {
		t.Fatal(err)
	}
	text := sealed(t, c, signer1)
	mustVerify(t, text)
	for i := range len(text) * 8 {
		text[i/8] ^= 1 << (i % 8)
		if list, err := revoke.Verify(text, trusted); err == nil || list != nil {
			t.Errorf("accepted with bit %d of byte %d changed: %s", i%8, i/8, text)
		}
		text[i/8] ^= 1 << (i % 8)
	}
	for _, context := range []string{"", "licseal-revocations-v1\r\n", "licseal-revocations-v2\n"} {
		if _, err := revoke.Verify(seal(t, context, c, signer1), trusted); reasonOf(err) != revoke.Forged {
			t.Errorf("signed after the context %q: %v", context, err)
		}
	}
	if _, err := revoke.Verify(text, nil); !errors.Is(err, licseal.ErrNoTrustedKeys) {
		t.Errorf("without keys: %v", err)
	}
	if _, err := revoke.Verify(text, []licseal.TrustedKey{{Key: "key"}}); !errors.As(err, new(*licseal.TrustedKeyError)) {
		t.Errorf("with a key that verifies nothing: %v", err)
	}
}

func TestCheckFresh(t *testing.T) {
	list := mustVerify(t, sealed(t, contents(t, 1, newYear), signer1)) // good for 30 days
	for _, tt := range []struct {
		at     time.Time
		maxAge time.Duration
		want   revoke.Reason
	}{
		{newYear.Add(30*day - 1), 0, ""},
		{newYear.Add(30 * day), 0, revoke.Stale},
		{newYear.Add(30 * day), 60 * day, revoke.Stale},
		{newYear.Add(day), day, ""},
		{newYear.Add(day + 1), day, revoke.Stale},
		{newYear.Add(-day), time.Second, ""},
		{newYear.Add(2), 1, revoke.Stale},
	} {
		if err := list.CheckFresh(tt.at, tt.maxAge); reasonOf(err) != tt.want || (err == nil) != (tt.want == "") {
			t.Errorf("at %v, max age %v: %v", tt.at, tt.maxAge, err)
		}
	}
}

// What a verifier remembers stops old lists, and a revoked key from clearing itself.
func TestSeen(t *testing.T) {
	list := func(c *revoke.Contents, key crypto.Signer) *revoke.List { return mustVerify(t, sealed(t, c, key)) }
	first := list(contents(t, 5, newYear, revoke.Key{ID: id2}), signer1)
	seen := first.Seen()
	orderly := list(contents(t, 5, newYear, revoke.Key{ID: id2, From: newYear.Add(10 * day)}), signer1).Seen()
	robbed := list(contents(t, 5, newYear), signer2).Seen()
	for _, tt := range []struct {
		name string
		seen revoke.Seen
		list *revoke.List
		want revoke.Reason
	}{
		{"the first", revoke.Seen{}, first, ""},
		{"the same again", seen, first, ""},
		{"the next", seen, list(contents(t, 6, newYear.Add(day)), signer1), ""},
		{"the next of the same second", seen, list(contents(t, 6, newYear), signer1), ""},
		{"one is left out", seen, list(contents(t, 9, newYear.Add(day)), signer1), ""},
		{"an older one", seen, list(contents(t, 4, newYear.Add(day)), signer1), revoke.Replayed},
		{"another of the same generation", seen, list(contents(t, 5, newYear, revoke.Key{ID: id2}), signer1), revoke.Forked},
		{"a later one that is issued earlier", seen, list(contents(t, 6, newYear.Add(-time.Second)), signer1), revoke.Replayed},
		{"cleared by the key that is on it", seen, list(contents(t, 6, newYear.Add(day)), signer2), revoke.SignerRevoked},
		{"cleared by another", seen, list(contents(t, 6, newYear.Add(day)), signer1), ""},
		{"an older one that revokes the signer", robbed, list(contents(t, 1, newYear.Add(day), revoke.Key{ID: id2}), signer1), ""},
		{"another of the same generation that revokes the signer", robbed, list(contents(t, 5, newYear, revoke.Key{ID: id2, From: newYear}), signer1), ""},
		{"an older one that revokes the signer from later on", robbed, list(contents(t, 1, newYear.Add(day), revoke.Key{ID: id2, From: newYear.Add(time.Second)}), signer1), revoke.Replayed},
		{"an older one that revokes the signer, issued earlier", robbed, list(contents(t, 1, newYear.Add(-time.Second), revoke.Key{ID: id2}), signer1), revoke.Replayed},
		{"an older one that revokes the signer, by a revoked key", seen, list(contents(t, 1, newYear.Add(day), revoke.Key{ID: id1}), signer2), revoke.SignerRevoked},
		{"a key that is revoked from later on, before then", orderly, list(contents(t, 6, newYear.Add(9*day)), signer2), ""},
		{"a key that is revoked from later on, from then", orderly, list(contents(t, 6, newYear.Add(10*day)), signer2), revoke.SignerRevoked},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.seen.Check(tt.list)
			if reasonOf(err) != tt.want || (err == nil) != (tt.want == "") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// A list of a revoked key is refused for that, whatever its generation and whenever
// it was issued: the reason must not depend on the second in which a command ran.
func TestRevokedSignerComesFirst(t *testing.T) {
	seen := mustVerify(t, sealed(t, contents(t, 5, newYear, revoke.Key{ID: id2}), signer1)).Seen()
	for generation := range int64(8) {
		for _, issued := range []time.Time{newYear.Add(-time.Second), newYear, newYear.Add(time.Second)} {
			list := mustVerify(t, sealed(t, contents(t, generation+1, issued), signer2))
			if err := seen.Check(list); reasonOf(err) != revoke.SignerRevoked {
				t.Errorf("generation %d, issued %v: %v", generation+1, issued, err)
			}
		}
	}
}

// Sign makes what Verify accepts, and refuses what it would refuse.
func TestSign(t *testing.T) {
	for _, key := range []crypto.Signer{signer1, signer2} {
		doc, err := revoke.Sign(contents(t, 1, newYear), key)
		if err != nil {
			t.Fatal(err)
		}
		mustVerify(t, []byte(doc.String()))
		id := licseal.KeyID(key.Public())
		if _, err := revoke.Sign(contents(t, 1, newYear, revoke.Key{ID: id}), key); reasonOf(err) != revoke.SignerRevoked || !strings.Contains(err.Error(), id) {
			t.Errorf("a list that revokes its own signer is signed: %v", err)
		}
		if _, err := revoke.Sign(contents(t, 1, newYear, revoke.Key{ID: id, From: newYear.Add(time.Second)}), key); err != nil {
			t.Errorf("a list that revokes its signer from later on: %v", err)
		}
	}
	if _, err := revoke.Sign(contents(t, 1, newYear), nil); err == nil {
		t.Error("signed without a key")
	}
}

// A list that was issued before its key was trusted is refused, and one that was issued
// at that instant is not.
func TestWindowBegins(t *testing.T) {
	late := []licseal.TrustedKey{{Key: signer1.Public(), ValidAfter: midYear}}
	for issued, want := range map[time.Time]revoke.Reason{midYear.Add(-time.Second): revoke.Forged, midYear: ""} {
		if _, err := revoke.Verify(sealed(t, contents(t, 1, issued), signer1), late); reasonOf(err) != want || (err == nil) != (want == "") {
			t.Errorf("issued %v: %v", issued, err)
		}
	}
	// A key may be listed for several times.
	both := append([]licseal.TrustedKey{{Key: signer1.Public(), ValidBefore: newYear}}, late...)
	if _, err := revoke.Verify(sealed(t, contents(t, 1, midYear), signer1), both); err != nil {
		t.Errorf("in the second window: %v", err)
	}
}

// Two lists of one generation are merged into one of the next.
func TestForkedNamesTheNextGeneration(t *testing.T) {
	seen := mustVerify(t, sealed(t, contents(t, 5, newYear), signer1)).Seen()
	fork := mustVerify(t, sealed(t, contents(t, 5, newYear, revoke.Key{ID: id2}), signer1))
	if err := seen.Check(fork); err == nil || !strings.HasSuffix(err.Error(), "merge the two into one of generation 6") {
		t.Errorf("got %v", err)
	}
}
