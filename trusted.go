package licseal

import (
	"crypto"
	"time"
)

// TrustedKey is a public key whose signatures are believed.
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
