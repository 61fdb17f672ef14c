// Package secretforms has the forms in which people have secrets in files, for tests
// that no output shows what is in a file that was given by mistake.
package secretforms

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal/keys/private"
)

// File is a file that may be given by mistake.
type File struct {
	Text   []byte
	secret []byte // what of it must not be shown
}

// IsJSON reports whether the file can be the document that a command is to print.
func (f File) IsJSON() bool { return bytes.HasPrefix(f.Text, []byte("{")) }

// All returns files with the forms of secret that people have.
func All(t *testing.T) map[string]File {
	t.Helper()
	sum := sha256.Sum256([]byte("a seed that no other file of the test has"))
	seed := sum[:]
	key := ed25519.NewKeyFromSeed(seed)
	scalar, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), seed)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err1 := x509.MarshalPKCS8PrivateKey(key)
	ecPKCS8, err2 := x509.MarshalPKCS8PrivateKey(scalar)
	sec1, err3 := x509.MarshalECPrivateKey(scalar)
	openSSH, err4 := private.MarshalUnencrypted(key, "a comment")
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(openSSH)
	pemOf := func(pemType string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der}))
	}
	b64, wire := base64.StdEncoding.EncodeToString, base64.StdEncoding.EncodeToString(block.Bytes)
	const words = "Zx9#kQ2 vW7!pL4-mT8~rB3"
	utf16 := []byte("\xff\xfe")
	for _, c := range openSSH {
		utf16 = append(utf16, c, 0)
	}
	files := map[string]File{}
	of := func(secret []byte, texts map[string]string) {
		for name, text := range texts {
			files[name] = File{[]byte(text), secret}
		}
	}
	of(seed, map[string]string{
		"raw seed":                      string(seed),
		"seed in hex":                   hex.EncodeToString(seed) + "\n",
		"seed in upper-case hex":        strings.ToUpper(hex.EncodeToString(seed)),
		"seed in hex with colons":       strings.TrimSuffix(strings.ReplaceAll(fmt.Sprintf("% x", seed), " ", ":"), ":"),
		"seed in base64":                b64(seed) + "\n",
		"seed in base64url":             base64.RawURLEncoding.EncodeToString(seed),
		"OpenSSH":                       string(openSSH),
		"OpenSSH, no armour":            wire + "\n",
		"OpenSSH, cut short":            string(openSSH[:len(openSSH)-40]),
		"OpenSSH, no BEGIN":             string(openSSH[36:]),
		"OpenSSH, damaged":              strings.Replace(string(openSSH), "b3Bl", "b3Bm", 1),
		"OpenSSH, one line":             strings.ReplaceAll(string(openSSH), "\n", " ") + "x",
		"OpenSSH, \\n":                  strings.ReplaceAll(string(openSSH), "\n", `\n`) + "x",
		"OpenSSH, UTF-16":               string(utf16),
		"OpenSSH, byte order mark":      "\uFEFF" + string(openSSH),
		"OpenSSH as a public line":      "ssh-ed25519 " + wire + " a comment\n",
		"OpenSSH after principals":      "anna ssh-ed25519 " + wire + "\n",
		"OpenSSH as an option":          `anna ` + wire + ` ssh-ed25519 AAAA` + "\n",
		"OpenSSH as principals":         wire + ` namespaces="licseal" ssh-ed25519 AAAA` + "\n",
		"OpenSSH in quotes":             `"` + wire + `" ssh-ed25519 AAAA` + "\n",
		"OpenSSH as a time":             `a valid-before="` + wire + `" ssh-ed25519 AAAA` + "\n",
		"OpenSSH as a public PEM":       pemOf("PUBLIC KEY", block.Bytes),
		"PKCS#8":                        pemOf("PRIVATE KEY", pkcs8),
		"PKCS#8, DER":                   string(pkcs8),
		"PKCS#8, no armour":             b64(pkcs8),
		"PKCS#8, in a type":             "-----BEGIN " + b64(pkcs8) + "-----\nAAAA\n-----END " + b64(pkcs8) + "-----\n",
		"PKCS#8, in a header":           "-----BEGIN PRIVATE KEY-----\n" + b64(pkcs8) + ": x\n\nAAAA\n-----END PRIVATE KEY-----\n",
		"PKCS#8, P-256":                 pemOf("PRIVATE KEY", ecPKCS8),
		"PKCS#8, P-256, no armour":      b64(ecPKCS8),
		"SEC 1":                         pemOf("EC PRIVATE KEY", sec1),
		"SEC 1, no armour":              b64(sec1) + "\n",
		"SEC 1, DER":                    string(sec1),
		"age":                           "# created: 2026-01-01T00:00:00Z\n# public key: age1x\nAGE-SECRET-KEY-1" + strings.ToUpper(hex.EncodeToString(seed)) + "\n",
		"PuTTY":                         "PuTTY-User-Key-File-3: ssh-ed25519\r\nEncryption: none\r\nComment: a\r\nPublic-Lines: 1\r\nAAAA\r\nPrivate-Lines: 1\r\n" + b64(seed) + "\r\nPrivate-MAC: 00\r\n",
		"PGP":                           "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n" + b64(pkcs8) + "\n=AAAA\n-----END PGP PRIVATE KEY BLOCK-----\n",
		"minisign":                      "untrusted comment: minisign encrypted secret key\n" + b64(pkcs8) + "\n",
		"JWK":                           `{"kty":"OKP","crv":"Ed25519","d":"` + base64.RawURLEncoding.EncodeToString(seed) + `"}`,
		"JSON string":                   `"` + b64(seed) + `"`,
		"JSON list":                     `["` + b64(seed) + `"]`,
		"JSON, cut short":               `{"d":"` + b64(seed),
		"YAML":                          "key: " + b64(seed) + "\n",
		"YAML list":                     "- " + b64(seed) + "\n- : " + hex.EncodeToString(seed) + "\n",
		"Secret":                        "apiVersion: v1\nkind: Secret\nmetadata: {name: kong-enterprise-license}\ndata:\n  license: " + b64([]byte(openSSH)) + "\n",
		"dotenv":                        "KONG_LICENSE_DATA='" + b64(seed) + "'\n",
		"CSV":                           "name,key\nanna," + b64(seed) + "\n",
		"CSV header":                    b64(seed) + "," + hex.EncodeToString(seed) + "\nx,y,z\n",
		"CSV header as JSON":            b64(seed) + ":\nx\n",
		"API key like a key type":       "sk-" + base64.RawURLEncoding.EncodeToString(seed) + " AAAA\n",
		"API key before a key":          "sk-" + base64.RawURLEncoding.EncodeToString(seed) + " ssh-ed25519 AAAA\n",
		"bearer token":                  "Bearer eyJhbGciOiJFZERTQSJ9." + base64.RawURLEncoding.EncodeToString(seed) + "." + base64.RawURLEncoding.EncodeToString(seed) + "\n",
		"token in an HTTP header":       "Kong-Admin-Token: " + hex.EncodeToString(seed) + "\r\nx: y\n",
		"seed with a control character": b64(seed) + "\x1b\x00\n",
	})
	of([]byte(words), map[string]string{
		"passphrase":               words + "\n",
		"passphrase, no newline":   words,
		"passphrase, CRLF":         "\r\n" + words + "\r\n",
		"passphrase in JSON":       `{"password":"` + words + `"}`,
		"passphrase in YAML":       "password: '" + words + "'\nuser: anna\n",
		"passphrase as an anchor":  "*" + words + "\n",
		"passphrase as a YAML key": words + ": x\n" + words + ": y\n",
		"netrc":                    "machine example.com login anna password " + words + "\n",
	})
	return files
}

// Needles returns every text by which an output shows six bytes of the secret: as they
// are, in hex or in base64.
func (f File) Needles() []string {
	secret := f.secret
	const size = 6
	found := map[string]bool{}
	add := func(text string, size int) {
		for i := 0; i+size <= len(text); i++ {
			found[text[i:i+size]] = true
		}
	}
	add(string(secret), size)
	add(hex.EncodeToString(secret), 2*size)
	add(strings.ToUpper(hex.EncodeToString(secret)), 2*size)
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 { // bytes before the secret shift its base64
			text := encoding.EncodeToString(append(make([]byte, before), secret...))
			add(text[(before*8+5)/6:(before+len(secret))*8/6], size*8/6)
		}
	}
	all := make([]string, 0, len(found))
	for needle := range found {
		all = append(all, needle)
	}
	return all
}

// Certificate returns a certificate and its private key, as PEM: what is given in the
// place of other files, so that the one with the secret is read.
func Certificate(t *testing.T) (certificate, key string) {
	t.Helper()
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().AddDate(1, 0, 0), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(nil, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	text := func(pemType string, data []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: data}))
	}
	return text("CERTIFICATE", der), text("PRIVATE KEY", pkcs8)
}
