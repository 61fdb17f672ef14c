package keys_test

import (
	"fmt"
	"log"
	"os"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/keys"
)

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
		fmt.Println(licseal.KeyID(key.Key), key.Name)
	}

	_, err = keys.ParseTrusted("trusted.keys", []byte("# nobody yet\n"))
	fmt.Println(err)
	// Output:
	// SHA256:bbXpuKG6zhzdmnxq256TlqzFBzRl2f6OOg722cYNbU8 issuing 2026
	// SHA256:YFOSdoomjG1xcemA0K3GSPzvPVj4ITkrIJNQ90HNBQA issuing 2025
	// trusted.keys: no key in this file: expected at least one OpenSSH public key line or PEM public key
}

func ExampleMarshalPublicPEM() {
	trusted, err := keys.ParseTrusted("vendor.key.pub", []byte("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea\n"))
	if err != nil {
		log.Fatal(err)
	}
	text, err := keys.MarshalPublicPEM(trusted[0].Key)
	if err != nil {
		log.Fatal(err)
	}
	os.Stdout.Write(text)
	// Output:
	// -----BEGIN PUBLIC KEY-----
	// MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
	// -----END PUBLIC KEY-----
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
	if err := file.Retire(newYear, nil, licseal.KeyID(old.Key)); err != nil {
		log.Fatal(err)
	}
	os.Stdout.Write(file.Bytes())
	// Output:
	// # who may issue licences
	// licences@vendor.example valid-before="20270101Z" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea issuing 2026
}
