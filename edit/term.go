package edit

import (
	"fmt"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/text"
)

// ShortTerm is the length of a licence that is probably a mistake, such as +1d for +1y:
// one day, or less.
const ShortTerm = 24 * time.Hour

// ShortTermError means that a licence would be valid for no longer than [ShortTerm].
type ShortTermError struct {
	licseal.Position // of the expiration date
	Period           licseal.Period
}

func (e *ShortTermError) Error() string { return e.Position.String() + ": " + e.Detail() }

// Reason returns that the payload is at fault.
func (e *ShortTermError) Reason() licseal.Reason { return licseal.ReasonSchema }

// Detail returns the message without the position.
func (e *ShortTermError) Detail() string {
	return fmt.Sprintf("the licence is created at %s and expires at %s, within a day", text.Instant(e.Period.NotBefore), text.Instant(e.Period.NotAfter))
}

// CheckTerm returns a [*ShortTermError] if a period of the payload is no longer than
// [ShortTerm].
func CheckTerm(p licseal.Payload, roles licseal.Roles, period licseal.Period) error {
	if period.NotAfter.Sub(period.NotBefore) > ShortTerm {
		return nil
	}
	return &ShortTermError{p.Position(roles.WithDefaults().NotAfter), period}
}

// Doubt is why a licence was probably not meant as it is. It may be signed all
// the same.
type Doubt string

// The doubts about a licence's dates.
const (
	NeverValid     Doubt = "never valid"     // it expires at its creation
	AlreadyExpired Doubt = "already expired" // its expiration is not after now
)

// Doubts returns the doubt about a period at an instant, "" if there is none.
func Doubts(period licseal.Period, now time.Time) Doubt {
	switch {
	case !period.NotBefore.Before(period.NotAfter):
		return NeverValid
	case !now.Before(period.NotAfter):
		return AlreadyExpired
	}
	return ""
}
