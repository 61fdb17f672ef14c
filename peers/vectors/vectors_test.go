// Package vectors tries signatures on the edge cases that others have published: the
// fast verifier of many licences beside crypto/ed25519, and P-256.
package vectors

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	// The modules whose vectors are read. That of ed25519vectors is a program,
	// and go.mod names it as a tool.
	_ "github.com/cloudflare/circl/sign/ed25519"
	_ "github.com/oasisprotocol/curve25519-voi/primitives/ed25519"

	"github.com/licseal/licseal/internal/ed25519table"
	"github.com/licseal/licseal/internal/sig"
)

// vector is a key, a message and what may be a signature.
type vector struct {
	public, message, signature []byte
}

// read returns a file in a module, unpacked.
func read(t *testing.T, module, path string) []byte {
	t.Helper()
	output, err := exec.Command("go", "mod", "download", "-json", module).Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := decode[struct{ Dir string }](t, output).Dir
	data, err := os.ReadFile(filepath.Join(dir, path))
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Ext(path) != ".gz" {
		return data
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if data, err = io.ReadAll(z); err != nil {
		t.Fatal(err)
	}
	return data
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func decode[T any](t *testing.T, data []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// parts reads vectors that have the parts of the signature apart, as in
// ed25519vectors.
func parts(t *testing.T, data []byte) (all []vector) {
	for _, v := range decode[[]struct{ A, R, S, M string }](t, data) {
		all = append(all, vector{unhex(t, v.A), []byte(v.M), append(unhex(t, v.R), unhex(t, v.S)...)})
	}
	return all
}

// wycheproof reads a file of Project Wycheproof.
func wycheproof(t *testing.T, data []byte) (all []vector) {
	type key struct{ PK string }
	file := decode[struct {
		TestGroups []struct {
			Key, PublicKey key
			Tests          []struct{ Msg, Sig string }
		}
	}](t, data)
	for _, group := range file.TestGroups {
		for _, test := range group.Tests {
			all = append(all, vector{unhex(t, group.Key.PK+group.PublicKey.PK), unhex(t, test.Msg), unhex(t, test.Sig)})
		}
	}
	return all
}

// speccheck reads the cases of "Taming the many EdDSAs".
func speccheck(t *testing.T, data []byte) (all []vector) {
	type test struct {
		Message   string `json:"message"`
		PublicKey string `json:"pub_key"`
		Signature string `json:"signature"`
	}
	for _, v := range decode[[]test](t, data) {
		all = append(all, vector{unhex(t, v.PublicKey), unhex(t, v.Message), unhex(t, v.Signature)})
	}
	return all
}

// zip215 reads the cases of Zcash's ZIP 215, which all sign one message: pairs of a
// key and a signature.
func zip215(t *testing.T, data []byte) (all []vector) {
	for _, v := range decode[[][2]string](t, data) {
		all = append(all, vector{unhex(t, v[0]), []byte("Zcash"), unhex(t, v[1])})
	}
	return all
}

// signInput reads sign.input, and adds what is near each of its signatures.
func signInput(t *testing.T, data []byte) (all []vector) {
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), ":")
		v := vector{unhex(t, fields[1]), unhex(t, fields[2]), unhex(t, fields[3])[:ed25519.SignatureSize]}
		near := vector{v.public, v.message, bytes.Clone(v.signature)}
		near.signature[len(all)%64] ^= 1 << (len(all) % 8)
		all = append(all, v, near)
	}
	return all
}

// The verdict on every vector is that of crypto/ed25519, by itself and in a batch.
func TestVectors(t *testing.T) {
	const mostlyHarmless, voi, circl = "filippo.io/mostly-harmless/ed25519vectors", "github.com/oasisprotocol/curve25519-voi", "github.com/cloudflare/circl"
	for _, file := range []struct {
		module, path string
		parse        func(*testing.T, []byte) []vector
		least        int
	}{
		{mostlyHarmless, "ed25519vectors.json", parts, 768},
		{voi, "primitives/ed25519/testdata/ed25519vectors.json.gz", parts, 768},
		{voi, "primitives/ed25519/testdata/eddsa_test.json.gz", wycheproof, 140},
		{voi, "primitives/ed25519/testdata/speccheck_cases.json.gz", speccheck, 12},
		{voi, "primitives/ed25519/testdata/zip215.json.gz", zip215, 196},
		{voi, "primitives/ed25519/testdata/sign.input.gz", signInput, 256},
		{circl, "sign/ed25519/testdata/wycheproof_Ed25519.json.gz", wycheproof, 140},
		{circl, "sign/ed25519/testdata/sign.input.txt.gz", signInput, 2000},
	} {
		t.Run(filepath.Base(file.module)+"/"+filepath.Base(file.path), func(t *testing.T) {
			all := file.parse(t, read(t, file.module, file.path))
			byKey := make(map[string][]sig.Signed)
			accepted := 0
			for _, v := range all {
				if len(v.public) != ed25519.PublicKeySize {
					t.Fatalf("a key of %d bytes", len(v.public))
				}
				if ed25519.Verify(v.public, v.message, v.signature) {
					accepted++
				}
				if len(v.signature) != sig.Size {
					if ed25519table.New(v.public).Verify(v.message, v.signature) {
						t.Errorf("a signature of %d bytes is accepted", len(v.signature))
					}
					continue
				}
				byKey[string(v.public)] = append(byKey[string(v.public)], sig.Signed{Message: v.message, Signature: [sig.Size]byte(v.signature)})
			}
			for public, signatures := range byKey {
				key := ed25519table.New(ed25519.PublicKey(public))
				key.VerifyAll(signatures)
				for _, s := range signatures {
					want := ed25519.Verify(ed25519.PublicKey(public), s.Message, s.Signature[:])
					if s.OK != want || key.Verify(s.Message, s.Signature[:]) != want {
						t.Errorf("crypto/ed25519 says %v: key %x, message %x, signature %x", want, public, s.Message, s.Signature)
					}
				}
			}
			t.Logf("%d vectors, %d keys, %d accepted", len(all), len(byKey), accepted)
			if len(all) < file.least || accepted == 0 {
				t.Errorf("only %d vectors, %d accepted", len(all), accepted)
			}
		})
	}
}
