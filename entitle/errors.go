package entitle

import (
	"errors"
	"fmt"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/text"
)

// ErrClosed is the error of a guard that has been closed.
var ErrClosed = errors.New("the guard is closed")

// ErrNoLicense means that there is no licence yet.
var ErrNoLicense = errors.New("no licence is installed")

// InactiveError says that the licence in use allows nothing now.
type InactiveError struct {
	State  State     // Expired, NotYetValid or Suspended
	Since  time.Time // Expired: from when on it allows nothing. NotYetValid: until when. Suspended: zero
	Expiry time.Time // its grace, if it has one, lies between Expiry and Since
	Time   time.Time // the instant of judgement
}

func (e *InactiveError) Error() string {
	switch e.State {
	case NotYetValid:
		return fmt.Sprintf("the licence is not yet valid: it begins at %s, and it is %s", format(e.Since), format(e.Time))
	case Expired:
		if e.Since.After(e.Expiry) {
			return fmt.Sprintf("the licence expired at %s, its grace ended at %s, and it is %s", format(e.Expiry), format(e.Since), format(e.Time))
		}
		return fmt.Sprintf("the licence expired at %s, and it is %s", format(e.Since), format(e.Time))
	}
	return fmt.Sprintf("the licence is %s", e.State)
}

func format(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// NotIncludedError says that the licence does not include an entitlement.
type NotIncludedError struct {
	Name string
}

func (e *NotIncludedError) Error() string {
	return fmt.Sprintf("the licence does not include %q", e.Name)
}

// LimitError says that more uses would exceed the month's limit, or that of a level,
// tolerance included.
type LimitError struct {
	Name  string
	Limit int64     // uses a month that the licence allows, tolerance included
	Used  int64     // uses so far
	N     int64     // how many more were asked for
	Reset time.Time // when the next month begins; zero for a level

	IsLevel bool // the limit is one of how much is in use at once
}

func (e *LimitError) Error() string {
	if e.IsLevel {
		return fmt.Sprintf("the limit of %q is %d at once, tolerance included; %d are in use, and %d more would exceed it", e.Name, e.Limit, e.Used, e.N)
	}
	return fmt.Sprintf("the monthly limit of %q is %d uses, tolerance included; %d are used, and %d more would exceed it; the next month begins at %s",
		e.Name, e.Limit, e.Used, e.N, format(e.Reset))
}

// StoreError says that the store could not be read or written.
type StoreError struct {
	Err error
}

func (e *StoreError) Error() string { return "the store of usage cannot be used: " + e.Err.Error() }

func isStore(err error) bool { return errors.As(err, new(*StoreError)) }

// Unwrap returns e.Err.
func (e *StoreError) Unwrap() error { return e.Err }

// MachinesError says that all seats of the licence are taken.
type MachinesError struct {
	Max int64
}

func (e *MachinesError) Error() string {
	if e.Max == 1 {
		return "the licence allows one machine, and another one is using it"
	}
	return fmt.Sprintf("the licence allows %d machines, and others are using all of its seats", e.Max)
}

// FieldError says what is wrong with the fields of a licence whose signature is good.
// It was signed without a check.
type FieldError struct {
	Violations []licseal.Violation // in the order of the text; at least one
}

// Error names the first violation, and how many more there are.
func (e *FieldError) Error() string {
	message := e.Violations[0].String()
	if more := len(e.Violations) - 1; more > 0 {
		message += fmt.Sprintf(" (and %s)", text.Plural(more, "more fault"))
	}
	return message
}
