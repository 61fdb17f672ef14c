package keys

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"golang.org/x/crypto/ssh"
)

// MarshalPublic returns a public key as an OpenSSH line that ends in a newline:
// what a .pub file holds, and a line of a file of trusted keys. The comment may
// be empty; it is one line of printable text, in which a run of blanks becomes
// one space.
func MarshalPublic(pub crypto.PublicKey, comment string) ([]byte, error) {
	if err := checkPublic(pub); err != nil {
		return nil, err
	}
	comment, err := cleanComment(comment)
	if err != nil {
		return nil, err
	}
	key, err := ssh.NewPublicKey(pub)
	if err != nil {
		return nil, err
	}
	line := bytes.TrimSuffix(ssh.MarshalAuthorizedKey(key), []byte("\n"))
	if comment != "" {
		line = append(line, " "+comment...)
	}
	return append(line, '\n'), nil
}

// MarshalPublicPEM returns a public key as a PEM block of type PUBLIC KEY, a
// SubjectPublicKeyInfo (RFC 5280, RFC 7468): what openssl pkey -pubin and
// openssl pkeyutl -pubin read.
func MarshalPublicPEM(pub crypto.PublicKey) ([]byte, error) {
	if err := checkPublic(pub); err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil
}

// checkPublic refuses what is not a usable Ed25519 or P-256 public key.
func checkPublic(pub crypto.PublicKey) error {
	if err := checkKind(pub); err != nil {
		return err
	}
	if k, ok := pub.(ed25519.PublicKey); ok {
		return checkPoint(k)
	}
	return nil
}

// checkKind refuses what is not an Ed25519 or P-256 public key, without a look at
// the point of an Ed25519 key.
func checkKind(pub crypto.PublicKey) error {
	switch k := pub.(type) {
	case ed25519.PublicKey:
		if len(k) != ed25519.PublicKeySize {
			return fmt.Errorf("an Ed25519 public key has %d bytes, this one %d", ed25519.PublicKeySize, len(k))
		}
		return nil
	case *ecdsa.PublicKey:
		return checkP256(k)
	}
	return unsupported(fmt.Sprintf("%T", pub))
}

func checkP256(pub *ecdsa.PublicKey) error {
	//lint:ignore SA1019 Bytes panics where there are no coordinates
	if pub == nil || pub.Curve == nil || pub.X == nil || pub.Y == nil {
		return errors.New("ECDSA key is incomplete: it has no point")
	}
	if pub.Curve != elliptic.P256() {
		return unsupported("ECDSA on " + pub.Curve.Params().Name)
	}
	if _, err := pub.Bytes(); err != nil { // the point is not on the curve
		return damaged(err)
	}
	return nil
}

// unsupported says that a kind of key is not one of the two that sign licences.
func unsupported(kind string) error {
	return fmt.Errorf("%s is not supported: wanted an Ed25519 key, or ECDSA on P-256", kind)
}
