package trust_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/pubkey"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/keys/private"
	"github.com/licseal/licseal/trust"
)

// sshString writes strings as SSH does.
func sshString(parts ...[]byte) (b []byte) {
	for _, part := range parts {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(part))), part...)
	}
	return b
}

// sshParts reads n strings as SSH writes them.
func sshParts(t *testing.T, b []byte, n int) (parts [][]byte) {
	t.Helper()
	for range n {
		if len(b) < 4 || len(b)-4 < int(binary.BigEndian.Uint32(b)) {
			t.Fatalf("not SSH strings: %x", b)
		}
		size := int(binary.BigEndian.Uint32(b))
		parts, b = append(parts, b[4:4+size]), b[4+size:]
	}
	return parts
}

// rawOf returns the 64 bytes of an SSH signature blob.
func rawOf(t *testing.T, blob []byte) []byte {
	t.Helper()
	parts := sshParts(t, blob, 2)
	if string(parts[0]) == "ssh-ed25519" {
		return parts[1]
	}
	raw := make([]byte, 64)
	for i, n := range sshParts(t, parts[1], 2) {
		n = bytes.TrimLeft(n, "\x00")
		copy(raw[32*(i+1)-len(n):], n)
	}
	return raw
}

// blobOf returns 64 bytes as an SSH signature blob.
func blobOf(key crypto.PublicKey, raw []byte) []byte {
	if _, ok := key.(*ecdsa.PublicKey); !ok {
		return sshString([]byte("ssh-ed25519"), raw)
	}
	var numbers [][]byte
	for _, half := range [][]byte{raw[:32], raw[32:]} {
		numbers = append(numbers, append([]byte{0}, half...)) // never negative
	}
	return sshString([]byte("ecdsa-sha2-nistp256"), sshString(numbers...))
}

// A signature under a trust document is none under the same bytes for ssh-keygen -Y
// verify, whatever the namespace; and what ssh-keygen -Y sign makes of the very bytes
// that a root signs is no signature under the document.
func TestSSHSignatures(t *testing.T) {
	testenv.Programs(t, "ssh-keygen")
	for _, kind := range []string{"ed25519", "ecdsa"} {
		t.Run(kind, func(t *testing.T) {
			dir := t.TempDir()
			keyFile, file := filepath.Join(dir, "root"), filepath.Join(dir, "message")
			testenv.Run(t, "ssh-keygen", "-q", "-t", kind, "-b", "256", "-N", "", "-f", keyFile)
			key, err := private.Parse(keyFile, testenv.ReadFile(t, keyFile), nil)
			if err != nil {
				t.Fatal(err)
			}
			d, err := trust.New(&trust.Contents{Generation: 1, Issued: start, Threshold: 1, Roots: []trust.Root{{Key: key.Public()}},
				Keys: []licseal.TrustedKey{{Key: pair(31).signer().Public()}}})
			if err != nil {
				t.Fatal(err)
			}
			signed, err := trust.Sign(nil, d, key)
			if err != nil {
				t.Fatal(err)
			}
			text := signed.String()
			payload, _, _ := strings.Cut(strings.TrimPrefix(text, `{"trust":{"payload":`), `,"signatures":`)
			message := "licseal-trust-v1\n" + payload
			testenv.WriteFile(t, file, message)
			testenv.WriteFile(t, filepath.Join(dir, "signers"), "root "+string(testenv.ReadFile(t, keyFile+".pub")))
			verifies := func(namespace string, armored []byte) error {
				testenv.WriteFile(t, file+".sig", armored)
				c := exec.Command("ssh-keygen", "-Y", "verify", "-f", filepath.Join(dir, "signers"), "-I", "root", "-n", namespace, "-s", file+".sig")
				c.Stdin = strings.NewReader(message)
				return c.Run()
			}
			_, ours, _ := strings.Cut(text, `"signature":"`)
			ours = ours[:128]
			raw, err := hex.DecodeString(ours)
			if err != nil {
				t.Fatal(err)
			}
			_, wire, err := pubkey.Marshal(key.Public())
			if err != nil {
				t.Fatal(err)
			}
			for _, namespace := range []string{"licseal", "licseal-trust-v1", "file"} {
				os.Remove(file + ".sig")
				testenv.Run(t, "ssh-keygen", "-q", "-Y", "sign", "-f", keyFile, "-n", namespace, file)
				theirs := testenv.ReadFile(t, file+".sig")
				if err := verifies(namespace, theirs); err != nil {
					t.Fatalf("ssh-keygen does not take its own signature: %v", err)
				}
				block, _ := pem.Decode(theirs)
				if block == nil {
					t.Fatalf("no armor: %s", theirs)
				}
				blob := sshParts(t, block.Bytes[10:], 5)[4] // after SSHSIG and the version
				forged := strings.Replace(text, ours, hex.EncodeToString(rawOf(t, blob)), 1)
				var refused *trust.Error
				if _, err := trust.Open([]byte(forged), d.Digest()); !errors.As(err, &refused) || refused.Reason != trust.Wrong {
					t.Errorf("%s: a signature of ssh-keygen: %v", namespace, err)
				}
				wrapped := append([]byte("SSHSIG\x00\x00\x00\x01"), sshString(wire, []byte(namespace), nil, []byte("sha512"), blobOf(key.Public(), raw))...)
				if err := verifies(namespace, armor(wrapped)); err == nil {
					t.Errorf("%s: ssh-keygen takes a signature of ours", namespace)
				}
				// The wrapping itself is right: with ssh-keygen's own signature it is taken.
				wrapped = append([]byte("SSHSIG\x00\x00\x00\x01"), sshString(wire, []byte(namespace), nil, []byte("sha512"), blobOf(key.Public(), rawOf(t, blob)))...)
				if err := verifies(namespace, armor(wrapped)); err != nil {
					t.Errorf("%s: the test wraps signatures wrongly: %v", namespace, err)
				}
			}
		})
	}
}

func armor(blob []byte) []byte {
	text := base64.StdEncoding.EncodeToString(blob)
	var b strings.Builder
	b.WriteString("-----BEGIN SSH SIGNATURE-----\n")
	for len(text) > 70 {
		b.WriteString(text[:70] + "\n")
		text = text[70:]
	}
	b.WriteString(text + "\n-----END SSH SIGNATURE-----\n")
	return []byte(b.String())
}
