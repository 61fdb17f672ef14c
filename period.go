package licseal

import (
	"fmt"
	"time"
)

// Period is the time for which a licence is valid: from NotBefore until, and
// not including, NotAfter.
type Period struct {
	NotBefore, NotAfter time.Time
}

// DateError says why a payload has no usable period: a date is missing, is not
// a date, or the licence would expire before it was created. A licence without
// dates is never one that does not expire.
type DateError struct {
	Position
	Detail string // what was found, and what would be right
}

func (e *DateError) Error() string { return e.Position.String() + ": " + e.Detail }

// Period reads the dates that roles name. A date YYYY-MM-DD is its first
// instant in loc (UTC if loc is nil); an RFC 3339 time stands for itself.
//
// An error is always a [*DateError].
func (p Payload) Period(roles Roles, loc *time.Location) (Period, error) {
	roles = roles.WithDefaults()
	notBefore, err := p.date(roles.NotBefore, loc)
	if err != nil {
		return Period{}, err
	}
	notAfter, err := p.date(roles.NotAfter, loc)
	if err != nil {
		return Period{}, err
	}
	if notAfter.Before(notBefore) {
		return Period{}, &DateError{p.Position(roles.NotAfter),
			fmt.Sprintf("the licence expires (%s) before it was created (%s)", notAfter.Format(time.RFC3339), notBefore.Format(time.RFC3339))}
	}
	return Period{notBefore, notAfter}, nil
}

func (p Payload) date(pointer string, loc *time.Location) (time.Time, error) {
	value, ok := p.Field(pointer)
	if !ok {
		return time.Time{}, &DateError{p.Position(pointer), "the date is missing; a licence states when it begins and when it expires"}
	}
	t, err := ParseDate(string(value[1:max(1, len(value)-1)]), loc)
	if value[0] != '"' || err != nil {
		return time.Time{}, &DateError{p.Position(pointer), fmt.Sprintf("found %s where a date is expected; write it as \"2027-12-31\" or as an RFC 3339 time", describe(value))}
	}
	return t, nil
}

// ParseDate reads a date as every licence date is read: YYYY-MM-DD is its first
// instant in loc, usually 00:00:00 (UTC if loc is nil); an RFC 3339 time stands for
// itself. The result is in UTC.
func ParseDate(s string, loc *time.Location) (time.Time, error) {
	if len(s) != len(time.DateOnly) {
		var t time.Time
		err := t.UnmarshalText([]byte(s)) // stricter than time.Parse, which takes "1:00" for an hour
		return t.UTC(), err
	}
	day, err := time.Parse(time.DateOnly, s)
	if err != nil || loc == nil || loc == time.UTC {
		return day, err
	}
	return firstInstant(day, loc).UTC(), nil
}

// firstInstant returns the first instant in loc of a day, given as its midnight
// in UTC. Where the clocks are changed at midnight, there may be two of 00:00
// on one day, and none on another.
func firstInstant(day time.Time, loc *time.Location) time.Time {
	t := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, loc)
	start, end := t.ZoneBounds()
	if t.Day() != day.Day() {
		return end // no 00:00 on this day: it begins when the clocks change
	}
	if start.IsZero() {
		return t
	}
	_, offset := start.Add(-1).Zone()
	if earlier := day.Add(-time.Duration(offset) * time.Second); earlier.Before(start) {
		return earlier // 00:00 comes twice, and t was the second
	}
	return t
}
