package check

import (
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/verify"
)

// SignatureState is what is known about a signature.
type SignatureState string

// The states of a signature.
const (
	SignatureUnreached  SignatureState = "not reached" // there is no licence to have one
	SignatureNotChecked SignatureState = "not checked" // because of Options.NoSignature
	SignatureGood       SignatureState = "good"
	SignatureBad        SignatureState = "bad"
)

// Result is what was found about one text.
type Result struct {
	Name string    // as given: a file, a variable, a record
	Time time.Time // the instant of judgement, in UTC

	// License is the licence that was judged, nil if there is none, or none that a
	// trusted key has signed. If Repaired is set, repairs have brought it out of
	// the text.
	License  *licseal.License
	Repaired bool

	Signature SignatureState
	Key       *licseal.TrustedKey // whose signature is good, nil otherwise

	// The fields that the schema's roles name, "" if not found. ID is masked unless Options.ShowSecrets is set.
	ID, Customer, Product string

	// State and the instants are set if the dates could be read. A licence
	// is refused from GraceEnd on.
	State verify.State
	licseal.Period
	GraceEnd time.Time

	Findings []Finding // in the order of judgement
}

// OK reports whether there is a licence, and no finding that is an error.
func (r *Result) OK() bool { return r.License != nil && r.Decisive() == nil }

// Decisive returns the error that was judged first, nil if there is none.
func (r *Result) Decisive() *Finding {
	for _, stage := range Stages() {
		for i, f := range r.Findings {
			if f.Stage == stage && f.Severity == Error {
				return &r.Findings[i]
			}
		}
	}
	return nil
}

// ReasonSource is the reason of a result whose text could not be read, or not be found.
const ReasonSource licseal.Reason = "error"

// Reason returns why the licence is refused, by what was judged first. It is "" if the
// licence is accepted.
func (r *Result) Reason() licseal.Reason {
	f := r.Decisive()
	switch {
	case f == nil:
		return ""
	case f.Code == CodeClock:
		return licseal.ReasonClock
	case f.Code == CodeRevocationList:
		return licseal.ReasonRevocationList
	case f.Stage == StageDates && r.State == verify.NotYetValid:
		return licseal.ReasonNotYetValid
	}
	return reasons[f.Stage]
}

// reasons are those of most findings of a stage.
var reasons = map[Stage]licseal.Reason{
	StageSource:      ReasonSource,
	StageDocument:    licseal.ReasonParse,
	StageSignature:   licseal.ReasonSignature,
	StageRevocation:  licseal.ReasonRevoked,
	StageSchema:      licseal.ReasonSchema,
	StageDates:       licseal.ReasonExpired,
	StageRequirement: licseal.ReasonRequirement,
}

// Count returns how many findings have that severity.
func (r *Result) Count(severity Severity) int {
	n := 0
	for _, f := range r.Findings {
		if f.Severity == severity {
			n++
		}
	}
	return n
}

// DaysLeft returns how many whole days are left until the licence expires; it
// is negative afterwards. ok is false where the dates could not be read.
func (r *Result) DaysLeft() (days int, ok bool) {
	if r.State == "" {
		return 0, false
	}
	return DaysBetween(r.Time, r.NotAfter), true
}

// Canonical returns the licence that was judged in canonical form, nil if there is none.
// The version is a string or an integer, as it was.
func (r *Result) Canonical() []byte {
	if r.License == nil {
		return nil
	}
	return []byte(r.License.String())
}
