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

	// Name says whose key it is, for messages: the comment of a key line.
	Name string

	// Principals name the issuers that the key may sign for: the patterns of an
	// allowed_signers line of OpenSSH (PATTERNS in ssh_config(5)). A key
	// that stands by itself has none.
	Principals []string

	// ValidAfter and ValidBefore bound the creation instants of the licences
	// that the key is believed for: from ValidAfter until, and not
	// including, ValidBefore. A zero time is no bound.
	ValidAfter, ValidBefore time.Time
}

// ErrNoTrustedKeys means that a list of trusted keys is empty.
var ErrNoTrustedKeys = errors.New("no trusted keys were given, so no signature can be verified")

// TrustedKeyError says that a trusted key is of a kind that verifies no
// licences. It is an error rather than skipped, because the list of trusted keys
// would then mean less than it says.
type TrustedKeyError struct {
	Key TrustedKey
}

func (e *TrustedKeyError) Error() string {
	return fmt.Sprintf("trusted key %q (%T) is neither a whole Ed25519 key nor an ECDSA key on P-256", e.Key.Name, e.Key.Key)
}

// CheckTrusted returns [ErrNoTrustedKeys] if keys is empty, and a
// [*TrustedKeyError] for the first key that can verify nothing.
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
