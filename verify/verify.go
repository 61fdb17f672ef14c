// Package verify turns bytes into a verified licence, or into a refusal that
// says why. It is the one way to trust a licence.
//
// It needs public keys and a clock, and nothing else: no network, no files, and
// beside the standard library only a JSON tokenizer.
package verify

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"github.com/licseal/licseal"
)

// Options says how a licence is judged. The zero value, like nil, is the
// strictest reading.
type Options struct {
	// Time is the instant at which the licence is judged. If zero, the
	// current time is used.
	Time time.Time

	// Grace is how long after its expiration a licence is still accepted, in
	// the state InGrace. If zero, there is no grace. It must not be negative.
	// Where Roles names a grace that the licence itself grants, the longer of
	// the two is given.
	Grace time.Duration

	// Roles says which fields hold the dates. The zero value names Kong's,
	// which grant no grace.
	Roles licseal.Roles

	// Location is the zone in which a date without a time begins. If nil, UTC.
	Location *time.Location

	// MaxBytes is the size of the largest licence that is read. If zero,
	// licseal.DefaultMaxBytes.
	MaxBytes int

	// Revocations is the list of what is no longer believed. If nil, nothing
	// is revoked; with a list, a licence without an id is refused.
	Revocations *RevocationList

	// MaxListAge is how long after its issue the revocation list is used. If
	// zero, it is used until its next update, which holds in any case.
	MaxListAge time.Duration

	// Issuer is a pattern that one of the principals of the signing key must
	// match, as "*@vendor.example"; if the key is listed several times, those
	// of one entry for that date. If empty, any trusted key will do.
	Issuer string

	// Floor is the latest instant that is known to have passed, as
	// [Memory.Floor]. With it the clock is watched: if it is behind the
	// latest of the floor, the creation of the licence, and the issue of the
	// revocation list, that is a [*ClockError]. If zero, only the issue of the
	// list is held against the clock, and only if Time is zero.
	Floor time.Time

	// MaxClockSkew is how far the clock may be behind nevertheless. If zero,
	// DefaultMaxClockSkew. It must not be negative.
	MaxClockSkew time.Duration

	// Ed25519 verifies the Ed25519 signature of a licence (RFC 8032) in place of
	// [ed25519.Verify], as one that is faster for many signatures of one key,
	// or that runs in a certified module. It is believed, as the trusted keys
	// are: it must give the verdict of ed25519.Verify on every input. If nil,
	// ed25519.Verify.
	Ed25519 func(public ed25519.PublicKey, message, signature []byte) bool
}

// State is what the clock says of a licence.
type State string

// The states of a licence, in the order in which it passes through them.
const (
	NotYetValid State = "not yet valid" // before its creation instant
	Valid       State = "valid"         // from then until, and not including, its expiration
	InGrace     State = "in grace"      // from then on, for as long as Options.Grace says
	Expired     State = "expired"       // from then on
)

// Result is a licence whose signature was verified.
type Result struct {
	License *licseal.License
	Key     licseal.TrustedKey // the key that made the signature
	Time    time.Time          // the instant at which it was judged, in UTC
	State   State              // "" in a refusal for which the dates could not be read

	licseal.Period           // when the licence is valid
	GraceEnd       time.Time // NotAfter plus the grace; the licence is refused from then on
}

// ErrNoTrustedKeys means that the list of trusted keys is empty.
var ErrNoTrustedKeys = errors.New("no trusted keys were given, so no signature can be verified")

// SignatureError is the refusal of a licence that no trusted key has signed.
// Nothing that such a licence says is to be believed, so it carries none of it.
type SignatureError struct {
	Detail string
}

func (e *SignatureError) Error() string { return e.Detail }

// RefusedError is the refusal of a licence whose signature is good. It carries
// what was verified.
type RefusedError struct {
	Result *Result
	Err    error // a *RevokedError, *NoIDError, *licseal.DateError, *ClockError, *StateError or *IssuerError
}

func (e *RefusedError) Error() string { return e.Err.Error() }

// Unwrap returns e.Err.
func (e *RefusedError) Unwrap() error { return e.Err }

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

