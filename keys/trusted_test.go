package keys_test

import (
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/keys/internal/keytest"
	"github.com/licseal/licseal/keys/private"
	"golang.org/x/crypto/ssh"
)

func TestParseTrusted(t *testing.T) {
	ed, ec, other := keytest.EdKey(1).Public(), keytest.ECKey(2).Public(), keytest.EdKey(3).Public()
	mixed := []licseal.TrustedKey{{Key: ed, Name: "issuing 2026"}, {Key: ec}, {Key: other, Name: "zweite Schlüssel"}}
	text := "# who may issue\n\n" + keytest.PublicLine(t, ed, "issuing 2026") + keytest.PublicPEM(t, ec) +
		"  # more\n \t\n" + keytest.PublicLine(t, other, "zweite \t Schlüssel")
	for _, test := range []struct {
		name, file string
		want       []licseal.TrustedKey
	}{
		{"lines and PEM, mixed", text, mixed},
		{"CRLF", strings.ReplaceAll(text, "\n", "\r\n"), mixed},
		{"no newline at the end", strings.TrimSuffix(text, "\n"), mixed},
		{"indented", "  " + strings.ReplaceAll(text, "\n", "\n\t"), mixed},
		{"tabs between fields", strings.ReplaceAll(keytest.PublicLine(t, ed, "name"), " ", "\t"), []licseal.TrustedKey{{Key: ed, Name: "name"}}},
		{"two PEM blocks", keytest.PublicPEM(t, ec) + keytest.PublicPEM(t, ed), []licseal.TrustedKey{{Key: ec}, {Key: ed}}},
		{"no comment", keytest.PublicLine(t, ec, ""), []licseal.TrustedKey{{Key: ec}}},
		{"PEM on one line", strings.ReplaceAll(keytest.PublicPEM(t, ec), "\n", " ") + "\n" + strings.ReplaceAll(keytest.PublicPEM(t, ed), "\n", `\n`), []licseal.TrustedKey{{Key: ec}, {Key: ed}}},
		{"a key type in a comment", keytest.PublicLine(t, ec, "my ssh-rsa key"), []licseal.TrustedKey{{Key: ec, Name: "my ssh-rsa key"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := keys.ParseTrusted("trusted", []byte(test.file))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestParseTrustedRefuses(t *testing.T) {
	const wantedType = " is not supported: expected ssh-ed25519 or ecdsa-sha2-nistp256"
	const wantedKind = " is not supported: expected an Ed25519 key, or ECDSA on P-256"
	good := keytest.PublicLine(t, keytest.EdKey(1).Public(), "good")
	blob := strings.Fields(good)[1]
	unencrypted, err := private.MarshalUnencrypted(keytest.EdKey(1), "")
	if err != nil {
		t.Fatal(err)
	}
	line := func(keyType string, wire any) string {
		return keyType + " " + base64.StdEncoding.EncodeToString(ssh.Marshal(wire)) + "\n"
	}
	type edWire struct {
		Type string
		Key  []byte
	}
	type longWire struct {
		Type string
		Key  []byte
		More byte
	}
	type ecWire struct {
		Type, Curve string
		Point       []byte
	}
	spki := keytest.PEMBytes(t, []byte(keytest.PublicPEM(t, keytest.EdKey(1).Public())))
	offCurve, err := keytest.ECKey(1).PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	offCurve[64] ^= 1

	for _, test := range []struct{ name, file, want string }{
		{"empty", "", "t: no key in this file: expected at least one OpenSSH public key line or PEM public key"},
		{"only comments", "# nobody\n\n  # yet\r\n", "t: no key in this file: expected at least one OpenSSH public key line or PEM public key"},
		{"too large", strings.Repeat("#", keys.MaxBytes+1), "t: too large for a key file: more than 262144 bytes"},
		{"byte order mark", "\uFEFF# key\n" + good, "t:1: file starts with a byte order mark: save it as UTF-8 without one"},
		{"UTF-16", "s\x00s\x00h\x00-\x00e\x00d\x00", "t: text in UTF-16: save it as UTF-8 without a byte order mark (iconv -f UTF-16 -t UTF-8 FILE converts it)"},
		{"UTF-16 with a mark", "\xff\xfes\x00s\x00h\x00", "t: text in UTF-16: save it as UTF-8 without a byte order mark (iconv -f UTF-16 -t UTF-8 FILE converts it)"},
		{"NUL", "s\x00\x00h\x00", "t: not a text in UTF-8: expected an OpenSSH or PEM key (openssl pkey -inform DER converts DER to PEM)"},
		{"Latin-1", strings.Replace(good, "good", "Andr\xe9", 1), "t: not a text in UTF-8: expected an OpenSSH or PEM key (openssl pkey -inform DER converts DER to PEM)"},
		{"garbage after a key", good + "hello world\n", `t:2: not a public key: expected a line such as ssh-ed25519 AAAA…, a # comment or a PEM block`},
		{"terminal escape", "\x1b[2Jhello\n", "t:1: text has the character U+001B, which does not print: remove it"},
		{"bidi override in a comment", strings.Replace(good, "good", "a\u202Eb", 1), "t:1: text has the character U+202E, which does not print: remove it"},
		{"carriage return that hides a key", strings.TrimSpace(good) + "\r" + keytest.PublicLine(t, keytest.EdKey(2).Public(), ""), "t:1: text has the character U+000D, which does not print: remove it"},
		{"no type", blob + " good\n", "t:1: key has no type: expected ssh-ed25519 or ecdsa-sha2-nistp256 before it"},
		{"no key", "ssh-ed25519\n", "t:1: no key after ssh-ed25519"},
		{"option without a principal", `valid-before="20270101Z" ` + good, "t:1: quotes before the key, in what is not a list of principals: options are written between the principals and the key"},
		{"option of authorized_keys", "restrict " + good, `t:1: restrict is an option of authorized_keys, not of allowed_signers: a line is TYPE KEY [COMMENT], or PRINCIPALS [OPTIONS] TYPE KEY`},
		{"an unknown type alone", "ssh-new\n", "t:1: not a public key: expected a line such as ssh-ed25519 AAAA…, a # comment or a PEM block"},
		{"a key after what is no type", "me " + blob + "\n", "t:1: not a public key: expected a line such as ssh-ed25519 AAAA…, a # comment or a PEM block"},
		{"RSA", "ssh-rsa AAAAB3Nz rsa\n", `t:1: key type ssh-rsa` + wantedType},
		{"P-384", publicOf(t, elliptic.P384()), `t:1: key type ecdsa-sha2-nistp384` + wantedType},
		{"security key", "sk-ssh-ed25519@openssh.com AAAA\n", `t:1: key type sk-ssh-ed25519@openssh.com` + wantedType},
		{"certificate", "ssh-ed25519-cert-v01@openssh.com AAAA\n", `t:1: key type ssh-ed25519-cert-v01@openssh.com` + wantedType},
		{"not base64", "ssh-ed25519 AAA!\n", "t:1: key is damaged: not base64"},
		{"base64 with loose bits", "ssh-ed25519 AAB=\n", "t:1: key is damaged: not base64"},
		{"empty wire", "ssh-ed25519 AAAA\n", "t:1: key is damaged: its type is not the one before it"},
		{"type of another key", "ecdsa-sha2-nistp256 " + blob + "\n", "t:1: key is damaged: its type is not the one before it"},
		{"short key", line("ssh-ed25519", edWire{"ssh-ed25519", make([]byte, 31)}), "t:1: an Ed25519 public key has 32 bytes, this one 31"},
		{"bytes after the key", line("ssh-ed25519", longWire{"ssh-ed25519", keytest.EdKey(1).Public().(ed25519.PublicKey), 0}), "t:1: key is damaged: bytes after its end"},
		{"curve of another key", line("ecdsa-sha2-nistp256", ecWire{"ecdsa-sha2-nistp256", "nistp384", offCurve}), "t:1: key is damaged: its curve is not the one of its type"},
		{"point off the curve", line("ecdsa-sha2-nistp256", ecWire{"ecdsa-sha2-nistp256", "nistp256", offCurve}), "t:1: key is damaged: not a point on the curve P-256"},
		{"Ed25519 off the curve", line("ssh-ed25519", edWire{"ssh-ed25519", append([]byte{2}, make([]byte, 31)...)}), "t:1: key is damaged: not a point on the curve of Ed25519"},
		{"same key twice", "# two\n" + good + keytest.PublicLine(t, keytest.EdKey(2).Public(), "") + keytest.PublicPEM(t, keytest.EdKey(1).Public()), "t:4: key " + licseal.KeyID(keytest.EdKey(1).Public()) + " is on line 2 already: remove one of the two"},
		{"private key", good + string(unencrypted), "t:2: private key in a file of trusted keys: put its public key here, and keep the private key secret"},
		{"private key, encrypted PKCS#8", keytest.PEM("ENCRYPTED PRIVATE KEY", []byte{0}), "t:1: private key in a file of trusted keys: put its public key here, and keep the private key secret"},
		{"X.509 certificate", keytest.PEM("CERTIFICATE", []byte{0}), "t:1: certificate, not a public key: openssl x509 -pubkey -noout -in FILE prints its key"},
		{"PuTTY", "PuTTY-User-Key-File-3: ssh-ed25519\r\nEncryption: none\r\nComment: a\r\n", "t:1: PuTTY key file: puttygen -L FILE prints its public key"},
		{"line breaks that became \\n", strings.ReplaceAll(good+good, "\n", `\n`) + "\n", "t:1: two keys on this line: put each on a line of its own"},
		{"line breaks that became \\n, no comments", strings.ReplaceAll(keytest.PublicLine(t, keytest.EdKey(1).Public(), "")+good, "\n", `\n`) + "\n", `t:1: the line has \n in it: put a line break there`},
		{"line breaks that became blanks", strings.ReplaceAll(good+good, "\n", " "), "t:1: two keys on this line: put each on a line of its own"},
		{"the same after principals", "anna " + strings.ReplaceAll(good+"bob "+good, "\n", " "), "t:1: two keys on this line: put each on a line of its own"},
		{"two PEM blocks on one line", strings.ReplaceAll(keytest.PublicPEM(t, keytest.EdKey(1).Public())+keytest.PublicPEM(t, keytest.EdKey(2).Public()), "\n", " "), "t:1: several PEM blocks on one line: put each on lines of its own"},
		{"unknown key type", "ssh-ed448 AAAACXNzaC1lZDQ0OA== a\n", "t:1: unknown key type: expected ssh-ed25519 or ecdsa-sha2-nistp256"},
		{"PKCS#1", keytest.PEM("RSA PUBLIC KEY", []byte{0}), "t:1: RSA" + wantedKind},
		{"PEM, RSA", rsaPEM(t), "t:1: RSA" + wantedKind},
		{"PEM, P-384", pemOf(t, elliptic.P384()), "t:1: ECDSA on P-384" + wantedKind},
		{"PEM, not DER", keytest.PEM("PUBLIC KEY", []byte("hello")), "t:1: key is damaged: its PEM block does not hold a key of its type"},
		{"PEM, bytes after the key", keytest.PEM("PUBLIC KEY", append(spki, 0)), "t:1: key is damaged: bytes after its end"},
		{"PEM, short key", keytest.PEM("PUBLIC KEY", []byte("\x30\x0b\x30\x05\x06\x03\x2b\x65\x70\x03\x02\x00\x01")), "t:1: key is damaged: its PEM block does not hold a key of its type"},
		{"PEM with headers", "-----BEGIN PUBLIC KEY-----\nOwner: me\n\n" + base64.StdEncoding.EncodeToString(spki) + "\n-----END PUBLIC KEY-----\n", "t:1: PEM block has headers: remove them"},
		{"PEM, not base64", "-----BEGIN PUBLIC KEY-----\n!!!!\n-----END PUBLIC KEY-----\n", "t:1: PEM block is damaged"},
		{"PEM, other END", "-----BEGIN PUBLIC KEY-----\n-----END RSA PUBLIC KEY-----\n", "t:1: PEM block is damaged"},
		{"PEM, cut short", good + "-----BEGIN PUBLIC KEY-----\nMCow\n", "t:2: PEM block has no END line: the file is cut short"},
		{"PEM, no END before the next", "-----BEGIN PUBLIC KEY-----\nMCow\n" + keytest.PublicPEM(t, keytest.EdKey(1).Public()), "t:1: PEM block has no END line: the file is cut short"},
		{"PEM, no BEGIN", good + "-----END PUBLIC KEY-----\n", "t:2: PEM block is damaged: no BEGIN line before this one"},
	} {
		t.Run(test.name, func(t *testing.T) {
			trusted, err := keys.ParseTrusted("t", []byte(test.file))
			keytest.CheckSame(t, test.want, keytest.Message(err))
			if trusted != nil {
				t.Errorf("keys beside an error: %v", trusted)
			}
		})
	}
}

func publicOf(t *testing.T, curve elliptic.Curve) string {
	t.Helper()
	pub, err := ssh.NewPublicKey(&keytest.OtherCurve(t, curve).PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return string(ssh.MarshalAuthorizedKey(pub))
}

func pemOf(t *testing.T, curve elliptic.Curve) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&keytest.OtherCurve(t, curve).PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return keytest.PEM("PUBLIC KEY", der)
}

func rsaPEM(t *testing.T) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&keytest.RSAKey(t).PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return keytest.PEM("PUBLIC KEY", der)
}

// Several files are treated as one: none undoes what another restricts.
func TestTrusted(t *testing.T) {
	key, other := keytest.EdKey(1).Public(), keytest.ECKey(2).Public()
	line := keytest.PublicLine(t, key, "")
	id := licseal.KeyID(key)
	retired := `v valid-before="20270101Z" ` + line
	for _, test := range []struct {
		name  string
		files []string
		want  string // the error, or how many keys
	}{
		{"different keys", []string{line, keytest.PublicLine(t, other, "")}, "2 keys"},
		{"retired, and without an end", []string{retired, line}, "b:1: key " + id + " is on line 1 of a already, for other dates: remove one of the two"},
		{"without an end, and retired", []string{"# 1\n" + line, "# 1\n# 2\n" + retired}, "b:3: key " + id + " is on line 2 of a already, for other dates: remove one of the two"},
		{"without an end as PEM", []string{retired, keytest.PublicPEM(t, key)}, "b:1: key " + id + " is on line 1 of a already, for other dates: remove one of the two"},
		{"retired later", []string{retired, `v valid-before="20280101Z" ` + line}, "b:1: key " + id + " is on line 1 of a already, for other dates: remove one of the two"},
		{"in the third file", []string{retired, keytest.PublicLine(t, other, ""), line}, "c:1: key " + id + " is on line 1 of a already, for other dates: remove one of the two"},
		{"one after the other", []string{retired, `v valid-after="20270101Z" ` + line}, "2 keys"},
		{"the same twice", []string{line, line}, "1 keys"},
		{"retired alike", []string{retired, retired}, "1 keys"},
		{"the same, other issuers", []string{line, "v " + line, "v " + line, "w " + line}, "3 keys"},
		{"for another use", []string{retired, `v namespaces="git" ` + line + keytest.PublicLine(t, other, "")}, "2 keys"},
		{"one without keys", []string{line, "# none\n"}, "b: no key in this file: expected at least one OpenSSH public key line or PEM public key"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var files []*keys.TrustedFile
			for i, text := range test.files {
				file, err := keys.ParseTrustedFile(string(rune('a'+i)), []byte(text))
				if err != nil {
					t.Fatal(err)
				}
				files = append(files, file)
			}
			trusted, err := keys.Trusted(files...)
			got := keytest.Message(err)
			if err == nil {
				got = fmt.Sprintf("%d keys", len(trusted))
			} else if trusted != nil {
				t.Errorf("keys and an error: %v", trusted)
			}
			keytest.CheckSame(t, test.want, got)
		})
	}
}
