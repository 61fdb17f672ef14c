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
	for i := range signature {
		high, low := digit(digits[2*i]), digit(digits[2*i+1])
		if high > 15 || low > 15 {
			return [Size]byte{}, false
		}
		signature[i] = high<<4 | low
	}
	return signature, true
}

// digit returns the value of a lower-case hex digit, and 255 for any other byte.
func digit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	}
	return 255
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
		return !isHigh(signature) && verifyP256(k, message, signature)
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
	return isHigh(signature) && verifyP256(k, message, signature)
}

// halfOrder is (n − 1) / 2, where n is the order of P-256: the largest low s.
const halfOrder = "\x7f\xff\xff\xff\x80\x00\x00\x00\x7f\xff\xff\xff\xff\xff\xff\xff" +
	"\xde\x73\x7d\x56\xd3\x8b\xcf\x42\x79\xdc\xe5\x61\x7e\x31\x92\xa8"

// isHigh reports whether the s of a P-256 signature is in the upper half of its
// range.
func isHigh(signature []byte) bool { return string(signature[Size/2:]) > halfOrder }

func verifyP256(key *ecdsa.PublicKey, message, signature []byte) bool {
	digest := sha256.Sum256(message)
	r, s := new(big.Int).SetBytes(signature[:Size/2]), new(big.Int).SetBytes(signature[Size/2:])
	return ecdsa.Verify(key, digest[:], r, s)
}
