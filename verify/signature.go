package verify

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/big"

	"github.com/licseal/licseal"
)

// signatureSize is the length of every signature, in bytes.
const signatureSize = 64

// KeyError says that a trusted key is of a kind that verifies no licences.
// It is an error to pass one, lest a list of trusted keys mean less than it says.
type KeyError struct {
	Key licseal.TrustedKey
}

func (e *KeyError) Error() string {
	return fmt.Sprintf("trusted key %q (%T) is neither a whole Ed25519 key nor an ECDSA key on P-256", e.Key.Name, e.Key.Key)
}

// checkKey refuses a key of another kind.
func checkKey(key *licseal.TrustedKey) error {
	switch k := key.Key.(type) {
	case ed25519.PublicKey:
		if len(k) == ed25519.PublicKeySize {
			return nil
		}
	case *ecdsa.PublicKey:
		//lint:ignore SA1019 a key that was put together by hand may have no coordinates
		if k != nil && k.Curve == elliptic.P256() && k.X != nil && k.Y != nil {
			return nil
		}
	}
	return &KeyError{*key}
}

// checkPoint refuses a key whose coordinates are no point on P-256. That costs
// too much to be done for every key each time: it is done before a key is used.
func checkPoint(key *licseal.TrustedKey) error {
	k, isECDSA := key.Key.(*ecdsa.PublicKey)
	if !isECDSA {
		return nil
	}
	if _, err := k.Bytes(); err != nil {
		return &KeyError{*key}
	}
	return nil
}

// signer returns the first trusted key that made the signature of lic.
func signer(lic *licseal.License, trusted []licseal.TrustedKey, opts *Options) (*licseal.TrustedKey, error) {
	var signature [signatureSize]byte
	if n, err := hex.Decode(signature[:], []byte(lic.Signature)); err != nil || n != signatureSize {
		return nil, &SignatureError{"the signature is not 64 bytes in hex digits"}
	}
	for i := range trusted {
		if err := checkPoint(&trusted[i]); err != nil {
			return nil, err
		}
		if signed(trusted[i].Key, lic.Payload.Bytes(), signature[:], opts) {
			return &trusted[i], nil
		}
	}
	return nil, noSigner(lic.Payload.Bytes(), signature[:], trusted)
}

// signed reports whether key made the signature of a licence, by the means that
// opts may name.
func signed(key crypto.PublicKey, message, signature []byte, opts *Options) bool {
	if k, ok := key.(ed25519.PublicKey); ok && opts.Ed25519 != nil {
		// A copy, lest every signature be allocated for the sake of this call.
		return opts.Ed25519(k, message, bytes.Clone(signature))
	}
	return verifies(key, message, signature)
}

// verifies reports whether key made signature over message. The key decides
// the algorithm.
func verifies(key crypto.PublicKey, message, signature []byte) bool {
	switch k := key.(type) {
	case ed25519.PublicKey:
		return ed25519.Verify(k, message, signature)
	case *ecdsa.PublicKey:
		r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
		return !isHigh(k, s) && verifiesP256(k, message, r, s)
	}
	return false
}

func verifiesP256(key *ecdsa.PublicKey, message []byte, r, s *big.Int) bool {
	digest := sha256.Sum256(message)
	return ecdsa.Verify(key, digest[:], r, s)
}

// isHigh reports whether s is in the upper half of its range. Where (r, s) is a
// signature, so is (r, n−s): only one of them is accepted, so that a licence
// has one form only.
func isHigh(key *ecdsa.PublicKey, s *big.Int) bool {
	return s.Cmp(new(big.Int).Rsh(key.Params().N, 1)) > 0
}

// noSigner says why no trusted key made the signature.
func noSigner(message, signature []byte, trusted []licseal.TrustedKey) error {
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	for _, key := range trusted {
		if k, ok := key.Key.(*ecdsa.PublicKey); ok && isHigh(k, s) && verifiesP256(k, message, r, s) {
			return &SignatureError{"the signature has a high s; whoever builds the licence must write n−s in its place"}
		}
	}
	if len(trusted) == 1 {
		return &SignatureError{"the one trusted key did not make this signature"}
	}
	return &SignatureError{fmt.Sprintf("none of the %d trusted keys made this signature", len(trusted))}
}

// entryFor returns the entry for key in the list of trusted keys under which a
// licence of that period may be signed, one of the issuer if there is one. A key may
// be listed several times, for other dates or for other issuers.
func entryFor(key *licseal.TrustedKey, trusted []licseal.TrustedKey, period licseal.Period, periodErr error, issuer string) (*licseal.TrustedKey, error) {
	err := checkWindow(key, period, periodErr)
	if err == nil && (issuer == "" || key.SignsFor(issuer)) {
		return key, nil
	}
	found := key
	for i := range trusted {
		other := &trusted[i]
		switch {
		case !samePublic(key.Key, other.Key) || checkWindow(other, period, periodErr) != nil:
		case issuer == "" || other.SignsFor(issuer):
			return other, nil
		case err != nil:
			found, err = other, nil
		}
	}
	if err != nil {
		return nil, err
	}
	return found, nil
}

func samePublic(a, b crypto.PublicKey) bool {
	k, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && k.Equal(b)
}

// checkWindow refuses a signature whose key is not trusted for licences that
// were created when this one was. periodErr is the error of reading period.
func checkWindow(key *licseal.TrustedKey, period licseal.Period, periodErr error) error {
	after, before := key.ValidAfter, key.ValidBefore
	if after.IsZero() && before.IsZero() {
		return nil
	}
	created := period.NotBefore
	switch {
	case periodErr != nil:
		return &SignatureError{fmt.Sprintf("the key %q is trusted for a time only, and the dates of the licence cannot be read: %v", key.Name, periodErr)}
	case !after.IsZero() && created.Before(after):
		return &SignatureError{fmt.Sprintf("the key %q is trusted for licences created from %s on; this one was created at %s", key.Name, format(after), format(created))}
	case !before.IsZero() && !created.Before(before):
		return &SignatureError{fmt.Sprintf("the key %q is trusted for licences created before %s; this one was created at %s", key.Name, format(before), format(created))}
	}
	return nil
}
