package private_test

import (
	"crypto"
	"fmt"
	"log"
	"os"

	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/keys/private"
)

// pkcs8 is the secret key of RFC 8032, section 7.1, TEST 1, which everybody knows,
// as openssl genpkey would write it.
const pkcs8 = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
`

func ExampleParse() {
	key, err := private.Parse("vendor.pem", []byte(pkcs8), nil)
	if err != nil {
		log.Fatal(err)
	}
	line, err := keys.MarshalPublic(key.Public(), "issuing 2026")
	if err != nil {
		log.Fatal(err)
	}
	os.Stdout.Write(line)
	// Output:
	// ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea issuing 2026
}

func ExampleMarshal() {
	key, err := private.Generate(private.Ed25519)
	if err != nil {
		log.Fatal(err)
	}
	file, err := private.Marshal(key, "issuing 2026", []byte("correct horse battery staple"))
	if err != nil {
		log.Fatal(err)
	}

	ask := func() ([]byte, error) { return []byte("correct horse battery staple"), nil }
	again, err := private.Parse("vendor.key", file, ask)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(again.(interface{ Equal(crypto.PrivateKey) bool }).Equal(key))

	_, err = private.Parse("vendor.key", file, nil)
	fmt.Println(err)
	// Output:
	// true
	// vendor.key: passphrase required
}
