// Package keytest has what the tests of packages keys, private and agent share.
package keytest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/keys"
)

// EdKey and ECKey return fixed keys, a different one for each n from 1.
func EdKey(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

func ECKey(n byte) *ecdsa.PrivateKey {
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{n}, 32))
	if err != nil {
		panic(err)
	}
	return key
}

// OtherCurve returns a new key on a curve.
func OtherCurve(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// RSAKey returns a new RSA key.
func RSAKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// PEM returns a PEM block.
func PEM(pemType string, data []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: data}))
}

// PEMBytes returns what the PEM block in a text holds.
func PEMBytes(t testing.TB, text []byte) []byte {
	t.Helper()
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatalf("no PEM block in %q", text)
	}
	return block.Bytes
}

// PublicLine returns the OpenSSH line of a public key.
func PublicLine(t testing.TB, pub crypto.PublicKey, comment string) string {
	t.Helper()
	line, err := keys.MarshalPublic(pub, comment)
	if err != nil {
		t.Fatal(err)
	}
	return string(line)
}

// PublicPEM returns the PEM block of a public key.
func PublicPEM(t testing.TB, pub crypto.PublicKey) string {
	t.Helper()
	text, err := keys.MarshalPublicPEM(pub)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Program runs a program that the tests require and returns its standard output.
func Program(t testing.TB, name string, args ...string) string {
	t.Helper()
	testenv.Programs(t, name)
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, &stderr)
	}
	return stdout.String()
}

// WriteFile writes a new file and returns its name.
func WriteFile(t testing.TB, data []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// ReadFile returns the content of a file.
func ReadFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// CheckSigns signs with key and verifies with its public half.
func CheckSigns(t *testing.T, key crypto.Signer) {
	t.Helper()
	message := []byte(`{"customer":"Example Company, Inc"}`)
	hash := sha256.Sum256(message)
	switch pub := key.Public().(type) {
	case ed25519.PublicKey:
		signature, err := key.Sign(rand.Reader, message, crypto.Hash(0))
		if err != nil || !ed25519.Verify(pub, message, signature) {
			t.Errorf("Ed25519 key does not sign: %v", err)
		}
	case *ecdsa.PublicKey:
		signature, err := key.Sign(rand.Reader, hash[:], crypto.SHA256)
		if err != nil || !ecdsa.VerifyASN1(pub, hash[:], signature) {
			t.Errorf("P-256 key does not sign: %v", err)
		}
	default:
		t.Errorf("public key is a %T", pub)
	}
}

// CheckSame compares two texts.
func CheckSame(t testing.TB, want, got string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// Message returns the text of an error, or "accepted".
func Message(err error) string {
	if err == nil {
		return "accepted"
	}
	return err.Error()
}
