// Package sign makes licences: it signs a payload with any crypto.Signer, be it
// a key from a file, an agent, a token or a cloud service.
//
// The key decides the algorithm: Ed25519 (RFC 8032) or ECDSA on P-256 with
// SHA-256 (FIPS 186-5). SPEC.md says how each signature is written.
package sign

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"

	"github.com/licseal/licseal"
)

// License signs the canonical bytes of a payload and returns the licence.
//
// The public half of key is an ed25519.PublicKey, or an *ecdsa.PublicKey on
// P-256; any other is a [*KeyError]. Ed25519 signatures are deterministic: the
// same payload and key always give the same licence. A signature that comes
// from any other kind of signer, as an agent or a token, is verified before it is
// handed out.
//
// License does not look at the fields of the payload; see packages schema and
// verify for what they must be.
func License(p licseal.Payload, key crypto.Signer) (*licseal.License, error) {
	signature, err := sign(p.Bytes(), key)
	if err != nil {
		return nil, err
	}
	var digits [2 * ed25519.SignatureSize]byte
	hex.Encode(digits[:], signature)
	return &licseal.License{Payload: p, Signature: string(digits[:])}, nil
}

// KeyError says that a key is of a kind that signs no licences.
type KeyError struct {
	Key crypto.PublicKey // its public half
}

func (e *KeyError) Error() string {
	switch k := e.Key.(type) {
	case nil:
		return "no key was given to sign with"
	case ed25519.PublicKey:
		return "the Ed25519 key has a wrong length: a private key has 64 bytes (seed and public key), a public key 32"
	case *ecdsa.PublicKey:
		if k != nil && k.Curve == elliptic.P256() {
			return "the ECDSA key is not a point on P-256"
		}
		if k != nil && k.Curve != nil {
			return fmt.Sprintf("an ECDSA key on %s signs no licences; use an Ed25519 key, or ECDSA on P-256", k.Curve.Params().Name)
		}
	}
	return fmt.Sprintf("a key of type %T signs no licences; use an Ed25519 key, or ECDSA on P-256", e.Key)
}

var errWrongSignature = errors.New("the signer returned a signature that does not verify with its own public key")

func sign(message []byte, key crypto.Signer) ([]byte, error) {
	switch k := key.(type) {
	case nil:
		return nil, &KeyError{}
	case ed25519.PrivateKey:
		if len(k) != ed25519.PrivateKeySize {
			return nil, &KeyError{ed25519.PublicKey(nil)}
		}
		return ed25519.Sign(k, message), nil
	case *ecdsa.PrivateKey:
		if k == nil {
			return nil, &KeyError{}
		}
	}
	switch public := key.Public().(type) {
	case ed25519.PublicKey:
		if len(public) == ed25519.PublicKeySize {
			return signEd25519(message, key, public)
		}
	case *ecdsa.PublicKey:
		if isP256(public) {
			return signP256(message, key, public)
		}
	}
	return nil, &KeyError{key.Public()}
}

// isP256 reports whether key is a point on P-256. A key that was put together
// by hand may be none, or have no coordinates at all.
func isP256(key *ecdsa.PublicKey) bool {
	//lint:ignore SA1019 Bytes panics where there are no coordinates
	if key == nil || key.Curve != elliptic.P256() || key.X == nil || key.Y == nil {
		return false
	}
	_, err := key.Bytes()
	return err == nil
}

func signEd25519(message []byte, key crypto.Signer, public ed25519.PublicKey) ([]byte, error) {
	signature, err := key.Sign(rand.Reader, message, crypto.Hash(0))
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	if !ed25519.Verify(public, message, signature) {
		return nil, errWrongSignature
	}
	return signature, nil
}

func signP256(message []byte, key crypto.Signer, public *ecdsa.PublicKey) ([]byte, error) {
	der, err := crypto.SignMessage(key, rand.Reader, message, crypto.SHA256) // an agent hashes by itself
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	digest := sha256.Sum256(message)
	if _, local := key.(*ecdsa.PrivateKey); !local && !ecdsa.VerifyASN1(public, digest[:], der) {
		return nil, errWrongSignature
	}
	var rs struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &rs); err != nil {
		return nil, errWrongSignature
	}
	// (r, n−s) is as good a signature as (r, s). Only the lower of the two is
	// written and read, so that nobody can write a licence's signature anew.
	order := public.Params().N
	if rs.S.Cmp(new(big.Int).Rsh(order, 1)) > 0 {
		rs.S.Sub(order, rs.S)
	}
	signature := make([]byte, 64)
	rs.R.FillBytes(signature[:32])
	rs.S.FillBytes(signature[32:])
	return signature, nil
}
