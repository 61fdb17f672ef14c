package keys

import (
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/licseal/licseal"
)

// ParseTrusted reads a file of trusted keys: OpenSSH public keys and
// allowed_signers lines, one a line, and PEM blocks of type PUBLIC KEY, in any mix;
// blank lines and lines that start with # are skipped. It returns at least one key,
// in the order of the file. A key's Name is the comment of its line, or else its
// principals, and empty for a PEM block.
//
// Of an allowed_signers line, the options namespaces, valid-after and valid-before
// are read. A line whose namespaces do not allow [Namespace] is for other things
// than licences, whatever its key and options, and left out; [ParseTrustedFile] has it. A time needs its Z: without
// it, OpenSSH reads it in the zone of the machine. An instant is trusted from
// valid-after on, and before valid-before.
//
// The whole file is refused, with an error that names the line, when it has
// anything else, the same key twice for some of the same dates, a private key, or a
// key that proves nothing (an Ed25519 point of small order). name is what errors
// call the file.
func ParseTrusted(name string, data []byte) ([]licseal.TrustedKey, error) {
	f, err := ParseTrustedFile(name, data)
	if err != nil {
		return nil, err
	}
	return f.Trusted()
}

// Trusted returns the keys that are trusted for licences, as [ParseTrusted] does.
// It is an error if there are none.
func (f *TrustedFile) Trusted() ([]licseal.TrustedKey, error) {
	var trusted []licseal.TrustedKey
	for _, e := range f.entries {
		if e.forLicenses {
			trusted = append(trusted, e.key)
		}
	}
	switch {
	case len(f.entries) == 0:
		return nil, f.source.errorf(0, "no key in this file: wanted at least one OpenSSH public key line or PEM public key")
	case len(trusted) == 0:
		return nil, f.source.errorf(f.entries[0].line, "no key in this file is for licences: the namespaces of this one are %s, without %s", quote(f.entries[0].namespaces), Namespace)
	}
	return trusted, nil
}

// entry reads the key of a line or of a PEM block.
func (e element) entry() (found entry, err error) {
	if e.block == nil {
		found, err = parseLine(e.text)
	} else {
		found.key, err = parsePublicBlock(e.block)
		found.forLicenses = true
	}
	found.line, found.lines = e.line, e.lines
	return found, err
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
