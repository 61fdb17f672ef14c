package sig

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
)

// Sign returns the signature of key over message, as 128 lower-case hex digits.
//
// A key that is neither Ed25519 nor ECDSA on P-256 is a [*KeyError]. A signature
// that comes from an agent, a token or a service is verified before it is
// returned.
func Sign(message []byte, key crypto.Signer) (string, error) {
	signature, err := sign(message, key)
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(signature), nil
}

// KeyError says that a key is of a kind that cannot sign licences.
type KeyError struct {
	Key crypto.PublicKey // its public half
}

func (e *KeyError) Error() string {
	switch k := e.Key.(type) {
	case nil:
		return "no signing key was given"
	case ed25519.PublicKey:
		return "the Ed25519 key has the wrong length: a private key has 64 bytes (seed and public key), a public key 32"
	case *ecdsa.PublicKey:
		if k != nil && k.Curve == elliptic.P256() {
			return "the ECDSA key is not a point on P-256"
		}
		if k != nil && k.Curve != nil {
			return fmt.Sprintf("an ECDSA key on %s cannot sign licences; use an Ed25519 key, or ECDSA on P-256", k.Curve.Params().Name)
		}
	}
	return fmt.Sprintf("a key of type %T cannot sign licences; use an Ed25519 key, or ECDSA on P-256", e.Key)
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
	public := key.Public()
	if !Usable(public) {
		return nil, &KeyError{public}
	}
	if k, ok := public.(*ecdsa.PublicKey); ok {
		return signP256(message, key, k)
	}
	return signEd25519(message, key, public.(ed25519.PublicKey))
}

func signEd25519(message []byte, key crypto.Signer, public ed25519.PublicKey) ([]byte, error) {
	signature, err := key.Sign(rand.Reader, message, crypto.Hash(0))
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	if !Verify(public, message, signature) {
		return nil, errWrongSignature
	}
	return signature, nil
}

func signP256(message []byte, key crypto.Signer, public *ecdsa.PublicKey) ([]byte, error) {
	der, err := crypto.SignMessage(key, rand.Reader, message, crypto.SHA256) // an agent takes the message and hashes it
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	var rs struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(der, &rs); err != nil || len(rest) > 0 || !fits(rs.R) || !fits(rs.S) {
		return nil, errWrongSignature
	}
	signature := make([]byte, Size)
	rs.R.FillBytes(signature[:Size/2])
	rs.S.FillBytes(signature[Size/2:])
	if n := public.Params().N; isHigh(signature) && rs.S.Cmp(n) < 0 {
		rs.S.Sub(n, rs.S).FillBytes(signature[Size/2:]) // (r, n−s) is as good, and the only form that is accepted
	}
	if _, local := key.(*ecdsa.PrivateKey); !local && !Verify(public, message, signature) {
		return nil, errWrongSignature
	}
	return signature, nil
}

// fits reports whether n is positive and fits into half of a signature.
func fits(n *big.Int) bool { return n.Sign() > 0 && n.BitLen() <= 8*Size/2 }
