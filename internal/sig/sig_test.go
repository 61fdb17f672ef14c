package sig

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/hex"
	"math/big"
	"strings"
	"testing"
)

// A low s is at most half of the order of the curve.
func TestHalfOrder(t *testing.T) {
	n := elliptic.P256().Params().N
	half := new(big.Int).Rsh(new(big.Int).Sub(n, big.NewInt(1)), 1)
	if got := new(big.Int).SetBytes([]byte(halfOrder)); got.Cmp(half) != 0 {
		t.Errorf("got %x, want %x", got, half)
	}
	for s, want := range map[string]bool{half.Text(16): false, new(big.Int).Add(half, big.NewInt(1)).Text(16): true} {
		digits := strings.Repeat("0", 64) + strings.Repeat("0", 64-len(s)) + s
		signature, ok := Decode(digits)
		if got := isHigh(signature[:]); !ok || got != want {
			t.Errorf("s = %s: high is %v, want %v", s, got, want)
		}
	}
}

// Decode takes 128 lower-case hex digits and nothing else.
func TestDecode(t *testing.T) {
	good := strings.Repeat("0123456789abcdef", 8)
	want, err := hex.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := Decode(good); !ok || string(got[:]) != string(want) {
		t.Errorf("%s: got %x, %v", good, got, ok)
	}
	for _, bad := range []string{"", good[1:], good + "0", strings.ToUpper(good), "g" + good[1:], good[:127] + "/", good[:127] + ":", good[:127] + "`"} {
		if got, ok := Decode(bad); ok || got != [Size]byte{} {
			t.Errorf("%q: got %x, %v", bad, got, ok)
		}
	}
}

// A signature holds for its message, its key and its bytes only.
func TestSignAndVerify(t *testing.T) {
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]crypto.Signer{"Ed25519": ed25519.NewKeyFromSeed(make([]byte, 32)), "P-256": p256} {
		for range 20 { // half of all s are high
			digits, err := Sign([]byte("message"), key)
			if err != nil {
				t.Fatal(err)
			}
			signature, ok := Decode(digits)
			if !ok || !Verify(key.Public(), []byte("message"), signature[:]) || HasHighS(key.Public(), []byte("message"), signature[:]) {
				t.Fatalf("%s: %s does not verify", name, digits)
			}
			signature[9] ^= 1
			if Verify(key.Public(), []byte("message"), signature[:]) {
				t.Fatalf("%s: a changed signature verifies", name)
			}
			signature[9] ^= 1
			if Verify(key.Public(), []byte("massage"), signature[:]) || Verify(key.Public(), []byte("message"), signature[:63]) {
				t.Fatalf("%s: another message, or a short signature, verifies", name)
			}
		}
	}
}

// (r, n−s) verifies too, and is told apart.
func TestHighS(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	digits, err := Sign([]byte("message"), key)
	if err != nil {
		t.Fatal(err)
	}
	signature, _ := Decode(digits)
	s := new(big.Int).SetBytes(signature[32:])
	s.Sub(elliptic.P256().Params().N, s).FillBytes(signature[32:])
	if Verify(key.Public(), []byte("message"), signature[:]) || !HasHighS(key.Public(), []byte("message"), signature[:]) {
		t.Error("a high s is accepted, or not recognized")
	}
}
