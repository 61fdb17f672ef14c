package private_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/keys/internal/keytest"
	"github.com/licseal/licseal/keys/private"
	"golang.org/x/crypto/ssh"
)

func TestPassphrase(t *testing.T) {
	file, err := private.Marshal(keytest.EdKey(1), "", []byte(passphrase))
	if err != nil {
		t.Fatal(err)
	}
	cancelled := errors.New("cancelled")
	for _, test := range []struct {
		name       string
		passphrase func() ([]byte, error)
		is         error
		want       string
	}{
		{"nobody to ask", nil, private.ErrPassphraseRequired, "vendor.key: passphrase required"},
		{"wrong", func() ([]byte, error) { return []byte("wrong"), nil }, private.ErrWrongPassphrase, "vendor.key: wrong passphrase"},
		{"empty", func() ([]byte, error) { return nil, nil }, private.ErrWrongPassphrase, "vendor.key: wrong passphrase"},
		{"cancelled", func() ([]byte, error) { return nil, cancelled }, cancelled, "vendor.key: reading the passphrase: cancelled"},
	} {
		t.Run(test.name, func(t *testing.T) {
			key, err := private.Parse("vendor.key", file, test.passphrase)
			keytest.CheckSame(t, test.want, keytest.Message(err))
			if !errors.Is(err, test.is) {
				t.Errorf("error is not %v", test.is)
			}
			if key != nil {
				t.Error("key beside an error")
			}
		})
	}
}

