package verify_test

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"slices"
	"testing"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/verify"
)

// What verifies in place of crypto/ed25519 is asked about exactly what is signed,
// for each Ed25519 key in turn, and its verdict is taken.
func TestOptionsEd25519(t *testing.T) {
	text := signed(sealEd25519(seed1), kongPayload).file()
	lic, err := licseal.ParseUnverified([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	type question struct {
		key                byte // the first byte
		message, signature string
	}
	ask := func(seed byte) question {
		return question{ed25519Key(seed).Public().(ed25519.PublicKey)[0], string(lic.Payload.Bytes()), lic.Signature}
	}
	trusted := slices.Concat(trust(ed25519Key(seed2).Public()), trust(p256Key(seed1).Public()), trusted1)
	for _, tt := range []struct {
		name   string
		answer func(ed25519.PublicKey, []byte, []byte) bool
		signer int // in trusted, or −1
		want   []question
	}{
		{"the same", ed25519.Verify, 2, []question{ask(seed2), ask(seed1)}},
		{"never", func(ed25519.PublicKey, []byte, []byte) bool { return false }, -1, []question{ask(seed2), ask(seed1)}},
		{"always", func(ed25519.PublicKey, []byte, []byte) bool { return true }, 0, []question{ask(seed2)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []question
			opts := &verify.Options{Time: midYear, Ed25519: func(public ed25519.PublicKey, message, signature []byte) bool {
				got = append(got, question{public[0], string(message), hex.EncodeToString(signature)})
				return tt.answer(public, message, signature)
			}}
			result, err := verify.License([]byte(text), trusted, opts)
			if _, refused := errors.AsType[*verify.SignatureError](err); refused != (tt.signer < 0) {
				t.Errorf("got %v", err)
			}
			if result != nil && !trusted[tt.signer].Key.(ed25519.PublicKey).Equal(result.Key.Key) {
				t.Errorf("signed by %s", licseal.KeyID(result.Key.Key))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("asked %q, want %q", got, tt.want)
			}
		})
	}
}

// A licence that was parsed before is judged as its text is.
func TestParsed(t *testing.T) {
	for name, kind := range kinds() {
		lic, err := licseal.ParseUnverified([]byte(kind.text))
		if err != nil {
			t.Fatal(err)
		}
		if result, err := verify.Parsed(lic, kind.trusted, &verify.Options{Time: midYear}); err != nil || result.License != lic {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := verify.Parsed(lic, nil, nil); !errors.Is(err, verify.ErrNoTrustedKeys) {
			t.Errorf("%s: with no keys: %v", name, err)
		}
		lic.Signature = signed(sealEd25519(seed2), kongPayload).hex()
		if _, err := verify.Parsed(lic, kind.trusted, &verify.Options{Time: midYear}); !isSignatureError(err) {
			t.Errorf("%s: another's signature: %v", name, err)
		}
	}
}
