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

// checkClock refuses an instant of judgement that is too far behind the floor: the
// latest of the instants that are known to have passed, created among them unless it is
// zero. If the caller has chosen the instant and no floor, there is nothing to compare.
func (o *Options) checkClock(now, created time.Time) error {
	if !o.At.IsZero() && o.Floor.IsZero() {
		return nil
	}
	floor, known := wall(o.Floor), KnownFromMemory
	if o.Revocations != nil && o.Revocations.Contents().Issued.After(floor) {
		floor, known = o.Revocations.Contents().Issued, KnownFromList
	}
	if !o.Floor.IsZero() && created.After(floor) {
		floor, known = created, KnownFromLicense
	}
	if now.Before(floor.Add(-o.maxClockSkew())) {
		return &ClockError{now, floor, known}
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
