package keys

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
	"strings"
)

// These mirror the ASN.1 of key files. crypto/x509 parses the keys themselves;
// here their algorithm is looked at first, so that an error can name it, and the
// public half that a private key may carry, which crypto/x509 steps over.
type (
	// RFC 5280 section 4.1.
	subjectPublicKeyInfo struct {
		Algorithm pkix.AlgorithmIdentifier
		PublicKey asn1.BitString
	}

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

const (
	oidEd25519 = "1.3.101.112"         // RFC 8410
	oidEC      = "1.2.840.10045.2.1"   // RFC 5480
	oidP256    = "1.2.840.10045.3.1.7" // RFC 5480
)

// parseSPKI reads the DER of a PEM block of type PUBLIC KEY.
func parseSPKI(der []byte) (crypto.PublicKey, error) {
	var info subjectPublicKeyInfo
	if err := unmarshalDER(der, &info); err != nil {
		return nil, err
	}
	if err := checkAlgorithm(info.Algorithm); err != nil {
		return nil, err
	}
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, damaged(err)
	}
	if err := checkPublic(key); err != nil {
		return nil, err
	}
	return key, nil
}

// parsePKCS8 reads the DER of a PEM block of type PRIVATE KEY.
func parsePKCS8(der []byte) (crypto.Signer, error) {
	var info oneAsymmetricKey
	if err := unmarshalDER(der, &info); err != nil {
		return nil, err
	}
	if err := checkAlgorithm(info.Algorithm); err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, damaged(err)
	}
	key, err := checkPair(parsed)
	if err != nil {
		return nil, err
	}
	if info.Algorithm.Algorithm.String() == oidEC {
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
	if err := unmarshalDER(der, &info); err != nil {
		return nil, err
	}
	if err := checkCurve(info.Curve); err != nil {
		return nil, err
	}
	parsed, err := x509.ParseECPrivateKey(der)
	if err != nil {
		return nil, damaged(err)
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
	if err := unmarshalDER(der, &info); err != nil {
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
	return nil, unsupported(fmt.Sprintf("%T", pub))
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

// unmarshalDER parses all of der.
func unmarshalDER(der []byte, value any) error {
	rest, err := asn1.Unmarshal(der, value)
	if err != nil {
		return errors.New("key is damaged: its PEM block does not hold what it says")
	}
	if len(rest) > 0 {
		return errors.New("key is damaged: bytes after its end")
	}
	return nil
}

// damaged says that a key is damaged, with what the library that parsed it says
// about it.
func damaged(err error) error {
	detail := err.Error()
	for _, library := range []string{"x509: ", "ssh: ", "ecdsa: "} {
		detail = strings.TrimPrefix(detail, library)
	}
	return fmt.Errorf("key is damaged: %s", detail)
}

// checkAlgorithm refuses the algorithms that do not sign licences.
func checkAlgorithm(a pkix.AlgorithmIdentifier) error {
	switch oid := a.Algorithm.String(); oid {
	case oidEd25519:
		return nil
	case oidEC:
		var curve asn1.ObjectIdentifier
		if err := unmarshalDER(a.Parameters.FullBytes, &curve); err != nil {
			return unsupported("ECDSA on a curve without a name")
		}
		return checkCurve(curve)
	default:
		return unsupported(algorithmName(oid))
	}
}

// checkCurve refuses the curves that do not sign licences.
func checkCurve(curve asn1.ObjectIdentifier) error {
	if len(curve) == 0 {
		return unsupported("ECDSA on a curve without a name")
	}
	if curve.String() != oidP256 {
		return unsupported("ECDSA on " + curveName(curve.String()))
	}
	return nil
}

// algorithmName returns what people call an algorithm.
func algorithmName(oid string) string {
	switch oid {
	case "1.2.840.113549.1.1.1":
		return "RSA"
	case "1.2.840.113549.1.1.10":
		return "RSA-PSS"
	case "1.2.840.10040.4.1":
		return "DSA"
	case "1.3.101.110":
		return "X25519"
	case "1.3.101.111":
		return "X448"
	case "1.3.101.113":
		return "Ed448"
	}
	return "algorithm " + oid
}

// curveName returns what people call a curve.
func curveName(oid string) string {
	switch oid {
	case "1.3.132.0.10":
		return "secp256k1"
	case "1.3.132.0.33":
		return "P-224"
	case "1.3.132.0.34":
		return "P-384"
	case "1.3.132.0.35":
		return "P-521"
	case "1.3.36.3.3.2.8.1.1.7":
		return "brainpoolP256r1"
	}
	return "curve " + oid
}
