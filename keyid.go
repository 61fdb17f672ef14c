package licseal

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
)

// KeyID returns the name by which a public key is known: OpenSSH's SHA-256
// fingerprint, such as "SHA256:bbXpuKG6…", which ssh-keygen -l prints. It is the
// SHA-256 of the key in SSH's wire format (RFC 4253 section 6.6, RFC 5656 section
// 3.1, RFC 8709 section 4), in base64 without padding. It is empty unless key is an
// ed25519.PublicKey or an *ecdsa.PublicKey on P-256.
func KeyID(pub crypto.PublicKey) string {
	var wire []byte
	switch k := pub.(type) {
	case ed25519.PublicKey:
		if len(k) != ed25519.PublicKeySize {
			return ""
		}
		wire = appendWire(wire, []byte("ssh-ed25519"), k)
	case *ecdsa.PublicKey:
		point := pointOf(k)
		if point == nil {
			return ""
		}
		wire = appendWire(wire, []byte("ecdsa-sha2-nistp256"), []byte("nistp256"), point)
	default:
		return ""
	}
	digest := sha256.Sum256(wire)
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(digest[:])
}

// isKeyID reports whether text is a fingerprint as KeyID returns it.
func isKeyID(text string) bool {
	digest, isFingerprint := strings.CutPrefix(text, "SHA256:")
	decoded, err := base64.RawStdEncoding.Strict().DecodeString(digest)
	return isFingerprint && err == nil && len(decoded) == sha256.Size && len(digest) == 43
}

// pointOf returns the point of a key on P-256, uncompressed, or nil. A key that
// was assembled by hand may be off the curve or have no coordinates.
func pointOf(key *ecdsa.PublicKey) []byte {
	//lint:ignore SA1019 Bytes panics where there are no coordinates
	if key == nil || key.Curve != elliptic.P256() || key.X == nil || key.Y == nil {
		return nil
	}
	point, err := key.Bytes()
	if err != nil {
		return nil
	}
	return point
}

// appendWire appends strings in SSH's wire format (RFC 4251 section 5).
func appendWire(wire []byte, parts ...[]byte) []byte {
	for _, part := range parts {
		wire = binary.BigEndian.AppendUint32(wire, uint32(len(part)))
		wire = append(wire, part...)
	}
	return wire
}