func format(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// License parses a licence document, verifies its signature against the trusted
// keys, and judges its dates. opts may be nil.
//
// The result is nil unless the licence is Valid or InGrace. The errors, in the
// order of judgement:
//
//   - [*licseal.ParseError]: it is not a licence document;
//   - [*SignatureError]: no trusted key made this signature, or only one that is
//     not trusted for licences of that date;
//   - [*ListError]: the revocation list is stale;
//   - [*RevokedError]: the key that made the signature is revoked;
//   - [*RefusedError]: the signature is good, but the licence is revoked, its
//     dates cannot be read, the clock was set back, it is not valid now, or it
//     is of another issuer;
//   - any other error: what the caller passed cannot be used, as
//     [ErrNoTrustedKeys] or a [*KeyError].
func License(data []byte, trusted []licseal.TrustedKey, opts *Options) (*Result, error) {
	if opts == nil {
		opts = &Options{}
	}
	if err := check(trusted, opts); err != nil {
		return nil, err
	}
	lic, err := licseal.Parser{MaxBytes: opts.MaxBytes}.ParseUnverified(data)
	if err != nil {
		return nil, err
	}
	return judge(lic, trusted, opts)
}

// Parsed does what [License] does to a licence that [licseal.ParseUnverified] has
// read, which it does not change.
func Parsed(lic *licseal.License, trusted []licseal.TrustedKey, opts *Options) (*Result, error) {
	if opts == nil {
		opts = &Options{}
	}
	if err := check(trusted, opts); err != nil {
		return nil, err
	}
	return judge(lic, trusted, opts)
}

// check refuses what no licence can be judged by.
func check(trusted []licseal.TrustedKey, opts *Options) error {
	switch {
	case opts.Grace < 0:
		return fmt.Errorf("the grace is negative: %v", opts.Grace)
	case opts.MaxListAge < 0:
		return fmt.Errorf("the age of a revocation list is negative: %v", opts.MaxListAge)
	case opts.MaxClockSkew < 0:
		return fmt.Errorf("the clock skew is negative: %v", opts.MaxClockSkew)
	}
	if len(trusted) == 0 {
		return ErrNoTrustedKeys
	}
	for i := range trusted {
		if err := checkKey(&trusted[i]); err != nil {
			return err
		}
	}
	return nil
}

// judge verifies the signature of a licence, and then applies revocation, dates
// and requirements.
func judge(lic *licseal.License, trusted []licseal.TrustedKey, opts *Options) (*Result, error) {
	key, err := signer(lic, trusted, opts)
	if err != nil {
		return nil, err
	}
	period, periodErr := lic.Payload.Period(opts.Roles, opts.Location)
	key, err = entryFor(key, trusted, period, periodErr, opts.Issuer)
	if err != nil {
		return nil, err
	}
	result := &Result{License: lic, Key: *key, Time: wall(opts.Time)}
	if opts.Time.IsZero() {
		result.Time = wall(time.Now())
	}
	datesErr := periodErr
	granted, graceErr := lic.Payload.Grace(opts.Roles)
	if datesErr == nil {
		datesErr = graceErr
	}
	if datesErr == nil {
		result.Period, result.GraceEnd = period, graceEnd(period, max(opts.Grace, granted))
		result.State = stateAt(result.Time, period, result.GraceEnd)
	}
	if opts.Revocations != nil {
		if err := opts.Revocations.judge(result, datesErr, opts); err != nil {
			return nil, err
		}
	}
	if datesErr != nil {
		return nil, &RefusedError{result, datesErr}
	}
	if err := checkDates(result, opts); err != nil {
		return nil, &RefusedError{result, err}
	}
	return result, nil
}

// wall returns a time in UTC, and without the reading of the monotonic clock that
// time.Now adds: by that, a clock set back while the program runs is not behind.
func wall(t time.Time) time.Time { return t.Round(0).UTC() }

// checkDates refuses a licence that is not valid now, or whose issuer is not the
// one that is required.
func checkDates(result *Result, opts *Options) error {
	if err := checkClock(result, opts); err != nil {
		return err
	}
	if result.State == NotYetValid || result.State == Expired {
		return &StateError{result.State, result.Period, result.GraceEnd, result.Time}
	}
	return checkIssuer(&result.Key, opts.Issuer)
}

// graceEnd returns the instant from which a licence is refused. One that is
// never valid, because it expires at its creation, has no grace either.
func graceEnd(p licseal.Period, grace time.Duration) time.Time {
	if !p.NotBefore.Before(p.NotAfter) {
		return p.NotAfter
	}
	return p.NotAfter.Add(grace)
}

func stateAt(t time.Time, p licseal.Period, graceEnd time.Time) State {
	switch {
	case t.Before(p.NotBefore):
		return NotYetValid
	case t.Before(p.NotAfter):
		return Valid
	case t.Before(graceEnd):
		return InGrace
	}
	return Expired
}
