// Package keys turns key files into the standard library's key types, and back.
//
// Two kinds of key sign licences: Ed25519 (RFC 8032), the default, and ECDSA on
// P-256 (FIPS 186-5). Public keys are ed25519.PublicKey and *ecdsa.PublicKey,
// private keys ed25519.PrivateKey and *ecdsa.PrivateKey; nothing else leaves
// this package.
//
// A private key is written as an OpenSSH key file, which ssh-keygen and
// ssh-agent read. It is read from that format, with or without a passphrase, and
// from what OpenSSL writes: PKCS#8 (RFC 5958) and SEC 1 (RFC 5915) in PEM.
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
// PEM blocks of type PUBLIC KEY may stand between the lines.
//
// The functions here parse bytes and make bytes. They open no file and no
// connection, and ask nobody for a passphrase; their caller does.
package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"

	"github.com/licseal/licseal"
)

// MaxBytes is the size of the largest key file that is read, of either kind. It
// is room for some 2,000 trusted keys.
const MaxBytes = 256 << 10

// Algorithm is a kind of key.
type Algorithm uint8

const (
	// Ed25519 is pure Ed25519 (RFC 8032).
	Ed25519 Algorithm = iota
	// ECDSAP256 is ECDSA on the curve P-256 with SHA-256 (FIPS 186-5).
	ECDSAP256
)

// String returns the name that [ParseAlgorithm] reads.
func (a Algorithm) String() string {
	switch a {
	case Ed25519:
		return "ed25519"
	case ECDSAP256:
		return "ecdsa-p256"
	}
	return fmt.Sprintf("Algorithm(%d)", uint8(a))
}

// ParseAlgorithm returns the algorithm with the given name: ed25519 or
// ecdsa-p256.
func ParseAlgorithm(name string) (Algorithm, error) {
	for _, a := range []Algorithm{Ed25519, ECDSAP256} {
		if name == a.String() {
			return a, nil
		}
	}
	return 0, fmt.Errorf("unknown key algorithm %s: wanted %v or %v", quote(name), Ed25519, ECDSAP256)
}

// Generate makes a new key: an ed25519.PrivateKey or an *ecdsa.PrivateKey.
func Generate(a Algorithm) (crypto.Signer, error) {
	switch a {
	case Ed25519:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return nil, err
		}
		return key, nil
	case ECDSAP256:
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		return key, nil
	}
	return nil, fmt.Errorf("unknown key algorithm %v", a)
}

// ID returns the name by which a public key is known: OpenSSH's SHA-256
// fingerprint, such as "SHA256:bbXpuKG6…", which ssh-keygen -l prints. For what
// is not a key of one of the two kinds it is the empty string.
func ID(pub crypto.PublicKey) string { return licseal.KeyID(pub) }
