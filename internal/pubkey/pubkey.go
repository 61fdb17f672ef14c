// Package pubkey checks public keys, and reads and writes the forms in which key
// files and SSH agents hold them: SSH's wire format and SubjectPublicKeyInfo.
//
// Its errors never quote what they refuse, because any file may be given by
// mistake, also one that holds a secret. They name types of keys from a fixed list.
package pubkey

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"errors"
	"fmt"
)

// Check refuses what is not a usable public key: an [ed25519.PublicKey] or an
// [*ecdsa.PublicKey] on P-256, with a sound point.
func Check(pub crypto.PublicKey) error {
	switch k := pub.(type) {
	case ed25519.PublicKey:
		if len(k) != ed25519.PublicKeySize {
			return fmt.Errorf("an Ed25519 public key has %d bytes, this one %d", ed25519.PublicKeySize, len(k))
		}
		return checkPoint(k)
	case *ecdsa.PublicKey:
		return CheckP256(k)
	}
	return Unsupported(fmt.Sprintf("%T", pub))
}

// CheckP256 refuses a public key that is not a point on P-256. A key that was put
// together by hand may have no coordinates.
func CheckP256(pub *ecdsa.PublicKey) error {
	//lint:ignore SA1019 Bytes panics if there are no coordinates
	if pub == nil || pub.Curve == nil || pub.X == nil || pub.Y == nil {
		return errors.New("ECDSA key is incomplete: it has no point")
	}
	if pub.Curve != elliptic.P256() {
		return Unsupported("ECDSA on " + pub.Curve.Params().Name)
	}
	if _, err := pub.Bytes(); err != nil {
		return errOffCurve
	}
	return nil
}

var errOffCurve = errors.New("key is damaged: not a point on the curve P-256")

// Unsupported returns an error for a kind of key that does not sign licences.
func Unsupported(kind string) error {
	return fmt.Errorf("%s is not supported: expected an Ed25519 key, or ECDSA on P-256", kind)
}
