package licseal_test

//lint:file-ignore SA1019 keys that somebody has put together by hand

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"testing"

	"github.com/licseal/licseal"
)

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
