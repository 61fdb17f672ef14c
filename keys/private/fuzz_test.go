package private_test

import (
	"crypto"
	"errors"
	"testing"

	"github.com/licseal/licseal/keys/internal/keytest"
	"github.com/licseal/licseal/keys/private"
)

// A key that Parse accepts is written, and reads as the same key again.
func FuzzParse(f *testing.F) {
	for _, key := range []crypto.Signer{keytest.EdKey(1), keytest.ECKey(1)} {
		plain, err := private.MarshalUnencrypted(key, "a comment")
		if err != nil {
			f.Fatal(err)
		}
		encrypted, err := private.Marshal(key, "", []byte(passphrase))
		if err != nil {
			f.Fatal(err)
		}
		file := keytest.WriteFile(f, plain)
		f.Add(plain)
		f.Add(encrypted)
		f.Add([]byte(keytest.PublicPEM(f, key.Public())))
		f.Add([]byte(keytest.Program(f, "ssh-keygen", "-y", "-f", file)))
	}
	f.Add([]byte(keytest.Program(f, "openssl", "genpkey", "-algorithm", "ed25519")))
	f.Add([]byte(keytest.Program(f, "openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")))
	f.Add([]byte(keytest.Program(f, "openssl", "ecparam", "-genkey", "-name", "prime256v1")))
	noPassphrase := func() ([]byte, error) { return nil, errors.New("nobody here") } // bcrypt would take all the time

	f.Fuzz(func(t *testing.T, data []byte) {
		key, err := private.Parse("", data, noPassphrase)
		if err != nil {
			return
		}
		again, err := private.MarshalUnencrypted(key, "")
		if err != nil {
			t.Fatal(err)
		}
		checkReadsBack(t, key, again)
	})
}
