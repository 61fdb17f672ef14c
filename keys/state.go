package keys

import "time"

// TrustState is how far a key in a file of trusted keys is trusted for licences
// that are created at a given instant.
type TrustState string

// The states of a key in a file of trusted keys.
const (
	StateTrusted  TrustState = "trusted"
	StateNotYet   TrustState = "not yet"   // before its valid-after
	StateRetired  TrustState = "retired"   // at its valid-before or later
	StateOtherUse TrustState = "other use" // its namespaces are not those of licences
)

// State returns how far the key is trusted for licences that are created at an
// instant.
func (e *TrustedEntry) State(created time.Time) TrustState {
	switch {
	case !e.ForLicenses:
		return StateOtherUse
	case created.Before(e.Key.ValidAfter):
		return StateNotYet
	case !e.Key.ValidBefore.IsZero() && !created.Before(e.Key.ValidBefore):
		return StateRetired
	}
	return StateTrusted
}
