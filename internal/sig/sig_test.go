package sig

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"io"
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

// A key that was put together by hand is refused before it is used.
func TestUsable(t *testing.T) {
	good, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := good.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	x, y := new(big.Int).SetBytes(point[1:33]), new(big.Int).SetBytes(point[33:])
	byHand := func(curve elliptic.Curve, x, y *big.Int) *ecdsa.PublicKey {
		key := &ecdsa.PublicKey{Curve: curve}
		//lint:ignore SA1019 such keys can be made, and are refused
		key.X, key.Y = x, y
		return key
	}
	for name, test := range map[string]struct {
		key  crypto.PublicKey
		want bool
	}{
		"good":          {good.Public(), true},
		"no key":        {(*ecdsa.PublicKey)(nil), false},
		"P-384":         {other.Public(), false},
		"no curve":      {byHand(nil, x, y), false},
		"no x":          {byHand(elliptic.P256(), nil, y), false},
		"no y":          {byHand(elliptic.P256(), x, nil), false},
		"off the curve": {byHand(elliptic.P256(), x, new(big.Int).Add(y, big.NewInt(1))), false},
		"short":         {make(ed25519.PublicKey, 31), false},
		"long":          {make(ed25519.PublicKey, 33), false},
	} {
		if got := Usable(test.key); got != test.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

// agent is a signer that returns what it likes.
type agent struct {
	public crypto.PublicKey
	der    []byte
}

func (a agent) Public() crypto.PublicKey { return a.public }

func (a agent) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return a.der, nil }

// What a signer returns is refused if either half is no half of a signature.
func TestWrongSignatures(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	one, large := big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), 256)
	for _, rs := range [][2]*big.Int{{big.NewInt(0), one}, {one, big.NewInt(0)}, {big.NewInt(-1), one}, {one, big.NewInt(-1)}, {large, one}, {one, large}, {one, one}} {
		der, err := asn1.Marshal(struct{ R, S *big.Int }{rs[0], rs[1]})
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range [][]byte{der, append(der, 0), nil} {
			if got, err := Sign([]byte("message"), agent{key.Public(), text}); got != "" || !errors.Is(err, errWrongSignature) {
				t.Errorf("%x: got %s, %v", text, got, err)
			}
		}
	}
	digest := sha256.Sum256([]byte("message"))
	der, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Sign([]byte("message"), agent{key.Public(), der}); err != nil {
		t.Error(err)
	}
	if _, err := Sign([]byte("message"), agent{key.Public(), append(der, 0)}); !errors.Is(err, errWrongSignature) {
		t.Errorf("with a byte after it: %v", err)
	}
}

// Keys of other kinds, and signatures of other lengths, verify nothing.
func TestOtherKeysVerifyNothing(t *testing.T) {
	ed := ed25519.NewKeyFromSeed(make([]byte, 32))
	digits, err := Sign([]byte("message"), ed)
	if err != nil {
		t.Fatal(err)
	}
	signature, _ := Decode(digits)
	for _, key := range []crypto.PublicKey{nil, "key", ed, []byte(ed.Public().(ed25519.PublicKey))} {
		if Usable(key) || Verify(key, []byte("message"), signature[:]) || HasHighS(key, []byte("message"), signature[:]) {
			t.Errorf("a key of the type %T verifies", key)
		}
	}
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if HasHighS(ed.Public(), []byte("message"), signature[:]) {
		t.Error("a signature of Ed25519 has a high s")
	}
	for _, n := range []int{0, 63, 65} {
		other := make([]byte, n)
		copy(other, signature[:])
		for _, key := range []crypto.PublicKey{ed.Public(), p256.Public()} {
			if Verify(key, []byte("message"), other) || HasHighS(key, []byte("message"), other) {
				t.Errorf("%d bytes are a signature", n)
			}
		}
	}
}
