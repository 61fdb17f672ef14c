package verify

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/licseal/licseal"
)

// State is where a licence is in its validity period.
type State string

// The states of a licence, in the order in which it passes through them.
const (
	NotYetValid State = "not yet valid" // before its creation instant
	Valid       State = "valid"         // from then until, and not including, its expiration
	InGrace     State = "in grace"      // from then on, for the length of the grace
	Expired     State = "expired"       // from then on
)

// Result is a licence whose signature was verified.
type Result struct {
	License *licseal.License
	Key     licseal.TrustedKey // the key that made the signature
	Time    time.Time          // the instant at which it was judged, in UTC
	State   State              // "" if the dates cannot be read, which is a refusal

	licseal.Period           // when the licence is valid
	GraceEnd       time.Time // NotAfter plus the grace; the licence is refused from then on
}

// SignatureError is the refusal of a licence that no trusted key has signed. It
// carries nothing of what the licence says, since anyone may have written it.
type SignatureError struct {
	Detail string
}

func (e *SignatureError) Error() string { return e.Detail }

// RefusedError is the refusal of a licence whose signature is good. It carries
// what was verified.
type RefusedError struct {
	Result *Result
	Reason licseal.Reason

	// Err is what Options.Fields returned, or a *revoke.Error, *RevokedError,
	// *NoIDError, *licseal.DateError, *ClockError, *StateError or *IssuerError.
	Err error
}

func (e *RefusedError) Error() string { return e.Err.Error() }

// Unwrap returns e.Err.
func (e *RefusedError) Unwrap() error { return e.Err }

// ReasonOf returns why a licence was refused, from an error of [License] or
// [Report.Err]. It is "" if err is nil or no such refusal.
func ReasonOf(err error) licseal.Reason {
	var (
		refused   *RefusedError
		parse     *licseal.ParseError
		signature *SignatureError
		revoked   *RevokedError
	)
	switch {
	case errors.As(err, &refused):
		return refused.Reason
	case errors.As(err, &parse):
		return licseal.ReasonParse
	case errors.As(err, &signature):
		return licseal.ReasonSignature
	case errors.As(err, &revoked):
		return licseal.ReasonRevoked
	}
	return ""
}

// errNothingJudged is the refusal of a Report that no Verifier has made.
var errNothingJudged = errors.New("no licence was judged")

// StateError says that a licence is not valid at the instant of judgement.
type StateError struct {
	State State // NotYetValid or Expired

	licseal.Period           // when it is valid
	GraceEnd       time.Time // NotAfter plus the grace, if there was one
	Time           time.Time // the instant of judgement
}

func (e *StateError) Error() string {
	switch {
	case e.State == NotYetValid:
		return fmt.Sprintf("not yet valid: valid from %s, and it is %s", format(e.NotBefore), format(e.Time))
	case e.GraceEnd.After(e.NotAfter):
		return fmt.Sprintf("expired at %s, its grace ended at %s, and it is %s", format(e.NotAfter), format(e.GraceEnd), format(e.Time))
	}
	return fmt.Sprintf("expired at %s, and it is %s", format(e.NotAfter), format(e.Time))
}

// format writes an instant in UTC. Grace, or the offset of a time, may lead to a year
// beyond 9999, which RFC 3339 does not have: that is the last second of 9999.
func format(t time.Time) string {
	if t = t.UTC(); t.Year() > 9999 {
		t = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	}
	return t.Format(time.RFC3339)
}

// IssuerError says that the key that signed a licence does not belong to the
// required issuer.
type IssuerError struct {
	Issuer string             // the pattern that is required
	Key    licseal.TrustedKey // the key that signed the licence
}

func (e *IssuerError) Error() string {
	if len(e.Key.Principals) == 0 {
		return fmt.Sprintf("the issuer must be %q, but the trusted key %s names no issuer", e.Issuer, licseal.KeyID(e.Key.Key))
	}
	return fmt.Sprintf("the issuer must be %q, but the trusted key %s belongs to %s", e.Issuer, licseal.KeyID(e.Key.Key), strings.Join(e.Key.Principals, ","))
}

// checkIssuer refuses a key that does not sign for the issuer, if one is required.
func checkIssuer(key *licseal.TrustedKey, issuer string) error {
	if issuer == "" || key.SignsFor(issuer) {
		return nil
	}
	return &IssuerError{issuer, *key}
}
