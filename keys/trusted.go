package keys

import (
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/licseal/licseal"
)

// ParseTrusted reads a file of trusted keys: OpenSSH public keys, one a line, and
// PEM blocks of type PUBLIC KEY, in any mix; blank lines and lines that start
// with # are skipped. It returns at least one key, in the order of the file. A
// key's Name is the comment of its line, and empty for a PEM block.
//
// The whole file is refused, with an error that names the line, when it has
// anything else, the same key twice, a private key, or a key that proves nothing
// (an Ed25519 point of small order). name is what errors call the file.
func ParseTrusted(name string, data []byte) ([]licseal.TrustedKey, error) {
	s := source{name: name, data: data}
	elements, err := s.elements()
	if err != nil {
		return nil, err
	}
	var trusted []licseal.TrustedKey
	lineOf := make(map[string]int) // by ID
	for _, e := range elements {
		if strings.HasPrefix(e.text, "#") {
			continue
		}
		key, err := e.trustedKey()
		if err != nil {
			return nil, s.errorf(e.line, "%v", err)
		}
		id := ID(key.Key)
		if first, ok := lineOf[id]; ok {
			return nil, s.errorf(e.line, "key %s is on line %d already: remove one of the two", id, first)
		}
		lineOf[id] = e.line
		trusted = append(trusted, key)
	}
	if len(trusted) == 0 {
		return nil, s.errorf(0, "no key in this file: wanted at least one OpenSSH public key line or PEM public key")
	}
	return trusted, nil
}

// trustedKey reads the key of a line or of a PEM block.
func (e element) trustedKey() (licseal.TrustedKey, error) {
	if e.block == nil {
		return parseLine(e.text)
	}
	return parsePublicBlock(e.block)
}

// parsePublicBlock reads a PEM block of a file of trusted keys.
func parsePublicBlock(block *pem.Block) (licseal.TrustedKey, error) {
	switch {
	case strings.HasSuffix(block.Type, "PRIVATE KEY"):
		return licseal.TrustedKey{}, errors.New("private key in a file of trusted keys: put its public key here, and keep the private key to whoever signs")
	case block.Type == "CERTIFICATE":
		return licseal.TrustedKey{}, errors.New("certificate, not a public key: openssl x509 -pubkey -noout -in FILE prints its key")
	case block.Type != "PUBLIC KEY":
		return licseal.TrustedKey{}, fmt.Errorf("PEM block of type %s: wanted PUBLIC KEY", quote(block.Type))
	}
	if err := checkNoHeaders(block); err != nil {
		return licseal.TrustedKey{}, err
	}
	key, err := parseSPKI(block.Bytes)
	if err != nil {
		return licseal.TrustedKey{}, err
	}
	return licseal.TrustedKey{Key: key}, nil
}

// checkNoHeaders refuses PEM headers, which RFC 7468 does not have: what they say
// would be lost.
func checkNoHeaders(block *pem.Block) error {
	if len(block.Headers) > 0 {
		return errors.New("PEM block has headers: remove them")
	}
	return nil
}
