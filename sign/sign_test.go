package sign_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"io"
	"math/big"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/sign"
	"github.com/licseal/licseal/verify"
)

const payloadText = `{"admin_seats":"5","customer":"Example Company, Inc","dataplanes":"2","license_creation_date":"2026-01-01","license_expiration_date":"2027-01-01","license_key":"LS-0001","product_subscription":"Konnect Enterprise","support_plan":"None"}`

func payload(tb testing.TB) licseal.Payload {
	tb.Helper()
	p, err := licseal.ParsePayload([]byte(payloadText))
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func ed25519Key() ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
}

func p256Key(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{1}, 32))
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// A signer is a crypto.Signer such as an agent or a token may be: good, or not.
type signer struct {
	public crypto.PublicKey
	sign   func(message []byte, opts crypto.SignerOpts) ([]byte, error)
}

func (s signer) Public() crypto.PublicKey { return s.public }

func (s signer) Sign(_ io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	return s.sign(message, opts)
}

// verified checks that package verify accepts a licence of the test payload.
func verified(t *testing.T, lic *licseal.License, public crypto.PublicKey) {
	t.Helper()
	trusted := []licseal.TrustedKey{{Key: public}}
	_, err := verify.License([]byte(lic.String()), trusted, &verify.Options{At: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Errorf("%v: %s", err, lic)
	}
}

func TestLicense(t *testing.T) {
	p256 := p256Key(t)
	agent := signer{ed25519Key().Public(), func(message []byte, opts crypto.SignerOpts) ([]byte, error) {
		if opts.HashFunc() != 0 {
			t.Errorf("an Ed25519 signer is asked for %v", opts.HashFunc())
		}
		return ed25519.Sign(ed25519Key(), message), nil
	}}
	token := signer{p256.Public(), func(digest []byte, opts crypto.SignerOpts) ([]byte, error) {
		if want := sha256.Sum256([]byte(payloadText)); opts.HashFunc() != crypto.SHA256 || !bytes.Equal(digest, want[:]) {
			t.Errorf("a P-256 signer is asked for %v of %x", opts.HashFunc(), digest)
		}
		return p256.Sign(rand.Reader, digest, opts)
	}}
	for name, key := range map[string]crypto.Signer{"Ed25519": ed25519Key(), "Ed25519 agent": agent, "P-256": p256, "P-256 token": token} {
		t.Run(name, func(t *testing.T) {
			lic, err := sign.License(payload(t), key)
			if err != nil {
				t.Fatal(err)
			}
			if !lic.Payload.Equal(payload(t)) || lic.Version != licseal.Version1 || len(lic.Signature) != 128 {
				t.Errorf("got %s", lic)
			}
			verified(t, lic, key.Public())
		})
	}
}

func TestEd25519IsDeterministic(t *testing.T) {
	first, err := sign.License(payload(t), ed25519Key())
	if err != nil {
		t.Fatal(err)
	}
	if want := hex.EncodeToString(ed25519.Sign(ed25519Key(), []byte(payloadText))); first.Signature != want {
		t.Errorf("got %s, want %s", first.Signature, want)
	}
}

// Whichever of the two s a signer returns, the low one is written.
func TestHighS(t *testing.T) {
	key := p256Key(t)
	half := new(big.Int).Rsh(key.Params().N, 1)
	for _, high := range []bool{false, true} {
		asked := signer{key.Public(), func(digest []byte, opts crypto.SignerOpts) ([]byte, error) {
			der, err := key.Sign(rand.Reader, digest, opts)
			if err != nil {
				return nil, err
			}
			var rs struct{ R, S *big.Int }
			if _, err := asn1.Unmarshal(der, &rs); err != nil {
				return nil, err
			}
			if (rs.S.Cmp(half) > 0) != high {
				rs.S.Sub(key.Params().N, rs.S)
			}
			return asn1.Marshal(rs)
		}}
		lic, err := sign.License(payload(t), asked)
		if err != nil {
			t.Fatal(err)
		}
		s, _ := new(big.Int).SetString(lic.Signature[64:], 16)
		if s.Cmp(half) > 0 {
			t.Errorf("a high s was written: %s", lic.Signature)
		}
		verified(t, lic, key.Public())
	}
}

// A signer that does not return a signature by its own public key makes no licence.
func TestBadSigners(t *testing.T) {
	p256, other := p256Key(t), ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, 32))
	returns := func(public crypto.PublicKey, signature []byte) signer {
		return signer{public, func([]byte, crypto.SignerOpts) ([]byte, error) { return signature, nil }}
	}
	otherP256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	const wrong = "the signer returned a signature that does not verify with its own public key"
	for name, key := range map[string]crypto.Signer{
		"Ed25519, nothing":           returns(ed25519Key().Public(), nil),
		"Ed25519, 64 zero bytes":     returns(ed25519Key().Public(), make([]byte, 64)),
		"Ed25519, too long":          returns(ed25519Key().Public(), append(ed25519.Sign(ed25519Key(), []byte(payloadText)), 0)),
		"Ed25519, by another key":    returns(ed25519Key().Public(), ed25519.Sign(other, []byte(payloadText))),
		"Ed25519, of something else": returns(ed25519Key().Public(), ed25519.Sign(ed25519Key(), []byte("{}"))),
		"P-256, nothing":             returns(p256.Public(), nil),
		"P-256, garbage":             returns(p256.Public(), []byte("garbage")),
		"P-256, zero":                returns(p256.Public(), []byte{0x30, 6, 2, 1, 0, 2, 1, 0}),
		"P-256, huge":                returns(p256.Public(), append([]byte{0x30, 0x45, 2, 0x40}, bytes.Repeat([]byte{0x7f}, 0x43)...)),
		"P-256, by another key":      signer{p256.Public(), func(d []byte, o crypto.SignerOpts) ([]byte, error) { return otherP256.Sign(rand.Reader, d, o) }},
		"P-256, trailing bytes": signer{p256.Public(), func(d []byte, o crypto.SignerOpts) ([]byte, error) {
			der, err := p256.Sign(rand.Reader, d, o)
			return append(der, 0), err
		}},
		"P-256, r and s instead of DER": returns(p256.Public(), make([]byte, 64)),
	} {
		t.Run(name, func(t *testing.T) {
			lic, err := sign.License(payload(t), key)
			if err == nil || err.Error() != wrong || lic != nil {
				t.Errorf("got %v, %v", lic, err)
			}
		})
	}
}

