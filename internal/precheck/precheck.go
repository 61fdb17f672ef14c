// Package precheck tells package verify which trusted keys are known to have made
// a signature, or not to have made it, because another package of this module
// has verified it by faster means. It is internal, so that nobody else can claim
// that a signature holds.
package precheck

// Verdict is what is known of a signature and one trusted key.
type Verdict uint8

// The verdicts. The zero value says nothing.
const (
	Unknown Verdict = iota
	Holds           // the key made the signature
	Fails           // it did not
)

// Signature is what is known of one signature. The zero value knows nothing,
// and package verify then verifies by itself.
type Signature struct {
	byKey []Verdict
}

// New returns what is known of a signature: byKey[i] is the verdict for trusted
// key i. byKey may be shorter than the list of keys.
func New(byKey []Verdict) Signature { return Signature{byKey} }

// By returns the verdict for trusted key i.
func (s Signature) By(i int) Verdict {
	if i >= len(s.byKey) {
		return Unknown
	}
	return s.byKey[i]
}
