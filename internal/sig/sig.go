// Package sig makes and verifies the 64 bytes of a signature. Everything that
// licseal signs goes through it, whatever is signed.
//
// The key decides the algorithm (SPEC.md section 4): with an Ed25519 key the
// signature is that of RFC 8032 over the message; with an ECDSA key on P-256
// (FIPS 186-5) it is r and s, 32 bytes each, over the SHA-256 of the message,
// with s in the lower half of its range.
package sig

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
)

// Size is the length of every signature, in bytes.
const Size = 64

// Decode returns the bytes of a signature that is written as 128 lower-case hex
// digits, and whether it is one.
func Decode(digits string) (signature [Size]byte, ok bool) {
	if len(digits) != 2*Size {
		return signature, false
	}
	for i := range len(digits) {
		if c := digits[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return signature, false
		}
	}
	_, err := hex.Decode(signature[:], []byte(digits))
	return signature, err == nil
}

// Usable reports whether a public key can verify signatures: an
// ed25519.PublicKey of 32 bytes, or an *ecdsa.PublicKey that is a point on P-256.
func Usable(key crypto.PublicKey) bool {
	switch k := key.(type) {
	case ed25519.PublicKey:
		return len(k) == ed25519.PublicKeySize
	case *ecdsa.PublicKey:
		return isP256(k)
	}
	return false
}

// isP256 reports whether key is a point on P-256. A key that was put together by
// hand may be off the curve, or have no coordinates at all.
func isP256(key *ecdsa.PublicKey) bool {
	//lint:ignore SA1019 Bytes panics if there are no coordinates
	if key == nil || key.Curve != elliptic.P256() || key.X == nil || key.Y == nil {
		return false
	}
	_, err := key.Bytes()
	return err == nil
}

// Verify reports whether key, which must be Usable, made signature over message.
func Verify(key crypto.PublicKey, message, signature []byte) bool {
	if len(signature) != Size {
		return false
	}
	switch k := key.(type) {
	case ed25519.PublicKey:
		return ed25519.Verify(k, message, signature)
	case *ecdsa.PublicKey:
		r, s := split(signature)
		return !isHigh(k, s) && verifyP256(k, message, r, s)
	}
	return false
}

// HasHighS reports whether signature would be good but for an s in the upper
// half of its range. If (r, s) is a signature, so is (r, n−s); only one of them is
// accepted, so that a signature cannot be rewritten.
func HasHighS(key crypto.PublicKey, message, signature []byte) bool {
	k, ok := key.(*ecdsa.PublicKey)
	if !ok || len(signature) != Size {
		return false
	}
	r, s := split(signature)
	return isHigh(k, s) && verifyP256(k, message, r, s)
}

func split(signature []byte) (r, s *big.Int) {
	return new(big.Int).SetBytes(signature[:Size/2]), new(big.Int).SetBytes(signature[Size/2:])
}

func isHigh(key *ecdsa.PublicKey, s *big.Int) bool {
	return s.Cmp(new(big.Int).Rsh(key.Params().N, 1)) > 0
}

func verifyP256(key *ecdsa.PublicKey, message []byte, r, s *big.Int) bool {
	digest := sha256.Sum256(message)
	return ecdsa.Verify(key, digest[:], r, s)
}
