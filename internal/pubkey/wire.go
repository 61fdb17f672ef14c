package pubkey

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/binary"
	"errors"
	"fmt"
)

// The types of SSH keys that sign licences.
const (
	TypeEd25519 = "ssh-ed25519"
	TypeP256    = "ecdsa-sha2-nistp256"
)

// CurveP256 is how SSH names the curve P-256.
const CurveP256 = "nistp256"

// Parse reads a public key in SSH's wire format (RFC 8709 section 4, RFC 5656
// section 3.1): an ed25519.PublicKey or an *ecdsa.PublicKey on P-256, with a
// sound point.
func Parse(wire []byte) (crypto.PublicKey, error) {
	keyType := Type(wire)
	if err := CheckType(keyType); err != nil {
		return nil, err
	}
	_, rest, _ := Cut(wire)
	if keyType == TypeP256 {
		curve, after, ok := Cut(rest)
		if !ok || string(curve) != CurveP256 {
			return nil, errors.New("key is damaged: its curve is not the one of its type")
		}
		rest = after
	}
	point, rest, ok := Cut(rest)
	switch {
	case !ok:
		return nil, errors.New("key is damaged: cut short")
	case len(rest) > 0:
		return nil, errors.New("key is damaged: bytes after its end")
	case keyType == TypeP256:
		return parsePoint(point)
	}
	key := ed25519.PublicKey(point)
	if err := Check(key); err != nil {
		return nil, err
	}
	return key, nil
}

// parsePoint reads an uncompressed point on P-256.
func parsePoint(point []byte) (crypto.PublicKey, error) {
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return nil, errOffCurve
	}
	return key, nil
}

// Marshal returns the type of a public key, and the key in SSH's wire format.
func Marshal(pub crypto.PublicKey) (keyType string, wire []byte, err error) {
	if err := Check(pub); err != nil {
		return "", nil, err
	}
	if k, ok := pub.(*ecdsa.PublicKey); ok {
		point, err := k.Bytes()
		if err != nil {
			return "", nil, errOffCurve
		}
		return TypeP256, appendStrings(nil, []byte(TypeP256), []byte(CurveP256), point), nil
	}
	return TypeEd25519, appendStrings(nil, []byte(TypeEd25519), pub.(ed25519.PublicKey)), nil
}

// Cut returns the string that wire begins with (RFC 4251 section 5), and what
// follows it.
func Cut(wire []byte) (field, rest []byte, ok bool) {
	if len(wire) < 4 {
		return nil, nil, false
	}
	size, wire := binary.BigEndian.Uint32(wire), wire[4:]
	if uint64(size) > uint64(len(wire)) {
		return nil, nil, false
	}
	return wire[:size:size], wire[size:], true
}

func appendStrings(wire []byte, fields ...[]byte) []byte {
	for _, field := range fields {
		wire = binary.BigEndian.AppendUint32(wire, uint32(len(field)))
		wire = append(wire, field...)
	}
	return wire
}

// Type returns the type that a key in SSH's wire format states, or "" if it does
// not begin with a type of OpenSSH.
func Type(wire []byte) string {
	field, _, _ := Cut(wire)
	if !IsType(string(field)) {
		return ""
	}
	return string(field)
}

// types are the types of keys that OpenSSH has, or has had.
var types = map[string]bool{
	TypeEd25519: true,
	TypeP256:    true,

	"ecdsa-sha2-nistp256-cert-v01@openssh.com":    true,
	"ecdsa-sha2-nistp384":                         true,
	"ecdsa-sha2-nistp384-cert-v01@openssh.com":    true,
	"ecdsa-sha2-nistp521":                         true,
	"ecdsa-sha2-nistp521-cert-v01@openssh.com":    true,
	"rsa-sha2-256":                                true,
	"rsa-sha2-256-cert-v01@openssh.com":           true,
	"rsa-sha2-512":                                true,
	"rsa-sha2-512-cert-v01@openssh.com":           true,
	"sk-ecdsa-sha2-nistp256-cert-v01@openssh.com": true,
	"sk-ecdsa-sha2-nistp256@openssh.com":          true,
	"sk-ssh-ed25519-cert-v01@openssh.com":         true,
	"sk-ssh-ed25519@openssh.com":                  true,
	"ssh-dss":                                     true,
	"ssh-dss-cert-v01@openssh.com":                true,
	"ssh-ed25519-cert-v01@openssh.com":            true,
	"ssh-rsa":                                     true,
	"ssh-rsa-cert-v01@openssh.com":                true,
	"ssh-xmss-cert-v01@openssh.com":               true,
	"ssh-xmss@openssh.com":                        true,
	"webauthn-sk-ecdsa-sha2-nistp256@openssh.com": true,
}

// IsType reports whether name is a type of SSH key that OpenSSH has.
func IsType(name string) bool { return types[name] }

// CheckType refuses the types of SSH keys that do not sign licences.
func CheckType(keyType string) error {
	switch {
	case keyType == TypeEd25519 || keyType == TypeP256:
		return nil
	case IsType(keyType):
		return fmt.Errorf("key type %s is not supported: expected %s or %s", keyType, TypeEd25519, TypeP256)
	}
	return fmt.Errorf("unknown key type: expected %s or %s", TypeEd25519, TypeP256)
}
