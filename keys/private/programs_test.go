package private_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/keys/internal/keytest"
	"github.com/licseal/licseal/keys/private"
)

// What this package writes, ssh-keygen and openssl read.
func TestProgramsReadOurKeys(t *testing.T) {
	const comment = "issuing 2026"
	for _, algorithm := range algorithms {
		t.Run(algorithm.String(), func(t *testing.T) {
			key, err := private.Generate(algorithm)
			if err != nil {
				t.Fatal(err)
			}
			line := keytest.PublicLine(t, key.Public(), comment)

			plain, err := private.MarshalUnencrypted(key, comment)
			if err != nil {
				t.Fatal(err)
			}
			keytest.CheckSame(t, line, keytest.Program(t, "ssh-keygen", "-y", "-P", "", "-f", keytest.WriteFile(t, plain)))
			checkReadsBack(t, key, plain)

			encrypted, err := private.Marshal(key, comment, []byte(passphrase))
			if err != nil {
				t.Fatal(err)
			}
			keytest.CheckSame(t, line, keytest.Program(t, "ssh-keygen", "-y", "-P", passphrase, "-f", keytest.WriteFile(t, encrypted)))
			checkReadsBack(t, key, encrypted)

			// 256 SHA256:… issuing 2026 (ED25519)
			listed := strings.Fields(keytest.Program(t, "ssh-keygen", "-l", "-f", keytest.WriteFile(t, []byte(line))))
			keytest.CheckSame(t, listed[1], licseal.KeyID(key.Public()))

			text := keytest.PublicPEM(t, key.Public())
			keytest.CheckSame(t, text, keytest.Program(t, "openssl", "pkey", "-pubin", "-in", keytest.WriteFile(t, []byte(text))))
		})
	}
}

// What ssh-keygen writes, with and without a passphrase, is read and signs.
func TestKeysOfSSHKeygen(t *testing.T) {
	protections := [][]string{{"-N", ""}, {"-N", passphrase}}
	for _, cipher := range []string{
		"aes128-ctr", "aes192-ctr", "aes256-ctr", "aes128-cbc", "aes192-cbc", "aes256-cbc",
		"aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com",
	} {
		protections = append(protections, []string{"-N", passphrase, "-Z", cipher, "-a", "2"})
	}
	for _, kind := range [][]string{{"-t", "ed25519"}, {"-t", "ecdsa", "-b", "256"}} {
		for _, protection := range protections {
			args := append(append([]string{"-q", "-C", "a comment"}, kind...), protection...)
			t.Run(strings.Join(args, " "), func(t *testing.T) {
				file := filepath.Join(t.TempDir(), "key")
				keytest.Program(t, "ssh-keygen", append(args, "-f", file)...)
				text := keytest.ReadFile(t, file)
				key, err := private.Parse(file, text, ask)
				if err != nil {
					t.Fatal(err)
				}
				keytest.CheckSigns(t, key)
				keytest.CheckSame(t, string(keytest.ReadFile(t, file+".pub")), keytest.PublicLine(t, key.Public(), "a comment"))
				if protection[1] == "" {
					return
				}
				if _, err := private.Parse("", text, func() ([]byte, error) { return []byte("wrong"), nil }); !errors.Is(err, private.ErrWrongPassphrase) {
					t.Errorf("with a wrong passphrase: %v", err)
				}
			})
		}
	}
}

// A key file in which a byte was changed is refused, unless it is one of the comment
// or of both check numbers: never looser than ssh-keygen, which reads fewer.
func TestChangedByte(t *testing.T) {
	for name, key := range map[string]crypto.Signer{"ed25519": keytest.EdKey(1), "ecdsa-p256": keytest.ECKey(1)} {
		t.Run(name, func(t *testing.T) {
			text, err := private.MarshalUnencrypted(key, "COMMENT")
			if err != nil {
				t.Fatal(err)
			}
			data := keytest.PEMBytes(t, text)
			comment := bytes.Index(data, []byte("COMMENT"))
			public := keytest.PublicLine(t, key.Public(), "")
			for i := range data {
				changed := bytes.Clone(data)
				changed[i] ^= 1
				file := []byte(keytest.PEM("OPENSSH PRIVATE KEY", changed))
				_, err := private.Parse("", file, neverAsk(t))
				if want := i >= comment && i < comment+len("COMMENT"); (err == nil) != want {
					t.Errorf("byte %d of %d: %v", i, len(data), err)
				}
				if err != nil {
					continue
				}
				shown := keytest.Program(t, "ssh-keygen", "-y", "-P", "", "-f", keytest.WriteFile(t, file))
				if !strings.HasPrefix(shown, strings.TrimSpace(public)) {
					t.Errorf("byte %d: ssh-keygen shows %s", i, shown)
				}
			}
		})
	}
}

