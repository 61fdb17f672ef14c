// Package private reads and writes private key files.
//
// A private key is an ed25519.PrivateKey or an *ecdsa.PrivateKey on P-256. It is
// written as an OpenSSH key file, which ssh-keygen and ssh-agent read. It is read
// from that format, with or without a passphrase, and from what OpenSSL writes:
// PKCS#8 (RFC 5958) and SEC 1 (RFC 5915) in PEM.
//
// The functions parse bytes and return bytes. They open no file and do not ask
// for a passphrase; the caller does. No error quotes the file.
package private

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/licseal/licseal/internal/pubkey"
	"github.com/licseal/licseal/keys/internal/keytext"
	"golang.org/x/crypto/ssh"
)

// MaxBytes is the size of the largest private key file that is read, in bytes.
const MaxBytes = keytext.MaxBytes

// ErrPassphraseRequired means that a private key is encrypted, or is to be
// encrypted, and that there is no passphrase.
var ErrPassphraseRequired = errors.New("passphrase required")

// ErrWrongPassphrase means that a private key cannot be decrypted with the
// passphrase given.
var ErrWrongPassphrase = errors.New("wrong passphrase")

// errMismatch refuses a key whose halves do not belong together: an Ed25519
// signature made with the wrong public half reveals the private half.
var errMismatch = errors.New("key is damaged: its public half does not belong to its private half")

// Marshal returns a private key as an OpenSSH key file, encrypted with a
// passphrase: bcrypt with 16 rounds and AES-256-CTR, as ssh-keygen does. The key
// is an ed25519.PrivateKey or an *ecdsa.PrivateKey on P-256. The comment is one
// line of printable text, in which a run of blanks becomes one space; it may be
// empty. An empty passphrase is an error, [ErrPassphraseRequired].
func Marshal(key crypto.Signer, comment string, passphrase []byte) ([]byte, error) {
	if len(passphrase) == 0 {
		return nil, ErrPassphraseRequired
	}
	return marshal(key, comment, func(key crypto.PrivateKey, comment string) (*pem.Block, error) {
		return ssh.MarshalPrivateKeyWithPassphrase(key, comment, passphrase)
	})
}

// MarshalUnencrypted is [Marshal] without a passphrase: anyone who can read the
// file can sign.
func MarshalUnencrypted(key crypto.Signer, comment string) ([]byte, error) {
	return marshal(key, comment, ssh.MarshalPrivateKey)
}

func marshal(key crypto.Signer, comment string, encode func(crypto.PrivateKey, string) (*pem.Block, error)) ([]byte, error) {
	key, err := checkPair(key)
	if err != nil {
		return nil, err
	}
	comment, err = keytext.CleanComment(comment)
	if err != nil {
		return nil, err
	}
	block, err := encode(key, comment)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(block), nil
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
	return nil, pubkey.Unsupported(fmt.Sprintf("%T", key))
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
	if err := pubkey.CheckP256(&key.PublicKey); err != nil {
		return nil, err
	}
	//lint:ignore SA1019 Bytes panics if there is no scalar
	if key.D == nil {
		return nil, errors.New("ECDSA key is incomplete: it has no private half")
	}
	scalar, err := key.Bytes()
	if err != nil {
		return nil, errScalar
	}
	own, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar)
	if err != nil {
		return nil, errScalar
	}
	if !own.PublicKey.Equal(&key.PublicKey) {
		return nil, errMismatch
	}
	return own, nil
}

var errScalar = errors.New("key is damaged: its private half is out of range")
