package verify

import (
	"fmt"
	"time"
)

// DefaultMaxClockSkew is how far the clock may be behind an instant that is
// known to have passed, unless [Options] say otherwise.
const DefaultMaxClockSkew = 24 * time.Hour

// ClockError says that the clock of the machine is behind an instant that is
// known to have passed: it was set back, or it is wrong.
type ClockError struct {
	Time  time.Time // what the clock says
	Floor time.Time // the instant that has passed
	Known string    // how that is known, one of the constants below
}

// How it is known that an instant has passed.
const (
	KnownFromMemory  = "the last time seen"               // it is Options.Floor
	KnownFromList    = "the issue of the revocation list" // a trusted key says so
	KnownFromLicense = "the creation of the licence"      // a trusted key says so
)

func (e *ClockError) Error() string {
	return fmt.Sprintf("the clock says %s, and %s is %s: the clock is wrong, or was set back", format(e.Time), e.Known, format(e.Floor))
}

// checkClock refuses a clock that is too far behind the floor: the latest of
// the instants that are known to have passed. A time that the caller chose, with no
// floor to hold it against, is what he wants to know about, whatever the clock.
func checkClock(result *Result, opts *Options) error {
	if !opts.At.IsZero() && opts.Floor.IsZero() {
		return nil
	}
	floor, known := wall(opts.Floor), KnownFromMemory
	if opts.Revocations != nil && opts.Revocations.Contents().Issued.After(floor) {
		floor, known = opts.Revocations.Contents().Issued, KnownFromList
	}
	if !opts.Floor.IsZero() && result.NotBefore.After(floor) {
		floor, known = result.NotBefore, KnownFromLicense
	}
	if result.Time.Before(floor.Add(-opts.maxClockSkew())) {
		return &ClockError{result.Time, floor, known}
	}
	return nil
}

func (o *Options) maxClockSkew() time.Duration { return orDefault(o.MaxClockSkew) }

func orDefault(maxSkew time.Duration) time.Duration {
	if maxSkew == 0 {
		return DefaultMaxClockSkew
	}
	return maxSkew
}
