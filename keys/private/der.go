package private

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"

	"github.com/licseal/licseal/internal/pubkey"
)

// These mirror the ASN.1 of private keys. crypto/x509 parses the keys themselves.
// The structures are read first for two reasons: an error can name the algorithm,
// and a key can state its public half, which crypto/x509 ignores.
type (
	// RFC 5958 section 2; without a public key it is RFC 5208's PrivateKeyInfo.
	oneAsymmetricKey struct {
		Version    int
		Algorithm  pkix.AlgorithmIdentifier
		PrivateKey []byte
		Attributes asn1.RawValue  `asn1:"optional,tag:0"`
		PublicKey  asn1.BitString `asn1:"optional,tag:1"`
	}

	// RFC 5915 section 3.
	ecPrivateKey struct {
		Version    int
		PrivateKey []byte
		Curve      asn1.ObjectIdentifier `asn1:"optional,explicit,tag:0"`
		PublicKey  asn1.BitString        `asn1:"optional,explicit,tag:1"`
	}
)

// parsePKCS8 reads the DER of a PEM block of type PRIVATE KEY.
func parsePKCS8(der []byte) (crypto.Signer, error) {
	var info oneAsymmetricKey
	if err := pubkey.UnmarshalDER(der, &info); err != nil {
		return nil, err
	}
	if err := pubkey.CheckAlgorithm(info.Algorithm); err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, errPrivateContent
	}
	key, err := checkPair(parsed)
	if err != nil {
		return nil, err
	}
	if info.Algorithm.Algorithm.String() == pubkey.OIDEC {
		if err := checkSEC1Public(info.PrivateKey, key); err != nil {
			return nil, err
		}
	}
	if err := checkStatedPublic(info.PublicKey, key); err != nil {
		return nil, err
	}
	return key, nil
}

// parseSEC1 reads the DER of a PEM block of type EC PRIVATE KEY.
func parseSEC1(der []byte) (crypto.Signer, error) {
	var info ecPrivateKey
	if err := pubkey.UnmarshalDER(der, &info); err != nil {
		return nil, err
	}
	if err := pubkey.CheckCurve(info.Curve); err != nil {
		return nil, err
	}
	parsed, err := x509.ParseECPrivateKey(der)
	if err != nil {
		return nil, errPrivateContent
	}
	key, err := checkPair(parsed)
	if err != nil {
		return nil, err
	}
	if err := checkStatedPublic(info.PublicKey, key); err != nil {
		return nil, err
	}
	return key, nil
}

// checkSEC1Public compares the public half inside the DER of an EC private key
// with the one that belongs to key.
func checkSEC1Public(der []byte, key crypto.Signer) error {
	var info ecPrivateKey
	if err := pubkey.UnmarshalDER(der, &info); err != nil {
		return err
	}
	return checkStatedPublic(info.PublicKey, key)
}

// checkStatedPublic compares the public half that a file states, if it states
// one, with the one that belongs to key. A point may be stated compressed.
func checkStatedPublic(stated asn1.BitString, key crypto.Signer) error {
	if len(stated.Bytes) == 0 {
		return nil
	}
	own, err := publicBytes(key.Public())
	if err != nil {
		return err
	}
	if bytes.Equal(stated.Bytes, own) || bytes.Equal(stated.Bytes, compress(own)) {
		return nil
	}
	return errMismatch
}

// publicBytes returns a public key as key files state it: the 32 bytes of an
// Ed25519 key, or an uncompressed point.
func publicBytes(pub crypto.PublicKey) ([]byte, error) {
	switch k := pub.(type) {
	case ed25519.PublicKey:
		return k, nil
	case *ecdsa.PublicKey:
		return k.Bytes()
	}
	return nil, pubkey.Unsupported(fmt.Sprintf("%T", pub))
}

// compress returns the compressed form (SEC 1 section 2.3.3) of an uncompressed
// point, or nothing when given anything else.
func compress(point []byte) []byte {
	const size = 32
	if len(point) != 1+2*size {
		return nil
	}
	sign := point[2*size] & 1
	return append([]byte{2 + sign}, point[1:1+size]...)
}

var errPrivateContent = errors.New("key is damaged: its PEM block does not hold a private key of its type")
