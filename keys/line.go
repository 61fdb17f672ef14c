package keys

import (
	"crypto"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/pubkey"
	"github.com/licseal/licseal/keys/internal/keytext"
)

// parseLine reads a line of a file of trusted keys: TYPE KEY [COMMENT], the public
// key format of sshd(8), or a line of OpenSSH's allowed_signers file.
func parseLine(line string) (entry, error) {
	if err := keytext.CheckPrintable(line); err != nil {
		return entry{}, err
	}
	if strings.HasPrefix(line, keytext.PuTTY) {
		return entry{}, errors.New("PuTTY key file: puttygen -L FILE prints its public key")
	}
	fields := keytext.Fields(line)
	if isSigner(fields) {
		return parseSigner(line)
	}
	key, err := parseKeyLine(fields)
	return entry{key: key, forLicenses: true}, err
}

// isSigner reports whether a line has principals before its key. A principal may
// be the name of a key type.
func isSigner(fields []string) bool {
	if startsKey(fields) && (len(fields) < 2 || isBlob(fields[1])) {
		return false
	}
	for i := range fields {
		if i > 0 && startsKey(fields[i:]) {
			return true
		}
	}
	return false
}

// startsKey reports whether fields begin with the type of a key. One that is not
// known looks like a type, and a key follows it.
func startsKey(fields []string) bool {
	switch {
	case len(fields) == 0:
		return false
	case pubkey.IsType(fields[0]):
		return true
	}
	return len(fields) > 1 && looksLikeType(fields[0]) && isBlob(fields[1])
}

func looksLikeType(field string) bool {
	for _, family := range []string{"ssh-", "ecdsa-sha2-", "sk-", "rsa-sha2-"} {
		if strings.HasPrefix(field, family) {
			return true
		}
	}
	return false
}

// isBlob reports whether a field looks like the base64 of a key in SSH's wire
// format, which begins with a length below 256.
func isBlob(field string) bool { return strings.HasPrefix(field, "AAAA") }

// parseKeyLine reads TYPE KEY [COMMENT].
func parseKeyLine(fields []string) (licseal.TrustedKey, error) {
	if err := checkLayout(fields); err != nil {
		return licseal.TrustedKey{}, err
	}
	key, err := parseKey(fields[0], fields[1])
	if err != nil {
		return licseal.TrustedKey{}, err
	}
	if err := checkOneKey(fields); err != nil {
		return licseal.TrustedKey{}, err
	}
	return licseal.TrustedKey{Key: key, Name: strings.Join(fields[2:], " ")}, nil
}

// checkOneKey refuses a comment that has another key: a line break was lost.
func checkOneKey(fields []string) error {
	for i := 3; i < len(fields); i++ {
		parts := strings.Split(fields[i-1], `\n`)
		if startsKey([]string{parts[len(parts)-1], fields[i]}) && isBlob(fields[i]) {
			return errors.New("two keys on this line: put each on a line of its own")
		}
	}
	return nil
}

// checkLayout refuses a line that does not start with a type and a key.
func checkLayout(fields []string) error {
	first := fields[0]
	switch {
	case startsKey(fields) && len(fields) < 2:
		return fmt.Errorf("no key after %s", first)
	case startsKey(fields):
		return nil
	case isBlob(first):
		return fmt.Errorf("key has no type: expected %s or %s before it", pubkey.TypeEd25519, pubkey.TypeP256)
	case strings.HasPrefix(first, "-----"):
		return errors.New("PEM block is damaged: no BEGIN line before this one")
	case strings.HasPrefix(first, "----"):
		return errors.New("SSH2 public key, not an OpenSSH one: ssh-keygen -i -f FILE converts it")
	}
	return errors.New("not a public key: expected a line such as ssh-ed25519 AAAA…, a # comment or a PEM block")
}

// parseKey reads the type and the base64 of a key line.
func parseKey(keyType, text string) (crypto.PublicKey, error) {
	if err := pubkey.CheckType(keyType); err != nil {
		return nil, err
	}
	wire, err := base64.StdEncoding.Strict().DecodeString(text)
	switch {
	case err != nil && strings.Contains(text, `\n`):
		return nil, errors.New(`the line has \n in it: put a line break there`)
	case err != nil:
		return nil, errors.New("key is damaged: not base64")
	}
	if inside := pubkey.Type(wire); inside != keyType {
		return nil, errors.New("key is damaged: its type is not the one before it")
	}
	return pubkey.Parse(wire)
}
