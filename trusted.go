package licseal

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"
)

// TrustedKey is a public key whose signatures are accepted.
type TrustedKey struct {
	// Key is an ed25519.PublicKey, or an *ecdsa.PublicKey on P-256.
	Key crypto.PublicKey

	// Name is the owner of the key, for messages: the comment of a key line.
	Name string

	// Principals name the issuers that the key may sign for: the patterns of an
	// allowed_signers line of OpenSSH (PATTERNS in ssh_config(5)). A single
	// public key has none.
	Principals []string

	// ValidAfter and ValidBefore are the window of the key: it is trusted for
	// licences created from ValidAfter to ValidBefore, which is not included. A
	// zero time is no bound.
	ValidAfter, ValidBefore time.Time
}

// ErrNoTrustedKeys means that a list of trusted keys is empty.
var ErrNoTrustedKeys = errors.New("no trusted keys were given, so no signature can be verified")

// TrustedKeyError reports a trusted key of a kind that licences are not signed with.
// Such a key is not skipped, because fewer keys would then be trusted than listed.
type TrustedKeyError struct {
	Key TrustedKey
}

func (e *TrustedKeyError) Error() string {
	return fmt.Sprintf("trusted key %q (%T) is neither a whole Ed25519 key nor an ECDSA key on P-256", e.Key.Name, e.Key.Key)
}

// CheckTrusted returns [ErrNoTrustedKeys] if keys is empty, and a
// [*TrustedKeyError] for the first key of another kind.
func CheckTrusted(keys []TrustedKey) error {
	if len(keys) == 0 {
		return ErrNoTrustedKeys
	}
	for _, key := range keys {
		if !key.usable() {
			return &TrustedKeyError{key}
		}
	}
	return nil
}

func (k *TrustedKey) usable() bool {
	switch key := k.Key.(type) {
	case ed25519.PublicKey:
		return len(key) == ed25519.PublicKeySize
	case *ecdsa.PublicKey:
		return pointOf(key) != nil
	}
	return false
}
