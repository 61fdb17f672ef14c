package sig

import "crypto/ed25519"

// Signed is a signature to verify, and the verdict.
type Signed struct {
	Message   []byte
	Signature [Size]byte
	OK        bool // set by [Tables.Verify]
}

// Tables verifies Ed25519 signatures faster than [ed25519.Verify] for keys that
// it has prepared tables for. Nil and the zero value have none. Its fields are
// unexported and its package is internal, so no program outside of this module
// can hand package verify a value that accepts what ed25519.Verify refuses.
type Tables struct {
	verify func(key ed25519.PublicKey, batch []Signed) bool
}

// NewTables returns the Tables that ask verify first. It sets OK of each
// signature in the batch to the verdict of [ed25519.Verify] and returns true, or
// leaves the batch alone and returns false. Several goroutines may call it.
func NewTables(verify func(key ed25519.PublicKey, batch []Signed) bool) *Tables {
	return &Tables{verify}
}

// Verify sets OK of each signature in the batch to the verdict of
// [ed25519.Verify].
func (t *Tables) Verify(key ed25519.PublicKey, batch []Signed) {
	if t != nil && t.verify != nil && t.verify(key, batch) {
		return
	}
	for i := range batch {
		batch[i].OK = ed25519.Verify(key, batch[i].Message, batch[i].Signature[:])
	}
}
