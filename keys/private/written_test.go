package private_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"encoding/pem"
	"testing"

	"github.com/licseal/licseal/keys/private"
)

// What protects a key file with a passphrase is what ssh-keygen writes: AES-256, and
// bcrypt with a new salt and as many rounds (PROTOCOL.key of OpenSSH).
func TestProtectionOfKeyFiles(t *testing.T) {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	var salts [][]byte
	for range 2 {
		text, err := private.Marshal(key, "vendor", []byte("open sesame"))
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(text)
		rest, ok := bytes.CutPrefix(block.Bytes, []byte("openssh-key-v1\x00"))
		if !ok {
			t.Fatalf("the file begins with %q", block.Bytes[:16])
		}
		next := func() []byte {
			n := binary.BigEndian.Uint32(rest)
			field := rest[4 : 4+n]
			rest = rest[4+n:]
			return field
		}
		if cipher, kdf := string(next()), string(next()); cipher != "aes256-ctr" || kdf != "bcrypt" {
			t.Errorf("encrypted by %s with a key of %s", cipher, kdf)
		}
		rest = next() // the options of the KDF
		salts = append(salts, next())
		if rounds := binary.BigEndian.Uint32(rest); rounds < 16 {
			t.Errorf("%d rounds", rounds)
		}
	}
	if len(salts[0]) < 16 || bytes.Equal(salts[0], salts[1]) {
		t.Errorf("the salts %x and %x", salts[0], salts[1])
	}
}
