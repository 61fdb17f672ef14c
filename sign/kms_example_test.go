package sign_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/sign"
	"github.com/licseal/licseal/verify"
)

// kmsSigner is a P-256 key in a key management service, such as one of AWS with the
// specification ECC_NIST_P256, or of Google Cloud with EC_SIGN_P256_SHA256.
type kmsSigner struct {
	public *ecdsa.PublicKey

	// sign calls the service: AWS's Sign with the message type DIGEST and the algorithm
	// ECDSA_SHA_256, or Google Cloud's AsymmetricSign. Both return ASN.1 DER.
	sign func(digest []byte) (der []byte, err error)
}

func (s kmsSigner) Public() crypto.PublicKey { return s.public }

func (s kmsSigner) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if opts.HashFunc() != crypto.SHA256 {
		return nil, errors.New("this key signs SHA-256 digests only")
	}
	return s.sign(digest)
}

// A licence is signed by a key in a key management service.
func ExampleLicense_keyManagementService() {
	inService, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader) // takes the place of the service
	if err != nil {
		fmt.Println(err)
		return
	}
	key := kmsSigner{&inService.PublicKey, func(digest []byte) ([]byte, error) {
		return inService.Sign(rand.Reader, digest, crypto.SHA256)
	}}
	payload, err := licseal.ParsePayload([]byte(`{"license_creation_date": "2026-01-01", "license_expiration_date": "2999-01-01"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	lic, err := sign.License(payload, key)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = verify.License([]byte(lic.String()), []licseal.TrustedKey{{Key: key.Public()}}, nil)
	fmt.Println(err)
	// Output: <nil>
}

// The guide shows the signer above as it is.
func TestHardwareGuideShowsSigner(t *testing.T) {
	guide, err := os.ReadFile("../docs/hardware-keys.md")
	if err != nil {
		t.Fatal(err)
	}
	this, err := os.ReadFile("kms_example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, _ := strings.Cut(string(guide), "```go\n")
	shown, _, _ = strings.Cut(shown, "```")
	if !strings.Contains(shown, "type kmsSigner") || !strings.Contains(string(this), shown) {
		t.Errorf("the signer of the guide is not that of the example:\n%s", shown)
	}
}
