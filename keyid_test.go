package licseal_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
)

func TestKeyID(t *testing.T) {
	ed := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	ec, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	got := []string{licseal.KeyID(ed.Public()), licseal.KeyID(ec.Public()), licseal.KeyID(nil), licseal.KeyID("key"), licseal.KeyID(ed25519.PublicKey("short"))}
	want := []string{"SHA256:fe85JkIjo8VPe+XqXJGH5Mau1EMFdK1OdKvJUFicyA8", "SHA256:YFOSdoomjG1xcemA0K3GSPzvPVj4ITkrIJNQ90HNBQA", "", "", ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// A key of another curve or size, or one that was put together by hand and lacks a
// coordinate, has no name.
func TestNoKeyID(t *testing.T) {
	p256, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), append(make([]byte, 31), 1))
	if err != nil {
		t.Fatal(err)
	}
	good := p256.PublicKey
	if licseal.KeyID(&good) == "" {
		t.Error("a key on P-256 has no name")
	}
	for name, key := range map[string]crypto.PublicKey{
		"nothing": nil, "a nil key": (*ecdsa.PublicKey)(nil), "no coordinates": &ecdsa.PublicKey{Curve: elliptic.P256()},
		"x only":             &ecdsa.PublicKey{Curve: elliptic.P256(), X: good.X},
		"y only":             &ecdsa.PublicKey{Curve: elliptic.P256(), Y: good.Y},
		"no curve":           &ecdsa.PublicKey{X: good.X, Y: good.Y},
		"another curve":      &ecdsa.PublicKey{Curve: elliptic.P384(), X: good.X, Y: good.Y},
		"off the curve":      &ecdsa.PublicKey{Curve: elliptic.P256(), X: good.X, Y: good.X},
		"31 bytes":           ed25519.PublicKey(make([]byte, 31)),
		"33 bytes":           ed25519.PublicKey(make([]byte, 33)),
		"a key by its value": good,
	} {
		if id := licseal.KeyID(key); id != "" {
			t.Errorf("%s is called %s", name, id)
		}
		if _, ok := key.(ecdsa.PublicKey); key != nil && !ok && licseal.CheckTrusted([]licseal.TrustedKey{{Key: key}}) == nil {
			t.Errorf("%s can be trusted", name)
		}
	}
}
