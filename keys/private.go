package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
)

// ErrPassphraseRequired means that a private key is, or is to be, encrypted and
// that there is no passphrase.
var ErrPassphraseRequired = errors.New("passphrase required")

// ErrWrongPassphrase means that a private key does not decrypt with the
// passphrase.
var ErrWrongPassphrase = errors.New("wrong passphrase")

// errMismatch keeps a key from being used whose halves do not belong together: an
// Ed25519 signature made with the wrong public half gives the private half away.
var errMismatch = errors.New("key is damaged: its public half does not belong to its private half")

// MarshalPrivate returns a private key as an OpenSSH key file, encrypted with a
// passphrase: bcrypt with 16 rounds and AES-256-CTR, as ssh-keygen does. The key
// is an ed25519.PrivateKey or an *ecdsa.PrivateKey on P-256; the comment is as
// for [MarshalPublic]. An empty passphrase is an error, [ErrPassphraseRequired].
func MarshalPrivate(key crypto.Signer, comment string, passphrase []byte) ([]byte, error) {
	if len(passphrase) == 0 {
		return nil, ErrPassphraseRequired
	}
	return marshalPrivate(key, comment, func(key crypto.PrivateKey, comment string) (*pem.Block, error) {
		return ssh.MarshalPrivateKeyWithPassphrase(key, comment, passphrase)
	})
}

// MarshalPrivateUnencrypted is [MarshalPrivate] without a passphrase: whoever can
// read the file can sign.
func MarshalPrivateUnencrypted(key crypto.Signer, comment string) ([]byte, error) {
	return marshalPrivate(key, comment, ssh.MarshalPrivateKey)
}

func marshalPrivate(key crypto.Signer, comment string, encode func(crypto.PrivateKey, string) (*pem.Block, error)) ([]byte, error) {
	key, err := checkPair(key)
	if err != nil {
		return nil, err
	}
	comment, err = cleanComment(comment)
	if err != nil {
		return nil, err
	}
	block, err := encode(key, comment)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(block), nil
}

// ParsePrivate reads a private key file: an OpenSSH key, PKCS#8 or SEC 1 in PEM.
// It returns an ed25519.PrivateKey or an *ecdsa.PrivateKey on P-256. The file
// holds one key and nothing else; EC PARAMETERS may stand before a SEC 1 key, as
// OpenSSL writes them.
//
// passphrase is called at most once, and only when the key is encrypted; nil
// stands for nobody to ask. The error is [ErrPassphraseRequired],
// [ErrWrongPassphrase] or what passphrase returned, each wrapped, or says what is
// wrong with the file. A key whose public half does not belong to its private half
// is refused. name is what errors call the file.
func ParsePrivate(name string, data []byte, passphrase func() ([]byte, error)) (crypto.Signer, error) {
	s := source{name: name, data: data}
	e, err := s.onlyBlock()
	if err != nil {
		return nil, err
	}
	key, err := parsePrivateBlock(e.block, passphrase)
	if err != nil {
		return nil, s.errorf(0, "%w", err)
	}
	return key, nil
}

// onlyBlock returns the one PEM block of a private key file.
func (s source) onlyBlock() (element, error) {
	elements, err := s.elements()
	if err != nil {
		return element{}, err
	}
	if len(elements) > 1 && elements[0].isBlock("EC PARAMETERS") && elements[1].isBlock("EC PRIVATE KEY") {
		elements = elements[1:]
	}
	switch {
	case len(elements) == 0:
		return element{}, s.errorf(0, "empty file: wanted a private key")
	case elements[0].block == nil:
		return element{}, s.errorf(elements[0].line, "%v", notPrivate(elements[0].text))
	case len(elements) > 1 && elements[1].block != nil:
		return element{}, s.errorf(elements[1].line, "more than one key in this file: wanted one")
	case len(elements) > 1:
		return element{}, s.errorf(elements[1].line, "text after the private key: wanted the key alone")
	}
	return elements[0], nil
}

func (e element) isBlock(pemType string) bool { return e.block != nil && e.block.Type == pemType }

// notPrivate says what a file that starts with this line is instead of a private
// key. It does not quote the line, which may be a secret.
func notPrivate(line string) error {
	if strings.HasPrefix(line, "PuTTY-User-Key-File-") {
		return errors.New("PuTTY key: puttygen FILE -O private-openssh-new -o NEW makes an OpenSSH key of it")
	}
	for _, field := range blankFields(line) {
		if isKeyType(field) {
			return errPublic
		}
	}
	return errors.New("not a private key: wanted an OpenSSH key, or PKCS#8 or SEC 1 in PEM")
}

var errPublic = errors.New("public key: wanted the private key, whose file usually has the same name without .pub")

// parsePrivateBlock reads the PEM block of a private key file.
func parsePrivateBlock(block *pem.Block, passphrase func() ([]byte, error)) (crypto.Signer, error) {
	if err := checkPrivateType(block); err != nil {
		return nil, err
	}
	if err := checkNoHeaders(block); err != nil {
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

// checkPrivateType refuses the PEM blocks that are not read, each with its way
// out.
func checkPrivateType(block *pem.Block) error {
	switch block.Type {
	case "OPENSSH PRIVATE KEY", "PRIVATE KEY":
		return nil
	case "EC PRIVATE KEY":
		if strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
			return errors.New("key is encrypted in an old way that is not supported: ssh-keygen -p -f FILE makes an OpenSSH key of it")
		}
		return nil
	case "ENCRYPTED PRIVATE KEY":
		return errors.New("encrypted PKCS#8 is not supported: openssl pkey -in FILE -out NEW decrypts it; ssh-keygen -p -f FILE makes an OpenSSH key of it if it is ECDSA")
	case "RSA PRIVATE KEY", "DSA PRIVATE KEY":
		return unsupported(strings.TrimSuffix(block.Type, " PRIVATE KEY"))
	case "PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE":
		return errPublic
	}
	return fmt.Errorf("PEM block of type %s: wanted a private key", quote(block.Type))
}

// checkPair returns a private key as one of the two types that leave this package,
// or an error unless its public half belongs to its private half.
func checkPair(key any) (crypto.Signer, error) {
	switch k := key.(type) {
	case *ed25519.PrivateKey: // what x/crypto/ssh returns
		if k != nil {
			return checkPair(*k)
		}
	case ed25519.PrivateKey:
		return checkEd25519Pair(k)
	case *ecdsa.PrivateKey:
		if k != nil {
			return checkECDSAPair(k)
		}
	}
	return nil, unsupported(fmt.Sprintf("%T", key))
}

func checkEd25519Pair(key ed25519.PrivateKey) (crypto.Signer, error) {
	if len(key) != ed25519.PrivateKeySize {
		return nil, fmt.Errorf("an Ed25519 private key has %d bytes, this one %d", ed25519.PrivateKeySize, len(key))
	}
	if !ed25519.NewKeyFromSeed(key.Seed()).Equal(key) {
		return nil, errMismatch
	}
	return key, nil
}

func checkECDSAPair(key *ecdsa.PrivateKey) (crypto.Signer, error) {
	if err := checkP256(&key.PublicKey); err != nil {
		return nil, err
	}
	//lint:ignore SA1019 Bytes panics where there is no scalar
	if key.D == nil {
		return nil, errors.New("ECDSA key is incomplete: it has no private half")
	}
	scalar, err := key.Bytes()
	if err != nil {
		return nil, damaged(err)
	}
	own, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar)
	if err != nil {
		return nil, damaged(err)
	}
	if !own.PublicKey.Equal(&key.PublicKey) {
		return nil, errMismatch
	}
	return own, nil
}
