// Package keys reads the public keys that verify licences, and writes them.
//
// Two kinds of key sign licences: Ed25519 (RFC 8032), the default, and ECDSA on
// P-256 (FIPS 186-5). Public keys are ed25519.PublicKey and *ecdsa.PublicKey;
// [licseal.KeyID] names one. Private key files are read by package private below
// this one, keys in an SSH agent by package agent.
//
// A file of trusted keys has one OpenSSH public key a line:
//
//	# who may issue licences
//	ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea issuing 2026
//
// A line may also be one of OpenSSH's allowed_signers file (ssh-keygen(1)), which
// names the issuer and the dates for which the key is trusted; ssh-keygen -Y reads
// a file of such lines too:
//
//	licences@vendor.example namespaces="licseal",valid-before="20270101Z" ssh-ed25519 AAAAC3Nz…
//
// PEM blocks of type PUBLIC KEY may be placed between the lines.
//
// [ParseTrusted] reads such a file; [TrustedFile] edits one. The functions parse
// bytes and return bytes, and open no file. No error quotes the file: any file may
// be given by mistake, also one that holds a secret.
package keys

import (
	"crypto"
	"encoding/base64"

	"github.com/licseal/licseal/internal/pubkey"
	"github.com/licseal/licseal/keys/internal/keytext"
)

// MaxBytes is the size of the largest file of trusted keys that is read, in bytes.
// It holds about 2,000 keys.
const MaxBytes = keytext.MaxBytes

// MarshalPublic returns a public key as an OpenSSH line that ends in a newline:
// the content of a .pub file, and a line of a file of trusted keys. The comment
// may be empty; it is one line of printable text, in which a run of blanks becomes
// one space. A key that [ParseTrusted] would refuse is an error.
func MarshalPublic(pub crypto.PublicKey, comment string) ([]byte, error) {
	line, err := publicLine(pub, comment)
	if err != nil {
		return nil, err
	}
	return append([]byte(line), '\n'), nil
}

// publicLine returns the line TYPE KEY [COMMENT].
func publicLine(pub crypto.PublicKey, comment string) (string, error) {
	keyType, wire, err := pubkey.Marshal(pub)
	if err != nil {
		return "", err
	}
	comment, err = keytext.CleanComment(comment)
	if err != nil {
		return "", err
	}
	line := keyType + " " + base64.StdEncoding.EncodeToString(wire)
	if comment != "" {
		line += " " + comment
	}
	return line, nil
}

// MarshalPublicPEM returns a public key as a PEM block of type PUBLIC KEY, a
// SubjectPublicKeyInfo (RFC 5280, RFC 7468): what openssl pkey -pubin and
// openssl pkeyutl -pubin read.
func MarshalPublicPEM(pub crypto.PublicKey) ([]byte, error) {
	return pubkey.MarshalPEM(pub)
}
