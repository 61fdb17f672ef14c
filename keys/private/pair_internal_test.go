package private

//lint:file-ignore SA1019 keys that somebody has put together by hand

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"math/big"
	"testing"
)

// A key may be given by its value or as a pointer to it, and has both halves.
func TestCheckPair(t *testing.T) {
	ed := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	other := ed25519.NewKeyFromSeed(append(make([]byte, 31), 1))
	mixed := append(append(ed25519.PrivateKey(nil), ed[:32]...), other[32:]...)
	ec, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), append(make([]byte, 31), 1))
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), append(make([]byte, 31), 2))
	if err != nil {
		t.Fatal(err)
	}
	short := ed[:63]
	for name, test := range map[string]struct {
		key any
		ok  bool
	}{
		"Ed25519": {ed, true}, "a pointer to Ed25519": {&ed, true}, "P-256": {ec, true},
		"nothing": {nil, false}, "no Ed25519": {(*ed25519.PrivateKey)(nil), false}, "no P-256": {(*ecdsa.PrivateKey)(nil), false}, "a public key": {ed.Public(), false}, "a text": {"key", false},
		"63 bytes": {short, false}, "a pointer to 63 bytes": {&short, false}, "two halves": {mixed, false}, "a pointer to two halves": {&mixed, false},
		"no scalar":             {&ecdsa.PrivateKey{PublicKey: ec.PublicKey}, false},
		"no public half":        {&ecdsa.PrivateKey{D: ec.D}, false},
		"another public half":   {&ecdsa.PrivateKey{PublicKey: foreign.PublicKey, D: ec.D}, false},
		"a scalar that is 0":    {&ecdsa.PrivateKey{PublicKey: ec.PublicKey, D: new(big.Int)}, false},
		"a scalar as the order": {&ecdsa.PrivateKey{PublicKey: ec.PublicKey, D: elliptic.P256().Params().N}, false},
	} {
		got, err := checkPair(test.key)
		if (err == nil) != test.ok || (got != nil) != test.ok {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		if _, isPointer := got.(*ed25519.PrivateKey); isPointer {
			t.Errorf("%s: a pointer leaves the package", name)
		}
	}
}
