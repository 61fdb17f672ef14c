package keys

import (
	"crypto"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/licseal/licseal"
	"golang.org/x/crypto/ssh"
)

// parseLine reads a line of a file of trusted keys: TYPE KEY [COMMENT], the public
// key format of sshd(8), or one of OpenSSH's allowed_signers file.
func parseLine(line string) (entry, error) {
	if err := checkPrintable(line); err != nil {
		return entry{}, err
	}
	if i := slices.IndexFunc(blankFields(line), isKeyType); i > 0 {
		return parseSigner(line)
	}
	key, err := parseKeyLine(line)
	return entry{key: key, forLicenses: true}, err
}

// parseKeyLine reads TYPE KEY [COMMENT].
func parseKeyLine(line string) (licseal.TrustedKey, error) {
	fields := blankFields(line)
	if err := checkLayout(fields); err != nil {
		return licseal.TrustedKey{}, err
	}
	key, err := parseKey(fields[0], fields[1])
	if err != nil {
		return licseal.TrustedKey{}, err
	}
	return licseal.TrustedKey{Key: key, Name: strings.Join(fields[2:], " ")}, nil
}

// checkLayout refuses a line that does not start with a type and a key, and says
// what it looks like instead.
func checkLayout(fields []string) error {
	isKey := isKeyType(fields[0])
	switch {
	case !isKey && strings.HasPrefix(fields[0], "AAAA"):
		return errors.New("key has no type before it: wanted ssh-ed25519 or ecdsa-sha2-nistp256 and the key")
	case !isKey && strings.HasPrefix(fields[0], "-----"):
		return errors.New("PEM block is damaged: no BEGIN line before this one")
	case !isKey && strings.HasPrefix(fields[0], "----"):
		return errors.New("not an OpenSSH public key: ssh-keygen -i -f FILE makes one of an SSH2 public key file")
	case !isKey:
		return fmt.Errorf("not a public key: %s: wanted a line such as ssh-ed25519 AAAA…, a # comment or a PEM block", quote(fields[0]))
	case len(fields) < 2:
		return fmt.Errorf("no key after %s", quote(fields[0]))
	}
	return nil
}

// isKeyType reports whether a field looks like the type of some OpenSSH key.
func isKeyType(field string) bool {
	for _, family := range []string{"ssh-", "ecdsa-sha2-", "sk-", "rsa-sha2-"} {
		if strings.HasPrefix(field, family) {
			return true
		}
	}
	return false
}

// parseKey reads the type and the base64 of a key line.
func parseKey(keyType, text string) (crypto.PublicKey, error) {
	if err := checkKeyType(keyType); err != nil {
		return nil, err
	}
	wire, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("key is damaged: not base64: %s", quote(text))
	}
	if inside := wireType(wire); inside != keyType {
		return nil, fmt.Errorf("key is damaged: the line says %s, the key itself %s", keyType, quote(inside))
	}
	return parseWire(wire)
}

// parseWire reads a public key in SSH's wire format (RFC 4253 section 6.6).
func parseWire(wire []byte) (crypto.PublicKey, error) {
	parsed, err := ssh.ParsePublicKey(wire)
	if err != nil {
		return nil, damaged(err)
	}
	holder, ok := parsed.(ssh.CryptoPublicKey)
	if !ok {
		return nil, unsupported(parsed.Type())
	}
	key := holder.CryptoPublicKey()
	if err := checkPublic(key); err != nil {
		return nil, err
	}
	return key, nil
}

// checkKeyType refuses the OpenSSH key types that do not sign licences.
func checkKeyType(keyType string) error {
	switch keyType {
	case ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256:
		return nil
	}
	return fmt.Errorf("key type %s is not supported: wanted %s or %s", quote(keyType), ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256)
}

// wireType returns the type that a key in SSH's wire format starts with, or
// nothing.
func wireType(wire []byte) string {
	var start struct {
		Type string
		Rest []byte `ssh:"rest"`
	}
	if ssh.Unmarshal(wire, &start) != nil {
		return ""
	}
	return start.Type
}
