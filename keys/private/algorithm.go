package private

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
)

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
	return 0, fmt.Errorf("unknown key algorithm %q: expected %v or %v", name, Ed25519, ECDSAP256)
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
