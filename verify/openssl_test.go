package verify_test

import (
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/sign"
	"github.com/licseal/licseal/verify"
)

// opensslDir is a folder in which OpenSSL works.
type opensslDir struct {
	*testing.T
	dir string
}

func newOpenSSL(t *testing.T) opensslDir {
	t.Helper()
	testenv.Programs(t, "openssl")
	return opensslDir{t, t.TempDir()}
}

func (o opensslDir) write(name string, data []byte) {
	o.Helper()
	if err := os.WriteFile(filepath.Join(o.dir, name), data, 0o600); err != nil {
		o.Fatal(err)
	}
}

func (o opensslDir) read(name string) []byte {
	o.Helper()
	data, err := os.ReadFile(filepath.Join(o.dir, name))
	if err != nil {
		o.Fatal(err)
	}
	return data
}

// try runs a program in the folder and returns what it printed.
func (o opensslDir) try(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = o.dir
	output, err := cmd.CombinedOutput()
	return string(output), err
}

func (o opensslDir) run(name string, args ...string) {
	o.Helper()
	if output, err := o.try(name, args...); err != nil {
		o.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, output)
	}
}

func (o opensslDir) writePublicKey(public crypto.PublicKey) {
	o.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		o.Fatal(err)
	}
	o.write("public.pem", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func mustSign(t *testing.T, key crypto.Signer) *licseal.License {
	t.Helper()
	payload, err := licseal.ParsePayload([]byte(kongPayload))
	if err != nil {
		t.Fatal(err)
	}
	lic, err := sign.License(payload, key)
	if err != nil {
		t.Fatal(err)
	}
	return lic
}

// specCommands returns the shell commands of SPEC.md's section on OpenSSL: to
// take a licence apart, and to verify it with a key of either kind.
func specCommands(t *testing.T) (apart, ed25519, p256 string) {
	t.Helper()
	spec, err := os.ReadFile("../SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(spec), "\n## 7. Checking a licence with OpenSSL alone\n")
	section, _, _ = strings.Cut(section, "\n## ")
	blocks := strings.Split(section, "```sh\n")
	if !ok || len(blocks) != 4 {
		t.Fatalf("SPEC.md has %d shell blocks in its section on OpenSSL, want 3", len(blocks)-1)
	}
	for i, block := range blocks {
		blocks[i], _, _ = strings.Cut(block, "```")
	}
	return blocks[1], blocks[2], blocks[3]
}

// OpenSSL verifies what we sign, with the commands that SPEC.md prints, and
// refuses it when it is changed.
func TestOpenSSLVerifiesOurs(t *testing.T) {
	apart, withEd25519, withP256 := specCommands(t)
	for _, tt := range []struct {
		name, commands string
		key            crypto.Signer
	}{
		{"Ed25519", apart + withEd25519, ed25519Key(seed1)},
		{"P-256", apart + withP256, p256Key(seed1)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOpenSSL(t)
			o.writePublicKey(tt.key.Public())
			lic := mustSign(t, tt.key)
			integer := *lic
			integer.Version = licseal.Version1Integer
			for _, text := range []string{lic.String(), lic.String() + "\n", integer.String()} {
				o.write("license.json", []byte(text))
				output, err := o.try("sh", "-e", "-c", tt.commands)
				if err != nil || !strings.Contains(output, "Verified") {
					t.Errorf("%v: %s\nof %s", err, output, text)
				}
				if got := string(o.read("payload.json")); got != kongPayload {
					t.Errorf("the payload is %s", got)
				}
			}
			for _, text := range []string{
				strings.Replace(lic.String(), `"admin_seats":"5"`, `"admin_seats":"6"`, 1),
				strings.Replace(lic.String(), lic.Signature, lic.Signature[64:]+lic.Signature[:64], 1),
			} {
				o.write("license.json", []byte(text))
				if output, err := o.try("sh", "-e", "-c", tt.commands); err == nil {
					t.Errorf("OpenSSL verified %s: %s", text, output)
				}
			}
		})
	}
}

// The plain way: canonical bytes, raw signature, PEM key.
func TestOpenSSLVerifiesRawSignature(t *testing.T) {
	o := newOpenSSL(t)
	lic := mustSign(t, ed25519Key(seed1))
	signature, err := hex.DecodeString(lic.Signature)
	if err != nil {
		t.Fatal(err)
	}
	o.writePublicKey(ed25519Key(seed1).Public())
	o.write("payload", lic.Payload.Bytes())
	o.write("signature", signature)
	o.run("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "public.pem", "-rawin", "-in", "payload", "-sigfile", "signature")

	lic = mustSign(t, p256Key(seed1))
	if signature, err = hex.DecodeString(lic.Signature); err != nil {
		t.Fatal(err)
	}
	o.writePublicKey(p256Key(seed1).Public())
	o.write("signature", derOf(signature))
	o.run("openssl", "dgst", "-sha256", "-verify", "public.pem", "-signature", "signature", "payload")
}

// readPublicKey reads the public half of the key that OpenSSL made.
func (o opensslDir) readPublicKey() crypto.PublicKey {
	o.Helper()
	o.run("openssl", "pkey", "-in", "key.pem", "-pubout", "-out", "public.pem")
	block, _ := pem.Decode(o.read("public.pem"))
	if block == nil {
		o.Fatal("public.pem is no PEM")
	}
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		o.Fatal(err)
	}
	return public
}

func TestWeVerifyOpenSSLs(t *testing.T) {
	opts := &verify.Options{At: midYear}
	around := func(signature []byte) []byte {
		return []byte(`{"license":{"payload":` + kongPayload + `,"signature":"` + hex.EncodeToString(signature) + `","version":"1"}}`)
	}
	t.Run("Ed25519", func(t *testing.T) {
		o := newOpenSSL(t)
		o.write("payload", []byte(kongPayload))
		o.run("openssl", "genpkey", "-algorithm", "ed25519", "-out", "key.pem")
		o.run("openssl", "pkeyutl", "-sign", "-inkey", "key.pem", "-rawin", "-in", "payload", "-out", "signature")
		if _, err := verify.License(around(o.read("signature")), trustAll(o.readPublicKey()), opts); err != nil {
			t.Error(err)
		}
	})
	t.Run("P-256", func(t *testing.T) {
		o := newOpenSSL(t)
		o.write("payload", []byte(kongPayload))
		o.run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "key.pem")
		trusted := trustAll(o.readPublicKey())
		// OpenSSL returns a high s or a low one by chance: wait for both.
		seen := map[bool]bool{}
		for range 100 {
			o.run("openssl", "dgst", "-sha256", "-sign", "key.pem", "-out", "signature", "payload")
			low, high, wasHigh := bothForms(t, o.read("signature"))
			if _, err := verify.License(around(low), trusted, opts); err != nil {
				t.Error(err)
			}
			_, err := verify.License(around(high), trusted, opts)
			if got := classOf(nil, err); got != "signature" {
				t.Errorf("a high s: got %s", got)
			}
			if seen[wasHigh] = true; len(seen) == 2 {
				return
			}
		}
		t.Errorf("OpenSSL made no signature of one of the kinds in 100: %v", seen)
	})
}

// bothForms returns r‖s with the low and with the high s, and whether the DER had the high one.
func bothForms(t *testing.T, der []byte) (low, high []byte, wasHigh bool) {
	t.Helper()
	var rs struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &rs); err != nil {
		t.Fatal(err)
	}
	order := p256Key(seed1).Params().N
	other := new(big.Int).Sub(order, rs.S)
	r := rs.R.FillBytes(make([]byte, 32))
	asItCame := slices.Concat(r, rs.S.FillBytes(make([]byte, 32)))
	turned := slices.Concat(r, other.FillBytes(make([]byte, 32)))
	if rs.S.Cmp(other) > 0 {
		return turned, asItCame, true
	}
	return asItCame, turned, false
}