// The public half that the encrypted part states is not ignored: with a cipher that
// does not authenticate, its bits can be changed without the passphrase.
func TestChangedByteEncrypted(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	keytest.Program(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-Z", "aes256-ctr", "-a", "1", "-C", "", "-f", file)
	data := keytest.PEMBytes(t, keytest.ReadFile(t, file))
	// Before the public half are two check numbers, a string with the type, and a length.
	const before = 8 + 4 + len("ssh-ed25519") + 4
	const size = 144 // of the private part: before, 32, 4+64, 4, padding
	start := len(data) - size + before
	for i := range 32 {
		changed := bytes.Clone(data)
		changed[start+i] ^= 0x80
		_, err := private.Parse("", []byte(keytest.PEM("OPENSSH PRIVATE KEY", changed)), ask)
		keytest.CheckSame(t, "key is damaged: its public half does not belong to its private half", keytest.Message(err))
	}
}

// What openssl writes is read and signs.
func TestKeysOfOpenSSL(t *testing.T) {
	p256 := []string{"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"}
	for _, args := range [][]string{
		{"genpkey", "-algorithm", "ed25519"},
		append([]string{"genpkey"}, p256...),
		{"ecparam", "-genkey", "-name", "prime256v1"},
		{"ecparam", "-genkey", "-name", "prime256v1", "-noout"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			text := keytest.Program(t, "openssl", args...)
			key, err := private.Parse("key", []byte(text), nil)
			if err != nil {
				t.Fatal(err)
			}
			keytest.CheckSigns(t, key)
			file := keytest.WriteFile(t, []byte(text))
			keytest.CheckSame(t, keytest.Program(t, "openssl", "pkey", "-pubout", "-in", file), keytest.PublicPEM(t, key.Public()))
			if ec, ok := key.(*ecdsa.PrivateKey); ok {
				checkForms(t, ec, file)
			}
		})
	}
}

// checkForms reads the forms that openssl ec gives a key: the public half
// uncompressed, compressed, or left out.
func checkForms(t *testing.T, key *ecdsa.PrivateKey, file string) {
	t.Helper()
	for _, form := range [][]string{{}, {"-conv_form", "compressed"}, {"-no_public"}} {
		text := keytest.Program(t, "openssl", append([]string{"ec", "-in", file}, form...)...)
		checkReadsBack(t, key, []byte(text))
	}
}