func TestPassphraseIsAskedOnlyWhenNeeded(t *testing.T) {
	file, err := private.MarshalUnencrypted(keytest.EdKey(1), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := private.Parse("key", file, neverAsk(t)); err != nil {
		t.Error(err)
	}
}

func TestEmptyPassphraseNeverWrites(t *testing.T) {
	for _, empty := range [][]byte{nil, {}} {
		file, err := private.Marshal(keytest.EdKey(1), "", empty)
		if err != private.ErrPassphraseRequired || file != nil {
			t.Errorf("MarshalPrivate gave %q, %v", file, err)
		}
	}
}

func TestParsePrivateRefuses(t *testing.T) {
	text := func(key crypto.Signer) string {
		file, err := private.MarshalUnencrypted(key, "")
		if err != nil {
			t.Fatal(err)
		}
		return string(file)
	}
	good := text(keytest.EdKey(1))
	goodBytes := keytest.PEMBytes(t, []byte(good))
	pkcs8, err := x509.MarshalPKCS8PrivateKey(keytest.EdKey(1))
	if err != nil {
		t.Fatal(err)
	}
	// changed returns the OpenSSH file with the first old replaced.
	changed := func(old, new string) string {
		if !bytes.Contains(goodBytes, []byte(old)) || len(old) != len(new) {
			t.Fatalf("cannot replace %q", old)
		}
		return keytest.PEM("OPENSSH PRIVATE KEY", bytes.Replace(goodBytes, []byte(old), []byte(new), 1))
	}
	for _, test := range []struct{ name, file, want string }{
		{"empty", "", "k: empty file: expected a private key"},
		{"blank", " \r\n\n", "k: empty file: expected a private key"},
		{"too large", strings.Repeat("\n", keys.MaxBytes+1), "k: too large for a key file: more than 262144 bytes"},
		{"text", "c2VjcmV0\n", "k:1: not a private key: expected an OpenSSH key, or PKCS#8 or SEC 1 in PEM"},
		{"public line", keytest.PublicLine(t, keytest.EdKey(1).Public(), ""), "k:1: public key: expected the private key, whose file usually has the same name without .pub"},
		{"public PEM", keytest.PublicPEM(t, keytest.EdKey(1).Public()), "k: public key: expected the private key, whose file usually has the same name without .pub"},
		{"PuTTY", "PuTTY-User-Key-File-3: ssh-ed25519\n", "k:1: PuTTY key: puttygen FILE -O private-openssh-new -o NEW converts it to an OpenSSH key"},
		{"other PEM", keytest.PEM("PGP MESSAGE", []byte{0}), `k: PEM block of another type: expected a private key`},
		{"two keys", good + text(keytest.ECKey(1)), "k:8: more than one key in this file: expected one"},
		{"text after", good + "more\n", "k:8: text after the private key: expected the key alone"},
		{"text before", "my key\n" + good, "k:1: not a private key: expected an OpenSSH key, or PKCS#8 or SEC 1 in PEM"},
		{"EC PARAMETERS alone", keytest.PEM("EC PARAMETERS", []byte{0}), `k: PEM block of another type: expected a private key`},
		{"EC PARAMETERS before another key", keytest.PEM("EC PARAMETERS", []byte{0}) + good, "k:4: more than one key in this file: expected one"},
		{"cut short", good[:len(good)/2], "k:1: PEM block has no END line: the file is cut short"},
		{"headers", strings.Replace(good, "KEY-----\n", "KEY-----\nOwner: me\n\n", 1), "k: PEM block has headers: remove them"},

		{"OpenSSH, not openssh-key-v1", changed("openssh-key-v1", "openssh-key-v2"), "k: key is damaged: not in the format openssh-key-v1"},
		{"OpenSSH, bytes after", keytest.PEM("OPENSSH PRIVATE KEY", append(bytes.Clone(goodBytes), 0)), "k: key is damaged: not in the format openssh-key-v1"},
		{"OpenSSH, several", changed("\x00\x00\x00\x01\x00\x00\x00\x33", "\x00\x00\x00\x02\x00\x00\x00\x33"), "k: file holds 2 keys: expected one"},
		{"OpenSSH, cipher but no KDF", protected(t, "aes256-ctr", "none", nil), "k: key is damaged: its passphrase is used in an unknown way, not with bcrypt"},
		{"OpenSSH, unknown KDF", protected(t, "aes256-ctr", "scrypt", ssh.Marshal(rounds{"0123456789abcdef", 16})), "k: key is damaged: its passphrase is used in an unknown way, not with bcrypt"},
		{"OpenSSH, KDF but no cipher", protected(t, "none", "bcrypt", nil), `k: key is encrypted with an unknown cipher: ssh-keygen -p -Z aes256-ctr -f FILE encrypts it again`},
		{"OpenSSH, bytes after the rounds", protected(t, "aes256-ctr", "bcrypt", append(ssh.Marshal(rounds{"0123456789abcdef", 16}), 0)), "k: key is damaged: not in the format openssh-key-v1"},
		{"OpenSSH, no salt", protected(t, "aes256-ctr", "bcrypt", ssh.Marshal(rounds{"", 16})), "k: key is damaged: not in the format openssh-key-v1"},
		{"OpenSSH, no rounds", protected(t, "aes256-ctr", "bcrypt", ssh.Marshal(rounds{"0123456789abcdef", 0})), "k: key is damaged: not in the format openssh-key-v1"},
		{"OpenSSH, salt without rounds", protected(t, "aes256-ctr", "bcrypt", ssh.Marshal(rounds{"0123456789abcdef", 16})[:20]), "k: key is damaged: not in the format openssh-key-v1"},
		{"OpenSSH, costly passphrase", protected(t, "aes256-ctr", "bcrypt", ssh.Marshal(rounds{"0123456789abcdef", 2049})), "k: passphrase takes 2049 rounds, more than the 2048 allowed: ssh-keygen -p -a 16 -f FILE encrypts the key again"},
		{"OpenSSH, public half of another key inside", wrongHalf(t), "k: key is damaged: its public half does not belong to its private half"},
		{"OpenSSH, public half of another key outside", changed(string(keytest.EdKey(1)[32:]), string(keytest.EdKey(2)[32:])), "k: key is damaged: its public half does not belong to its private half"},

		{"PKCS#8, not DER", keytest.PEM("PRIVATE KEY", pkcs8[:20]), "k: key is damaged: its PEM block does not hold a key of its type"},
		{"PKCS#8, bytes after", keytest.PEM("PRIVATE KEY", append(bytes.Clone(pkcs8), 0)), "k: key is damaged: bytes after its end"},
		{"PKCS#8, Ed25519, public half of another key", pkcs8WithPublic(t, pkcs8, keytest.EdKey(2)), "k: key is damaged: its public half does not belong to its private half"},
		{"PKCS#8, P-256, public half of another key", mixPoints(t, x509.MarshalPKCS8PrivateKey, "PRIVATE KEY"), "k: key is damaged: its public half does not belong to its private half"},
		{"SEC 1, public half of another key", mixPoints(t, func(key any) ([]byte, error) { return x509.MarshalECPrivateKey(key.(*ecdsa.PrivateKey)) }, "EC PRIVATE KEY"), "k: key is damaged: its public half does not belong to its private half"},
	} {
		t.Run(test.name, func(t *testing.T) {
			key, err := private.Parse("k", []byte(test.file), neverAsk(t))
			keytest.CheckSame(t, test.want, keytest.Message(err))
			if key != nil {
				t.Error("key beside an error")
			}
		})
	}
}

// A PKCS#8 file that states its public half (RFC 5958) is read when it is right.
func TestStatedPublicHalf(t *testing.T) {
	pkcs8, err := x509.MarshalPKCS8PrivateKey(keytest.EdKey(1))
	if err != nil {
		t.Fatal(err)
	}
	checkReadsBack(t, keytest.EdKey(1), []byte(pkcs8WithPublic(t, pkcs8, keytest.EdKey(1))))
}

type rounds struct {
	Salt   string
	Rounds uint32
}

// protected returns an OpenSSH file that says how it is encrypted, and is not.
func protected(t *testing.T, cipher, kdf string, options []byte) string {
	t.Helper()
	pub, err := ssh.NewPublicKey(keytest.EdKey(1).Public())
	if err != nil {
		t.Fatal(err)
	}
	return keytest.PEM("OPENSSH PRIVATE KEY", append([]byte("openssh-key-v1\x00"), ssh.Marshal(struct {
		Cipher, KDF string
		Options     []byte
		Keys        uint32
		Public      []byte
		Private     []byte
	}{cipher, kdf, options, 1, pub.Marshal(), make([]byte, 64)})...))
}

// wrongHalf returns an OpenSSH file of an Ed25519 key with another public half,
// stated alike inside and outside.
func wrongHalf(t *testing.T) string {
	t.Helper()
	mixed := append(bytes.Clone(keytest.EdKey(1)[:32]), keytest.EdKey(2)[32:]...)
	block, err := ssh.MarshalPrivateKey(ed25519.PrivateKey(mixed), "")
	if err != nil {
		t.Fatal(err)
	}
	return keytest.PEM(block.Type, block.Bytes)
}

// pkcs8WithPublic adds the public half of key to the PKCS#8 form of an Ed25519 key.
func pkcs8WithPublic(t *testing.T, pkcs8 []byte, key ed25519.PrivateKey) string {
	t.Helper()
	var info struct {
		Version    int
		Algorithm  asn1.RawValue
		PrivateKey []byte
		PublicKey  asn1.BitString `asn1:"optional,tag:1"`
	}
	if _, err := asn1.Unmarshal(pkcs8, &info); err != nil {
		t.Fatal(err)
	}
	info.Version = 1
	info.PublicKey = asn1.BitString{Bytes: key[32:], BitLength: 256}
	der, err := asn1.Marshal(info)
	if err != nil {
		t.Fatal(err)
	}
	return keytest.PEM("PRIVATE KEY", der)
}

// mixPoints returns a P-256 key file that states the public half of another key.
func mixPoints(t *testing.T, marshal func(any) ([]byte, error), pemType string) string {
	t.Helper()
	der, err := marshal(keytest.ECKey(1))
	if err != nil {
		t.Fatal(err)
	}
	own, err := keytest.ECKey(1).PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	other, err := keytest.ECKey(2).PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(der, own) {
		t.Fatal("no public half in the file")
	}
	return keytest.PEM(pemType, bytes.Replace(der, own, other, 1))
}

// What is not a sound key of the two kinds is not written.
func TestMarshalRefuses(t *testing.T) {
	mixed := ed25519.PrivateKey(append(bytes.Clone(keytest.EdKey(1)[:32]), keytest.EdKey(2)[32:]...))
	mixedEC := *keytest.ECKey(1)
	mixedEC.PublicKey = keytest.ECKey(2).PublicKey
	got := map[string]string{}
	for name, key := range map[string]crypto.Signer{
		"RSA":             keytest.RSAKey(t),
		"short":           ed25519.PrivateKey(make([]byte, 63)),
		"mixed Ed25519":   mixed,
		"mixed P-256":     &mixedEC,
		"no P-256":        (*ecdsa.PrivateKey)(nil),
		"P-256, empty":    &ecdsa.PrivateKey{},
		"P-256, no point": &ecdsa.PrivateKey{PublicKey: ecdsa.PublicKey{Curve: elliptic.P256()}},
		"P-256, half":     &ecdsa.PrivateKey{PublicKey: keytest.ECKey(1).PublicKey},
		"P-384":           keytest.OtherCurve(t, elliptic.P384()),
		"nothing":         nil,
	} {
		_, err := private.MarshalUnencrypted(key, "")
		got[name] = keytest.Message(err)
	}
	const wanted = " is not supported: expected an Ed25519 key, or ECDSA on P-256"
	want := map[string]string{
		"RSA":             "*rsa.PrivateKey" + wanted,
		"short":           "an Ed25519 private key has 64 bytes, this one 63",
		"mixed Ed25519":   "key is damaged: its public half does not belong to its private half",
		"mixed P-256":     "key is damaged: its public half does not belong to its private half",
		"no P-256":        "*ecdsa.PrivateKey" + wanted,
		"P-256, empty":    "ECDSA key is incomplete: it has no point",
		"P-256, no point": "ECDSA key is incomplete: it has no point",
		"P-256, half":     "ECDSA key is incomplete: it has no private half",
		"P-384":           "ECDSA on P-384" + wanted,
		"nothing":         "<nil>" + wanted,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// A comment cannot start a line of its own.
func TestCommentIsOneLine(t *testing.T) {
	for _, comment := range []string{"a\n" + keytest.PublicLine(t, keytest.EdKey(2).Public(), ""), "a\rb", "a\x00b", "a\xffb", "\x1b[31m"} {
		if line, err := keys.MarshalPublic(keytest.EdKey(1).Public(), comment); err == nil {
			t.Errorf("MarshalPublic wrote %q", line)
		}
		if _, err := private.MarshalUnencrypted(keytest.EdKey(1), comment); err == nil {
			t.Errorf("MarshalPrivateUnencrypted took the comment %q", comment)
		}
	}
	_, err := keys.MarshalPublic(keytest.EdKey(1).Public(), "a\nb")
	keytest.CheckSame(t, `comment: text has the character U+000A, which does not print: remove it`, keytest.Message(err))
	if got := keytest.PublicLine(t, keytest.EdKey(1).Public(), " a \t b "); !strings.HasSuffix(got, " a b\n") {
		t.Errorf("blanks of the comment are kept: %q", got)
	}
}

func TestAlgorithm(t *testing.T) {
	for _, a := range algorithms {
		got, err := private.ParseAlgorithm(a.String())
		if err != nil || got != a {
			t.Errorf("ParseAlgorithm(%q) = %v, %v", a, got, err)
		}
	}
	_, err := private.ParseAlgorithm("rsa")
	keytest.CheckSame(t, `unknown key algorithm "rsa": expected ed25519 or ecdsa-p256`, keytest.Message(err))
	_, err = private.Generate(private.Algorithm(9))
	keytest.CheckSame(t, "unknown key algorithm Algorithm(9)", keytest.Message(err))
}

// A key whose line breaks were lost on its way through a variable or a form is read.
func TestLostLineBreaks(t *testing.T) {
	pkcs8, err := x509.MarshalPKCS8PrivateKey(keytest.EdKey(1))
	if err != nil {
		t.Fatal(err)
	}
	sec1, err := x509.MarshalECPrivateKey(keytest.ECKey(1))
	if err != nil {
		t.Fatal(err)
	}
	openSSH, err := private.MarshalUnencrypted(keytest.EdKey(1), "a comment")
	if err != nil {
		t.Fatal(err)
	}
	for name, kind := range map[string]struct {
		text string
		key  crypto.Signer
	}{
		"OpenSSH": {string(openSSH), keytest.EdKey(1)},
		"PKCS#8":  {keytest.PEM("PRIVATE KEY", pkcs8), keytest.EdKey(1)},
		"SEC 1":   {keytest.PEM("EC PARAMETERS", []byte("\x06\x08*\x86H\xce=\x03\x01\a")) + keytest.PEM("EC PRIVATE KEY", sec1), keytest.ECKey(1)},
	} {
		for _, newline := range []string{" ", "  ", "\t", "\r", `\n`, `\r\n`} {
			t.Run(name+strconv.Quote(newline), func(t *testing.T) {
				folded := strings.ReplaceAll(kind.text, "\n", newline)
				for _, text := range []string{folded, folded + "\n", strings.TrimSuffix(folded, newline), `"` + folded + `"` + "\n", "\n'" + folded + "'"} {
					checkReadsBack(t, kind.key, []byte(text))
				}
			})
		}
	}
	for name, test := range map[string]struct{ text, want string }{
		"two keys":    {strings.ReplaceAll(string(openSSH)+string(openSSH), "\n", " "), "k:1: several PEM blocks on one line: put each on lines of its own"},
		"text after":  {strings.ReplaceAll(string(openSSH), "\n", " ") + "more", "k:1: several PEM blocks on one line: put each on lines of its own"},
		"cut short":   {strings.ReplaceAll(string(openSSH)[:200], "\n", " "), "k:1: PEM block has no END: the file is cut short"},
		"other END":   {"-----BEGIN PRIVATE KEY----- AAAA -----END PUBLIC KEY-----", "k:1: PEM block has no END: the file is cut short"},
		"not base64":  {"-----BEGIN PRIVATE KEY----- AA!! -----END PRIVATE KEY-----", "k:1: PEM block is damaged"},
		"no BEGIN":    {"-----BEGIN PRIVATE KEY AA!!", "k:1: PEM block has no END line: the file is cut short"},
		"two in SEC1": {strings.ReplaceAll(keytest.PEM("EC PARAMETERS", []byte{0})+string(openSSH), "\n", " "), "k:1: several PEM blocks on one line: put each on lines of its own"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := private.Parse("k", []byte(test.text), neverAsk(t))
			keytest.CheckSame(t, test.want, keytest.Message(err))
		})
	}
}

// A key in an encoding of Windows is named, with the way out.
func TestEncodings(t *testing.T) {
	text, err := private.MarshalUnencrypted(keytest.EdKey(1), "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = private.Parse("k", append([]byte("\uFEFF"), text...), nil)
	keytest.CheckSame(t, "k:1: file starts with a byte order mark: save it as UTF-8 without one", keytest.Message(err))
	little, big := utf16Text(string(text))
	for name, data := range map[string][]byte{"little-endian": little, "big-endian": big, "with a mark": append([]byte("\xff\xfe"), little...), "with a mark, big-endian": append([]byte("\xfe\xff"), big...)} {
		_, err := private.Parse("k", data, nil)
		if want := "k: text in UTF-16: save it as UTF-8 without a byte order mark (iconv -f UTF-16 -t UTF-8 FILE converts it)"; keytest.Message(err) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	checkReadsBack(t, keytest.EdKey(1), []byte(keytest.Program(t, "iconv", "-f", "UTF-16", "-t", "UTF-8", keytest.WriteFile(t, append([]byte("\xff\xfe"), little...)))))
}

func utf16Text(text string) (little, big []byte) {
	for _, b := range []byte(text) {
		little, big = append(little, b, 0), append(big, 0, b)
	}
	return little, big
}
