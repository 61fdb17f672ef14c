package pubkey_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"reflect"
	"testing"

	"github.com/licseal/licseal/internal/pubkey"
)

// Public keys are written and read as crypto/x509 does, and nothing is read that it
// refuses.
func TestSPKIAgreesWithX509(t *testing.T) {
	edPublic, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, public := range []any{edPublic, &p256.PublicKey} {
		der, err := x509.MarshalPKIXPublicKey(public)
		if err != nil {
			t.Fatal(err)
		}
		written, err := pubkey.MarshalPEM(public)
		if err != nil {
			t.Fatal(err)
		}
		if block, _ := pem.Decode(written); !bytes.Equal(block.Bytes, der) {
			t.Errorf("written as %x, by crypto/x509 as %x", block.Bytes, der)
		}
		if got, err := pubkey.ParseSPKI(der); err != nil || !reflect.DeepEqual(got, public) {
			t.Errorf("read as %v, %v", got, err)
		}
		for at := range der {
			for _, bit := range []byte{1, 2, 4, 8, 16, 32, 64, 128} {
				changed := bytes.Clone(der)
				changed[at] ^= bit
				got, err := pubkey.ParseSPKI(changed)
				want, wantErr := x509.ParsePKIXPublicKey(changed)
				if err == nil && (wantErr != nil || !reflect.DeepEqual(got, want)) {
					t.Errorf("%x is read as %v, by crypto/x509 as %v, %v", changed, got, want, wantErr)
				}
			}
			if _, err := pubkey.ParseSPKI(der[:at]); err == nil {
				t.Errorf("the first %d bytes are a key", at)
			}
		}
	}
}