// The ways out that errors name lead to a key that is read.
func TestRemedies(t *testing.T) {
	plain := keytest.Program(t, "openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
	key, err := private.Parse("key", []byte(plain), nil)
	if err != nil {
		t.Fatal(err)
	}
	source := keytest.WriteFile(t, []byte(plain))
	pass := "pass:" + passphrase
	for _, test := range []struct {
		name    string
		encrypt []string
		refusal string
	}{
		{"PKCS#8", []string{"pkcs8", "-topk8", "-passout", pass},
			"encrypted PKCS#8 is not supported: openssl pkey -in FILE -out NEW decrypts it; if it is ECDSA, ssh-keygen -p -f FILE converts it to an OpenSSH key"},
		{"legacy PEM", []string{"ec", "-aes128", "-passout", pass},
			"key is encrypted in an old way that is not supported: ssh-keygen -p -f FILE converts it to an OpenSSH key"},
	} {
		t.Run(test.name, func(t *testing.T) {
			encrypted := keytest.Program(t, "openssl", append(test.encrypt, "-in", source)...)
			_, err := private.Parse("", []byte(encrypted), nil)
			keytest.CheckSame(t, test.refusal, keytest.Message(err))

			file := keytest.WriteFile(t, []byte(encrypted))
			checkReadsBack(t, key, []byte(keytest.Program(t, "openssl", "pkey", "-passin", pass, "-in", file)))
			keytest.Program(t, "ssh-keygen", "-p", "-P", passphrase, "-N", passphrase, "-f", file)
			checkReadsBack(t, key, keytest.ReadFile(t, file))
		})
	}

	t.Run("cipher", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "key")
		keytest.Program(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-Z", "3des-cbc", "-f", file)
		_, err := private.Parse("", keytest.ReadFile(t, file), neverAsk(t))
		keytest.CheckSame(t, `key is encrypted with 3des-cbc, which is not supported: ssh-keygen -p -Z aes256-ctr -f FILE encrypts it again`, keytest.Message(err))
		keytest.Program(t, "ssh-keygen", "-p", "-P", passphrase, "-N", passphrase, "-Z", "aes256-ctr", "-f", file)
		if _, err := private.Parse("", keytest.ReadFile(t, file), ask); err != nil {
			t.Error(err)
		}
	})

	t.Run("DER", func(t *testing.T) {
		file := keytest.WriteFile(t, []byte(keytest.Program(t, "openssl", "pkey", "-outform", "DER", "-in", source)))
		_, err := private.Parse("", keytest.ReadFile(t, file), nil)
		keytest.CheckSame(t, "not a text in UTF-8: expected an OpenSSH or PEM key (openssl pkey -inform DER converts DER to PEM)", keytest.Message(err))
		checkReadsBack(t, key, []byte(keytest.Program(t, "openssl", "pkey", "-inform", "DER", "-in", file)))
	})

	t.Run("SSH2", func(t *testing.T) {
		line := keytest.PublicLine(t, keytest.EdKey(1).Public(), "")
		ssh2 := keytest.Program(t, "ssh-keygen", "-e", "-f", keytest.WriteFile(t, []byte(line)))
		_, err := keys.ParseTrusted("", []byte(ssh2))
		keytest.CheckSame(t, "line 1: SSH2 public key, not an OpenSSH one: ssh-keygen -i -f FILE converts it", keytest.Message(err))
		keytest.CheckSame(t, line, keytest.Program(t, "ssh-keygen", "-i", "-f", keytest.WriteFile(t, []byte(ssh2))))
	})
}

// Keys that sign no licences are refused by name, and nobody is asked for their
// passphrase.
func TestOtherKindsOfPrivateKey(t *testing.T) {
	const wanted = " is not supported: expected an Ed25519 key, or ECDSA on P-256"
	const wantedType = " is not supported: expected ssh-ed25519 or ecdsa-sha2-nistp256"
	for _, test := range []struct {
		command, want string
	}{
		{"openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024", "RSA" + wanted},
		{"openssl genrsa -traditional", "RSA" + wanted},
		{"openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:1024", "RSA-PSS" + wanted},
		{"openssl genpkey -algorithm ed448", "Ed448" + wanted},
		{"openssl genpkey -algorithm x25519", "X25519" + wanted},
		{"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384", "ECDSA on P-384" + wanted},
		{"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit", "ECDSA on a curve without a name" + wanted},
		{"openssl ecparam -genkey -noout -name secp256k1", "ECDSA on secp256k1" + wanted},
		{"openssl ecparam -genkey -name brainpoolP256r1", "ECDSA on brainpoolP256r1" + wanted},
		{"ssh-keygen -q -t rsa -b 1024 -N long-enough", `key type ssh-rsa` + wantedType},
		{"ssh-keygen -q -t ecdsa -b 384 -N long-enough", `key type ecdsa-sha2-nistp384` + wantedType},
	} {
		t.Run(test.command, func(t *testing.T) {
			args := strings.Fields(test.command)
			file := filepath.Join(t.TempDir(), "key")
			if args[0] == "ssh-keygen" {
				args = append(args, "-f", file)
			} else {
				args = append(args, "-out", file)
			}
			keytest.Program(t, args[0], args[1:]...)
			_, err := private.Parse("", keytest.ReadFile(t, file), neverAsk(t))
			keytest.CheckSame(t, test.want, keytest.Message(err))
		})
	}
}
