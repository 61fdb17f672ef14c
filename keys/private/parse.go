package private

import (
	"crypto"
	"encoding/pem"
	"errors"
	"strings"

	"github.com/licseal/licseal/internal/pubkey"
	"github.com/licseal/licseal/keys/internal/keytext"
)

// Parse reads a private key file: an OpenSSH key, PKCS#8 or SEC 1 in PEM. It
// returns an ed25519.PrivateKey or an *ecdsa.PrivateKey on P-256. The file holds
// one key and nothing else; EC PARAMETERS may precede a SEC 1 key, as OpenSSL
// writes them. name is what errors call the file.
//
// passphrase is called at most once, and only if the key is encrypted. If it is
// nil, an encrypted key is an error, [ErrPassphraseRequired]. The other errors are
// [ErrWrongPassphrase], or what passphrase returned, each wrapped, or say what is
// wrong with the file. A key whose public half does not belong to its private half
// is refused.
func Parse(name string, data []byte, passphrase func() ([]byte, error)) (crypto.Signer, error) {
	s := keytext.Source{Name: name, Data: data}
	block, err := onlyBlock(s)
	if err != nil {
		return nil, err
	}
	key, err := parseBlock(block, passphrase)
	if err != nil {
		return nil, s.Errorf(0, "%w", err)
	}
	return key, nil
}

// onlyBlock returns the one PEM block of a private key file.
func onlyBlock(s keytext.Source) (*pem.Block, error) {
	elements, err := s.Elements()
	if err != nil {
		return nil, err
	}
	if len(elements) > 1 && elements[0].IsBlock("EC PARAMETERS") && elements[1].IsBlock("EC PRIVATE KEY") {
		elements = elements[1:]
	}
	switch {
	case len(elements) == 0:
		return nil, s.Errorf(0, "empty file: expected a private key")
	case elements[0].Block == nil:
		return nil, s.Errorf(elements[0].Line, "%w", notPrivate(elements[0].Text))
	case len(elements) > 1 && elements[1].Block != nil:
		return nil, s.Errorf(elements[1].Line, "more than one key in this file: expected one")
	case len(elements) > 1:
		return nil, s.Errorf(elements[1].Line, "text after the private key: expected the key alone")
	}
	return elements[0].Block, nil
}

// notPrivate returns an error that says what a file that begins with this line is
// instead of a private key.
func notPrivate(line string) error {
	if strings.HasPrefix(line, keytext.PuTTY) {
		return errors.New("PuTTY key: puttygen FILE -O private-openssh-new -o NEW converts it to an OpenSSH key")
	}
	for _, field := range keytext.Fields(line) {
		if pubkey.IsType(field) {
			return errPublic
		}
	}
	return errors.New("not a private key: expected an OpenSSH key, or PKCS#8 or SEC 1 in PEM")
}

var errPublic = errors.New("public key: expected the private key, whose file usually has the same name without .pub")

// parseBlock reads the PEM block of a private key file.
func parseBlock(block *pem.Block, passphrase func() ([]byte, error)) (crypto.Signer, error) {
	if err := checkType(block); err != nil {
		return nil, err
	}
	if err := keytext.CheckNoHeaders(block); err != nil {
		return nil, err
	}
	switch block.Type {
	case "OPENSSH PRIVATE KEY":
		return parseOpenSSH(block, passphrase)
	case "PRIVATE KEY":
		return parsePKCS8(block.Bytes)
	}
	return parseSEC1(block.Bytes)
}

// checkType refuses the PEM blocks that are not read, and says how to convert
// those that can be converted.
func checkType(block *pem.Block) error {
	switch block.Type {
	case "OPENSSH PRIVATE KEY", "PRIVATE KEY":
		return nil
	case "EC PRIVATE KEY":
		if strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
			return errors.New("key is encrypted in an old way that is not supported: ssh-keygen -p -f FILE converts it to an OpenSSH key")
		}
		return nil
	case "ENCRYPTED PRIVATE KEY":
		return errors.New("encrypted PKCS#8 is not supported: openssl pkey -in FILE -out NEW decrypts it; if it is ECDSA, ssh-keygen -p -f FILE converts it to an OpenSSH key")
	case "RSA PRIVATE KEY", "DSA PRIVATE KEY":
		return pubkey.Unsupported(strings.TrimSuffix(block.Type, " PRIVATE KEY"))
	case "PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE":
		return errPublic
	}
	return errors.New("PEM block of another type: expected a private key")
}
