package private_test

import (
	"crypto"
	"testing"

	"github.com/licseal/licseal/keys/private"
)

const passphrase = "correct horse"

var algorithms = []private.Algorithm{private.Ed25519, private.ECDSAP256}

func ask() ([]byte, error) { return []byte(passphrase), nil }

func neverAsk(t *testing.T) func() ([]byte, error) {
	return func() ([]byte, error) {
		t.Error("asked for a passphrase")
		return nil, nil
	}
}

func checkReadsBack(t *testing.T, want crypto.Signer, file []byte) {
	t.Helper()
	key, err := private.Parse("key", file, ask)
	if err != nil {
		t.Error(err)
		return
	}
	if !key.(interface{ Equal(crypto.PrivateKey) bool }).Equal(want) {
		t.Error("another key came back")
	}
}
