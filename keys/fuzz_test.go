package keys_test

import (
	"crypto"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/keys"
)

// What ParseTrusted accepts, written again line by line, parses to the same keys.
func FuzzParseTrusted(f *testing.F) {
	f.Add([]byte(publicLine(f, edKey(1).Public(), "a name") + "# comment\r\n" + publicPEM(f, ecKey(2).Public())))
	f.Add([]byte(publicLine(f, ecKey(1).Public(), "") + "\t" + publicPEM(f, edKey(2).Public())))
	f.Add([]byte("alice@example.com valid-after=\"20260101\" " + publicLine(f, edKey(1).Public(), "")))
	f.Fuzz(func(t *testing.T, data []byte) {
		want, err := keys.ParseTrusted("", data)
		if err != nil {
			return
		}
		var again []byte
		for _, key := range want {
			again = append(again, publicLine(t, key.Key, key.Name)...)
		}
		got, err := keys.ParseTrusted("", again)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-first +again)\n%s", diff)
		}
	})
}

// A key that ParsePrivate accepts is written, and reads as the same key again.
func FuzzParsePrivate(f *testing.F) {
	for _, key := range []crypto.Signer{edKey(1), ecKey(1)} {
		plain, err := keys.MarshalPrivateUnencrypted(key, "a comment")
		if err != nil {
			f.Fatal(err)
		}
		encrypted, err := keys.MarshalPrivate(key, "", []byte(passphrase))
		if err != nil {
			f.Fatal(err)
		}
		file := writeFile(f, plain)
		f.Add(plain)
		f.Add(encrypted)
		f.Add([]byte(publicPEM(f, key.Public())))
		f.Add([]byte(program(f, "ssh-keygen", "-y", "-f", file)))
	}
	f.Add([]byte(program(f, "openssl", "genpkey", "-algorithm", "ed25519")))
	f.Add([]byte(program(f, "openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")))
	f.Add([]byte(program(f, "openssl", "ecparam", "-genkey", "-name", "prime256v1")))
	noPassphrase := func() ([]byte, error) { return nil, errors.New("nobody here") } // bcrypt would take all the time

	f.Fuzz(func(t *testing.T, data []byte) {
		key, err := keys.ParsePrivate("", data, noPassphrase)
		if err != nil {
			return
		}
		again, err := keys.MarshalPrivateUnencrypted(key, "")
		if err != nil {
			t.Fatal(err)
		}
		checkReadsBack(t, key, again)
	})
}
