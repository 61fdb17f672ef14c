package keys_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/keys/internal/keytest"
	"golang.org/x/crypto/ssh"
)

// smallOrder is every encoding that decodes to one of the eight points whose order
// divides 8, less the sign bit, which may be set or not.
var smallOrder = map[string]string{
	"order 1":          "0100000000000000000000000000000000000000000000000000000000000000",
	"order 2":          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"order 4":          "0000000000000000000000000000000000000000000000000000000000000000",
	"order 8":          "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"order 8, other y": "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"order 4 as p":     "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"order 1 as p+1":   "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
}

func TestSmallOrder(t *testing.T) {
	for name, text := range smallOrder {
		for _, sign := range []byte{0, 0x80} {
			point, err := hex.DecodeString(text)
			if err != nil {
				t.Fatal(err)
			}
			point[31] |= sign
			want := "t:1: key is a point of small order: an Ed25519 signature under it proves nothing"
			if strings.Contains(name, " as ") {
				want = "t:1: key is damaged: not the canonical form of an Ed25519 public key"
			}
			pub, err := ssh.NewPublicKey(ed25519.PublicKey(point))
			if err != nil {
				t.Fatal(err)
			}
			_, err = keys.ParseTrusted("t", ssh.MarshalAuthorizedKey(pub))
			keytest.CheckSame(t, want, keytest.Message(err))
			der, err := x509.MarshalPKIXPublicKey(ed25519.PublicKey(point))
			if err != nil {
				t.Fatal(err)
			}
			_, err = keys.ParseTrusted("t", []byte(keytest.PEM("PUBLIC KEY", der)))
			keytest.CheckSame(t, want, keytest.Message(err))
			_, err = keys.MarshalPublic(ed25519.PublicKey(point), "")
			keytest.CheckSame(t, strings.TrimPrefix(want, "t:1: "), keytest.Message(err))
		}
	}
}

// The danger is real: under the point of order 1, which crypto/ed25519 takes, one
// signature fits every message.
func TestSmallOrderForgery(t *testing.T) {
	identity := append([]byte{1}, make([]byte, 31)...)
	signature := append(bytes.Clone(identity), make([]byte, 32)...)
	for _, text := range []string{"any", "message", `{"admin_seats":"1000000"}`} {
		if !ed25519.Verify(identity, []byte(text), signature) {
			t.Errorf("crypto/ed25519 refuses the forgery of %s: is the check still needed?", text)
		}
	}
}

// Of the 19 encodings of numbers from p on, each a second name for a point, none is
// taken.
func TestNotCanonical(t *testing.T) {
	for low := 0xed; low <= 0xff; low++ {
		point := bytes.Repeat([]byte{0xff}, 32)
		point[0], point[31] = byte(low), 0x7f
		_, err := keys.MarshalPublic(ed25519.PublicKey(point), "")
		keytest.CheckSame(t, "key is damaged: not the canonical form of an Ed25519 public key", keytest.Message(err))
	}
}

// Whether 32 bytes are a point is what crypto/ed25519 says.
func TestOnCurve(t *testing.T) {
	random := rand.NewChaCha8([32]byte{1})
	count := map[bool]int{}
	for range 200 {
		point := make([]byte, 32)
		_, _ = random.Read(point)
		want := decodes(t, point)
		_, err := keys.MarshalPublic(ed25519.PublicKey(point), "")
		if got := err == nil; got != want {
			t.Errorf("%x: taken is %v, want %v", point, got, want)
		}
		count[want]++
	}
	if count[true] < 50 || count[false] < 50 {
		t.Errorf("points and others are %v: wanted about half each", count)
	}
}

// decodes reports whether crypto/ed25519 takes the bytes for a public key. It tells
// by the error for a signature that is wrong in any case.
func decodes(t *testing.T, point []byte) bool {
	t.Helper()
	err := ed25519.VerifyWithOptions(point, nil, make([]byte, 64), &ed25519.Options{})
	if err == nil {
		err = errors.New("accepted")
	}
	switch err.Error() {
	case "ed25519: bad public key":
		return false
	case "ed25519: invalid signature":
		return true
	}
	t.Fatalf("unexpected answer: %v", err)
	return false
}