func TestSignerFails(t *testing.T) {
	locked := errors.New("the token is locked")
	for name, public := range map[string]crypto.PublicKey{"Ed25519": ed25519Key().Public(), "P-256": p256Key(t).Public()} {
		lic, err := sign.License(payload(t), signer{public, func([]byte, crypto.SignerOpts) ([]byte, error) { return nil, locked }})
		if lic != nil || !errors.Is(err, locked) || err.Error() != "signing: the token is locked" {
			t.Errorf("%s: got %v, %v", name, lic, err)
		}
	}
}

func TestUnsupportedKeys(t *testing.T) {
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	with := func(public crypto.PublicKey) signer {
		return signer{public, func([]byte, crypto.SignerOpts) ([]byte, error) {
			t.Error("the key was used")
			return nil, nil
		}}
	}
	const length = "the Ed25519 key has the wrong length: a private key has 64 bytes (seed and public key), a public key 32"
	const notAPoint = "the ECDSA key is not a point on P-256"
	tests := []struct {
		name string
		key  crypto.Signer
		want string
	}{
		{"none", nil, "no signing key was given"},
		{"a nil ECDSA key", (*ecdsa.PrivateKey)(nil), "no signing key was given"},
		{"no public key", with(nil), "no signing key was given"},
		{"a nil Ed25519 key", ed25519.PrivateKey(nil), length},
		{"a seed", ed25519.PrivateKey(make([]byte, 32)), length},
		{"a short public key", with(ed25519.PublicKey(make([]byte, 31))), length},
		{"RSA", rsaKey, "a key of type *rsa.PublicKey cannot sign licences; use an Ed25519 key, or ECDSA on P-256"},
		{"P-384", p384, "an ECDSA key on P-384 cannot sign licences; use an Ed25519 key, or ECDSA on P-256"},
		{"a nil ECDSA public key", with((*ecdsa.PublicKey)(nil)), "a key of type *ecdsa.PublicKey cannot sign licences; use an Ed25519 key, or ECDSA on P-256"},
		{"an empty ECDSA key", &ecdsa.PrivateKey{}, "a key of type *ecdsa.PublicKey cannot sign licences; use an Ed25519 key, or ECDSA on P-256"},
		{"no point", with(&ecdsa.PublicKey{Curve: elliptic.P256()}), notAPoint},
		//lint:ignore SA1019 only by hand can such a key be made
		{"off the curve", with(&ecdsa.PublicKey{Curve: elliptic.P256(), X: big.NewInt(1), Y: big.NewInt(1)}), notAPoint},
		{"a key by value", with(p256Key(t).PublicKey), "a key of type ecdsa.PublicKey cannot sign licences; use an Ed25519 key, or ECDSA on P-256"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lic, err := sign.License(payload(t), tt.key)
			if _, ok := errors.AsType[*sign.KeyError](err); !ok || lic != nil {
				t.Fatalf("got %v, %v, want a KeyError", lic, err)
			}
			if err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
}
