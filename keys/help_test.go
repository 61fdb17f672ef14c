package keys_test

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
	"github.com/licseal/licseal/internal/needs"
	"github.com/licseal/licseal/keys"
)

var algorithms = []keys.Algorithm{keys.Ed25519, keys.ECDSAP256}

const passphrase = "correct horse"

func ask() ([]byte, error) { return []byte(passphrase), nil }

// edKey and ecKey return fixed keys, a different one for each n from 1.
func edKey(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

func ecKey(n byte) *ecdsa.PrivateKey {
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{n}, 32))
	if err != nil {
		panic(err)
	}
	return key
}

func pemText(pemType string, data []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: data}))
}

func pemBytes(t *testing.T, text []byte) []byte {
	t.Helper()
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatalf("no PEM block in %q", text)
	}
	return block.Bytes
}

func publicLine(t testing.TB, pub crypto.PublicKey, comment string) string {
	t.Helper()
	line, err := keys.MarshalPublic(pub, comment)
	if err != nil {
		t.Fatal(err)
	}
	return string(line)
}

func publicPEM(t testing.TB, pub crypto.PublicKey) string {
	t.Helper()
	text, err := keys.MarshalPublicPEM(pub)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// program runs a program that these tests require and returns its standard output.
func program(t testing.TB, name string, args ...string) string {
	t.Helper()
	needs.Programs(t, name)
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, &stderr)
	}
	return stdout.String()
}

func writeFile(t testing.TB, data []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// checkSigns signs with key and verifies with its public half.
func checkSigns(t *testing.T, key crypto.Signer) {
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

func neverAsk(t *testing.T) func() ([]byte, error) {
	return func() ([]byte, error) {
		t.Error("asked for a passphrase")
		return nil, nil
	}
}

func checkReadsBack(t *testing.T, want crypto.Signer, file []byte) {
	t.Helper()
	key, err := keys.ParsePrivate("key", file, ask)
	if err != nil {
		t.Error(err)
		return
	}
	if !key.(interface{ Equal(crypto.PrivateKey) bool }).Equal(want) {
		t.Error("another key came back")
	}
}

func checkSame(t *testing.T, want, got string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func message(err error) string {
	if err == nil {
		return "accepted"
	}
	return err.Error()
}

func otherCurve(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func rsaKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
