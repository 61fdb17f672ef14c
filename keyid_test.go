package licseal_test

import (
	"bytes"
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
