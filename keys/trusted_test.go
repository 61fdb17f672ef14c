package keys_test

import (
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/keys"
	"golang.org/x/crypto/ssh"
)

func TestParseTrusted(t *testing.T) {
	ed, ec, other := edKey(1).Public(), ecKey(2).Public(), edKey(3).Public()
	mixed := []licseal.TrustedKey{{Key: ed, Name: "issuing 2026"}, {Key: ec}, {Key: other, Name: "zweite Schlüssel"}}
	text := "# who may issue\n\n" + publicLine(t, ed, "issuing 2026") + publicPEM(t, ec) +
		"  # more\n \t\n" + publicLine(t, other, "zweite \t Schlüssel")
	for _, test := range []struct {
		name, file string
		want       []licseal.TrustedKey
	}{
		{"lines and PEM, mixed", text, mixed},
		{"CRLF", strings.ReplaceAll(text, "\n", "\r\n"), mixed},
		{"no newline at the end", strings.TrimSuffix(text, "\n"), mixed},
		{"indented", "  " + strings.ReplaceAll(text, "\n", "\n\t"), mixed},
		{"tabs between fields", strings.ReplaceAll(publicLine(t, ed, "name"), " ", "\t"), []licseal.TrustedKey{{Key: ed, Name: "name"}}},
		{"two PEM blocks", publicPEM(t, ec) + publicPEM(t, ed), []licseal.TrustedKey{{Key: ec}, {Key: ed}}},
		{"no comment", publicLine(t, ec, ""), []licseal.TrustedKey{{Key: ec}}},
		{"a key type in a comment", publicLine(t, ec, "my ssh-rsa key"), []licseal.TrustedKey{{Key: ec, Name: "my ssh-rsa key"}}},
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
	const wantedType = " is not supported: wanted ssh-ed25519 or ecdsa-sha2-nistp256"
	const wantedKind = " is not supported: wanted an Ed25519 key, or ECDSA on P-256"
	good := publicLine(t, edKey(1).Public(), "good")
	blob := strings.Fields(good)[1]
	unencrypted, err := keys.MarshalPrivateUnencrypted(edKey(1), "")
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
	spki := pemBytes(t, []byte(publicPEM(t, edKey(1).Public())))
	offCurve, err := ecKey(1).PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	offCurve[64] ^= 1

	for _, test := range []struct{ name, file, want string }{
		{"empty", "", "t: no key in this file: wanted at least one OpenSSH public key line or PEM public key"},
		{"only comments", "# nobody\n\n  # yet\r\n", "t: no key in this file: wanted at least one OpenSSH public key line or PEM public key"},
		{"too large", strings.Repeat("#", keys.MaxBytes+1), "t: too large for a key file: more than 262144 bytes"},
		{"byte order mark", "\uFEFF# key\n" + good, "t:1: file starts with a byte order mark: save it as UTF-8 without one"},
		{"UTF-16", "s\x00s\x00h\x00", "t: not a text in UTF-8: wanted an OpenSSH or PEM key (openssl pkey -inform DER makes PEM of DER)"},
		{"Latin-1", strings.Replace(good, "good", "Andr\xe9", 1), "t: not a text in UTF-8: wanted an OpenSSH or PEM key (openssl pkey -inform DER makes PEM of DER)"},
		{"garbage after a key", good + "hello world\n", `t:2: not a public key: "hello": wanted a line such as ssh-ed25519 AAAA…, a # comment or a PEM block`},
		{"terminal escape", "\x1b[2Jhello\n", "t:1: text has the character U+001B, which does not print: remove it"},
		{"bidi override in a comment", strings.Replace(good, "good", "a\u202Eb", 1), "t:1: text has the character U+202E, which does not print: remove it"},
		{"carriage return that hides a key", strings.TrimSpace(good) + "\r" + publicLine(t, edKey(2).Public(), ""), "t:1: text has the character U+000D, which does not print: remove it"},
		{"no type", blob + " good\n", "t:1: key has no type before it: wanted ssh-ed25519 or ecdsa-sha2-nistp256 and the key"},
		{"no key", "ssh-ed25519\n", `t:1: no key after "ssh-ed25519"`},
		{"option without a principal", `valid-before="20270101Z" ` + good, `t:1: "valid-before=\"20270101Z\"" before the key is no list of principals: options stand between the principals and the key`},
		{"option of authorized_keys", "restrict " + good, `t:1: "restrict" is an option of authorized_keys, which means nothing here: a line is TYPE KEY [COMMENT], or PRINCIPALS [OPTIONS] TYPE KEY`},
		{"RSA", "ssh-rsa AAAAB3Nz rsa\n", `t:1: key type "ssh-rsa"` + wantedType},
		{"P-384", publicOf(t, elliptic.P384()), `t:1: key type "ecdsa-sha2-nistp384"` + wantedType},
		{"security key", "sk-ssh-ed25519@openssh.com AAAA\n", `t:1: key type "sk-ssh-ed25519@openssh.com"` + wantedType},
		{"certificate", "ssh-ed25519-cert-v01@openssh.com AAAA\n", `t:1: key type "ssh-ed25519-cert-v01@openssh.com"` + wantedType},
		{"not base64", "ssh-ed25519 AAA!\n", `t:1: key is damaged: not base64: "AAA!"`},
		{"base64 with loose bits", "ssh-ed25519 AAB=\n", `t:1: key is damaged: not base64: "AAB="`},
		{"empty wire", "ssh-ed25519 AAAA\n", `t:1: key is damaged: the line says ssh-ed25519, the key itself ""`},
		{"type of another key", "ecdsa-sha2-nistp256 " + blob + "\n", `t:1: key is damaged: the line says ecdsa-sha2-nistp256, the key itself "ssh-ed25519"`},
		{"short key", line("ssh-ed25519", edWire{"ssh-ed25519", make([]byte, 31)}), "t:1: key is damaged: invalid size 31 for Ed25519 public key"},
		{"bytes after the key", line("ssh-ed25519", longWire{"ssh-ed25519", edKey(1).Public().(ed25519.PublicKey), 0}), "t:1: key is damaged: trailing junk in public key"},
		{"curve of another key", line("ecdsa-sha2-nistp256", ecWire{"ecdsa-sha2-nistp256", "nistp384", offCurve}), `t:1: key is damaged: algorithm type mismatch: expected "ecdsa-sha2-nistp256", found curve "nistp384" (type "ecdsa-sha2-nistp384")`},
		{"point off the curve", line("ecdsa-sha2-nistp256", ecWire{"ecdsa-sha2-nistp256", "nistp256", offCurve}), "t:1: key is damaged: invalid curve point"},
		{"Ed25519 off the curve", line("ssh-ed25519", edWire{"ssh-ed25519", append([]byte{2}, make([]byte, 31)...)}), "t:1: key is damaged: not a point on the curve of Ed25519"},
		{"same key twice", "# two\n" + good + publicLine(t, edKey(2).Public(), "") + publicPEM(t, edKey(1).Public()), "t:4: key " + keys.ID(edKey(1).Public()) + " is on line 2 already: remove one of the two"},
		{"private key", good + string(unencrypted), "t:2: private key in a file of trusted keys: put its public key here, and keep the private key to whoever signs"},
		{"private key, encrypted PKCS#8", pemText("ENCRYPTED PRIVATE KEY", []byte{0}), "t:1: private key in a file of trusted keys: put its public key here, and keep the private key to whoever signs"},
		{"X.509 certificate", pemText("CERTIFICATE", []byte{0}), "t:1: certificate, not a public key: openssl x509 -pubkey -noout -in FILE prints its key"},
		{"PKCS#1", pemText("RSA PUBLIC KEY", []byte{0}), `t:1: PEM block of type "RSA PUBLIC KEY": wanted PUBLIC KEY`},
		{"PEM, RSA", rsaPEM(t), "t:1: RSA" + wantedKind},
		{"PEM, P-384", pemOf(t, elliptic.P384()), "t:1: ECDSA on P-384" + wantedKind},
		{"PEM, not DER", pemText("PUBLIC KEY", []byte("hello")), "t:1: key is damaged: its PEM block does not hold what it says"},
		{"PEM, bytes after the key", pemText("PUBLIC KEY", append(spki, 0)), "t:1: key is damaged: bytes after its end"},
		{"PEM, short key", pemText("PUBLIC KEY", []byte("\x30\x0b\x30\x05\x06\x03\x2b\x65\x70\x03\x02\x00\x01")), "t:1: key is damaged: wrong Ed25519 public key size"},
		{"PEM with headers", "-----BEGIN PUBLIC KEY-----\nOwner: me\n\n" + base64.StdEncoding.EncodeToString(spki) + "\n-----END PUBLIC KEY-----\n", "t:1: PEM block has headers: remove them"},
		{"PEM, not base64", "-----BEGIN PUBLIC KEY-----\n!!!!\n-----END PUBLIC KEY-----\n", "t:1: PEM block is damaged"},
		{"PEM, other END", "-----BEGIN PUBLIC KEY-----\n-----END RSA PUBLIC KEY-----\n", "t:1: PEM block is damaged"},
		{"PEM, cut short", good + "-----BEGIN PUBLIC KEY-----\nMCow\n", "t:2: PEM block has no END line: the file is cut short"},
		{"PEM, no END before the next", "-----BEGIN PUBLIC KEY-----\nMCow\n" + publicPEM(t, edKey(1).Public()), "t:1: PEM block has no END line: the file is cut short"},
		{"PEM, no BEGIN", good + "-----END PUBLIC KEY-----\n", "t:2: PEM block is damaged: no BEGIN line before this one"},
	} {
		t.Run(test.name, func(t *testing.T) {
			trusted, err := keys.ParseTrusted("t", []byte(test.file))
			checkSame(t, test.want, message(err))
			if trusted != nil {
				t.Errorf("keys beside an error: %v", trusted)
			}
		})
	}
}

func publicOf(t *testing.T, curve elliptic.Curve) string {
	t.Helper()
	pub, err := ssh.NewPublicKey(&otherCurve(t, curve).PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return string(ssh.MarshalAuthorizedKey(pub))
}

func pemOf(t *testing.T, curve elliptic.Curve) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&otherCurve(t, curve).PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return pemText("PUBLIC KEY", der)
}

func rsaPEM(t *testing.T) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&rsaKey(t).PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return pemText("PUBLIC KEY", der)
}
