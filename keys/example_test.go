package keys_test

import (
	"crypto"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/licseal/licseal/keys"
)

// pkcs8 is the secret key of RFC 8032, section 7.1, TEST 1, which everybody knows,
// as openssl genpkey would write it.
const pkcs8 = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
`

func ExampleParsePrivate() {
	key, err := keys.ParsePrivate("vendor.pem", []byte(pkcs8), nil)
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

func ExampleParseTrusted() {
	file := `# who may issue licences
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea issuing 2026
ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBG/wO5SSQc4drdQ1GeaWDgqFtBppoFwygQOqK84VlMoWPE91OlW/AdxT9sCwx+7ni0DG/30lqW4igrmJzvccFEo= issuing 2025
`
	trusted, err := keys.ParseTrusted("trusted.keys", []byte(file))
	if err != nil {
		log.Fatal(err)
	}
	for _, key := range trusted {
		fmt.Println(keys.ID(key.Key), key.Name)
	}

	_, err = keys.ParseTrusted("trusted.keys", []byte("# nobody yet\n"))
	fmt.Println(err)
	// Output:
	// SHA256:bbXpuKG6zhzdmnxq256TlqzFBzRl2f6OOg722cYNbU8 issuing 2026
	// SHA256:YFOSdoomjG1xcemA0K3GSPzvPVj4ITkrIJNQ90HNBQA issuing 2025
	// trusted.keys: no key in this file: wanted at least one OpenSSH public key line or PEM public key
}

func ExampleMarshalPublicPEM() {
	key, err := keys.ParsePrivate("vendor.pem", []byte(pkcs8), nil)
	if err != nil {
		log.Fatal(err)
	}
	text, err := keys.MarshalPublicPEM(key.Public())
	if err != nil {
		log.Fatal(err)
	}
	os.Stdout.Write(text)
	// Output:
	// -----BEGIN PUBLIC KEY-----
	// MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
	// -----END PUBLIC KEY-----
}

func ExampleMarshalPrivate() {
	key, err := keys.Generate(keys.Ed25519)
	if err != nil {
		log.Fatal(err)
	}
	file, err := keys.MarshalPrivate(key, "issuing 2026", []byte("correct horse battery staple"))
	if err != nil {
		log.Fatal(err)
	}

	ask := func() ([]byte, error) { return []byte("correct horse battery staple"), nil }
	again, err := keys.ParsePrivate("vendor.key", file, ask)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(again.(interface{ Equal(crypto.PrivateKey) bool }).Equal(key))

	_, err = keys.ParsePrivate("vendor.key", file, nil)
	fmt.Println(err)
	// Output:
	// true
	// vendor.key: passphrase required
}

func ExampleTrustedFile() {
	file, err := keys.ParseTrustedFile("trusted.keys", []byte(`# who may issue licences
licences@vendor.example ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea issuing 2026
`))
	if err != nil {
		log.Fatal(err)
	}
	old := file.Entries()[0].Key
	newYear := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := file.Retire(keys.ID(old.Key), newYear, nil); err != nil {
		log.Fatal(err)
	}
	os.Stdout.Write(file.Bytes())
	// Output:
	// # who may issue licences
	// licences@vendor.example valid-before="20270101Z" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea issuing 2026
}
