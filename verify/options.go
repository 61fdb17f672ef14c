package verify

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/sig"
	"github.com/licseal/licseal/revoke"
)

// Options says how licences are judged. The zero value, like nil, is the
// strictest reading of everything but the fields.
type Options struct {
	// At is the instant as of which licences are judged, chosen by the
	// caller. If zero, it is what Clock says. At is never taken for the clock:
	// with it, the clock is not read.
	At time.Time

	// Clock is the clock of the machine. If nil, time.Now. A clock that is
	// behind an instant known to have passed is refused, see Floor.
	Clock func() time.Time

	// Grace is how long after its expiration a licence is still accepted, in
	// the state InGrace. If zero, there is no grace. It must not be negative.
	// If Roles names a grace that the licence itself grants, the longer of
	// the two applies.
	Grace time.Duration

	// Fields judges the payload, between revocation and dates. If nil, no
	// field but the dates is judged. A nil pointer in the interface is refused.
	// If it is a [PayloadRoles], it says for each payload which fields are the id
	// and the dates.
	Fields Fields

	// Roles says which fields hold the id and the dates. Fields that it does
	// not name are those of Fields.Roles, and else Kong's.
	Roles licseal.Roles

	// Location is the zone in which a date without a time begins. If nil, UTC.
	Location *time.Location

	// MaxBytes is the size of the largest licence that is read. If zero,
	// licseal.DefaultMaxBytes.
	MaxBytes int

	// Revocations is the list of revoked licences and keys. If nil, nothing is
	// revoked. With a list, a licence without an id is refused.
	Revocations *revoke.List

	// MaxListAge is how long after its issue the revocation list is used. If
	// zero, it is used until its next update, which applies in any case.
	MaxListAge time.Duration

	// Issuer is a pattern that one of the principals of the signing key must
	// match, such as "*@vendor.example"; if the key is listed several times,
	// those of one entry for that date. If empty, any trusted key will do.
	Issuer string

	// Floor is the latest instant that is known to have passed, such as
	// [Memory.Floor]. If the instant of judgement is earlier than the latest of
	// the floor, the creation of the licence and the issue of the revocation
	// list, that is a [*ClockError]. If zero, only the issue of the list is
	// compared, and only with the clock, not with At.
	Floor time.Time

	// MaxClockSkew is how far the clock may be behind without an error. If
	// zero, DefaultMaxClockSkew. It must not be negative.
	MaxClockSkew time.Duration

	// Tables verifies signatures of keys seen before faster, with the verdicts
	// of [crypto/ed25519.Verify]. Package bulk sets it; if nil, it is not used.
	Tables *sig.Tables
}

// Fields judges the fields of a payload that somebody else has signed. A schema
// of package schema is one.
type Fields interface {
	// Roles says which fields hold the id, the dates and so on.
	Roles() licseal.Roles

	// Judge returns what is worth a warning, and an error that refuses the
	// payload. Several goroutines may call it.
	Judge(licseal.Payload) (warnings []licseal.Violation, refusal error)
}

var errNilFields = errors.New("the judge of the fields is a nil pointer; leave Options.Fields nil to judge no fields")

// PayloadRoles is implemented by Fields for payloads of several kinds. RolesOf returns
// the roles of the fields of one payload, without regard to Fields.Roles. If they have no
// id, the licence is refused if there is a revocation list.
type PayloadRoles interface {
	RolesOf(licseal.Payload) licseal.Roles
}

// check refuses options that no licence can be judged by.
func (o *Options) check() error {
	switch {
	case o.Grace < 0:
		return fmt.Errorf("the grace is negative: %v", o.Grace)
	case o.MaxListAge < 0:
		return fmt.Errorf("the age of a revocation list is negative: %v", o.MaxListAge)
	case o.MaxClockSkew < 0:
		return fmt.Errorf("the clock skew is negative: %v", o.MaxClockSkew)
	}
	if o.Fields == nil {
		return nil
	}
	if v := reflect.ValueOf(o.Fields); v.Kind() == reflect.Pointer && v.IsNil() {
		return errNilFields
	}
	return nil
}

// roles returns which fields hold the id and the dates.
func (o *Options) roles() licseal.Roles {
	roles := o.Roles
	if o.Fields != nil {
		roles = roles.Or(o.Fields.Roles())
	}
	return roles.WithDefaults()
}

// now returns the instant of judgement, in UTC.
func (o *Options) now() time.Time {
	switch {
	case !o.At.IsZero():
		return wall(o.At)
	case o.Clock != nil:
		return wall(o.Clock())
	}
	return wall(time.Now())
}

// wall returns a time in UTC, without the monotonic clock reading that time.Now
// adds: measured by that, a clock set back while the program runs is not behind.
func wall(t time.Time) time.Time { return t.Round(0).UTC() }
