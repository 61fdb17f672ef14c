package pubkey

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"strconv"
	"strings"
)

// OIDEC is the algorithm of ECDSA keys (RFC 5480), in dotted form.
const OIDEC = "1.2.840.10045.2.1"

const (
	oidEd25519 = "1.3.101.112"         // RFC 8410
	oidP256    = "1.2.840.10045.3.1.7" // RFC 5480
)

// What comes before the key in a SubjectPublicKeyInfo, which DER writes in one way only:
// for Ed25519 (RFC 8410) the 32 bytes of the key, for P-256 (RFC 5480) the 65 bytes of
// the uncompressed point follow. So no crypto/x509 is needed, which imports net.
var (
	ed25519Prefix = []byte("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00")
	p256Prefix    = []byte("\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00")
)

// ParseSPKI reads the DER of a PEM block of type PUBLIC KEY, a
// SubjectPublicKeyInfo (RFC 5280, section 4.1): an ed25519.PublicKey or an
// *ecdsa.PublicKey on P-256, with a sound point.
func ParseSPKI(der []byte) (crypto.PublicKey, error) {
	var key crypto.PublicKey
	if raw, ok := bytes.CutPrefix(der, ed25519Prefix); ok && len(raw) == ed25519.PublicKeySize {
		key = ed25519.PublicKey(bytes.Clone(raw))
	} else if raw, ok := bytes.CutPrefix(der, p256Prefix); ok {
		point, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw)
		if err != nil {
			return nil, errContent
		}
		key = point
	} else {
		return nil, whyNotSPKI(der)
	}
	if err := Check(key); err != nil {
		return nil, err
	}
	return key, nil
}

// The tags of ASN.1 that are read here.
const (
	tagOID      = 0x06
	tagSequence = 0x30
)

// whyNotSPKI says what a SubjectPublicKeyInfo holds that is no key for licences.
func whyNotSPKI(der []byte) error {
	info, rest, ok := cutDER(der, tagSequence)
	if ok && len(rest) > 0 {
		return errTrailing
	}
	algorithm, _, ok := cutDER(info, tagSequence)
	if !ok {
		return errContent
	}
	oid, parameters, ok := cutDER(algorithm, tagOID)
	if !ok {
		return errContent
	}
	curve, _, _ := cutDER(parameters, tagOID)
	if err := checkOIDs(oidText(oid), oidText(curve)); err != nil {
		return err
	}
	return errContent
}

// cutDER returns the content of the value that der begins with, and what follows it. ok
// is false if it has another tag or is cut off.
func cutDER(der []byte, tag byte) (content, rest []byte, ok bool) {
	if len(der) < 2 || der[0] != tag {
		return nil, nil, false
	}
	n, at := int(der[1]), 2
	if n > 0x80 && n <= 0x82 { // the length is in the next one or two bytes
		size := n - 0x80
		if len(der) < at+size {
			return nil, nil, false
		}
		n = 0
		for _, b := range der[at : at+size] {
			n = n<<8 | int(b)
		}
		at += size
	} else if n >= 0x80 {
		return nil, nil, false
	}
	if len(der)-at < n {
		return nil, nil, false
	}
	return der[at : at+n], der[at+n:], true
}

// oidText returns an object identifier in dotted form, "" if there is none.
func oidText(content []byte) string {
	var b strings.Builder
	arc := uint64(0)
	for _, c := range content {
		arc = arc<<7 | uint64(c&0x7f)
		if c&0x80 != 0 {
			continue
		}
		if b.Len() == 0 {
			first := min(arc/40, 2)
			b.WriteString(strconv.FormatUint(first, 10))
			arc -= first * 40
		}
		b.WriteString("." + strconv.FormatUint(arc, 10))
		arc = 0
	}
	return b.String()
}

// MarshalPEM returns a public key as a PEM block of type PUBLIC KEY.
func MarshalPEM(pub crypto.PublicKey) ([]byte, error) {
	if err := Check(pub); err != nil {
		return nil, err
	}
	var der []byte
	switch k := pub.(type) {
	case ed25519.PublicKey:
		der = append(bytes.Clone(ed25519Prefix), k...)
	case *ecdsa.PublicKey:
		point, err := k.Bytes()
		if err != nil {
			return nil, err
		}
		der = append(bytes.Clone(p256Prefix), point...)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil
}

var (
	errContent  = errors.New("key is damaged: its PEM block does not hold a key of its type")
	errTrailing = errors.New("key is damaged: bytes after its end")
)

// UnmarshalDER parses der, which must be one ASN.1 value and nothing else.
func UnmarshalDER(der []byte, value any) error {
	rest, err := asn1.Unmarshal(der, value)
	if err != nil {
		return errContent
	}
	if len(rest) > 0 {
		return errTrailing
	}
	return nil
}

// CheckAlgorithm refuses the algorithms that do not sign licences.
func CheckAlgorithm(a pkix.AlgorithmIdentifier) error {
	var curve asn1.ObjectIdentifier
	if UnmarshalDER(a.Parameters.FullBytes, &curve) != nil {
		curve = nil
	}
	return checkOIDs(a.Algorithm.String(), curve.String())
}

// CheckCurve refuses the curves that do not sign licences.
func CheckCurve(curve asn1.ObjectIdentifier) error { return checkOIDs(OIDEC, curve.String()) }

// checkOIDs refuses the algorithms, and the curves of ECDSA, that do not sign licences.
func checkOIDs(algorithm, curve string) error {
	switch {
	case algorithm == oidEd25519, algorithm == OIDEC && curve == oidP256:
		return nil
	case algorithm != OIDEC:
		return Unsupported(algorithmName(algorithm))
	case curve == "":
		return Unsupported("ECDSA on a curve without a name")
	}
	return Unsupported("ECDSA on " + curveName(curve))
}

// algorithmName returns the usual name of an algorithm.
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

// curveName returns the usual name of a curve.
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
