package licseal

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Period is the validity period of a licence: from NotBefore to NotAfter, which is
// not included.
type Period struct {
	NotBefore, NotAfter time.Time
}

// DateError reports a payload without a usable period: a date is missing or not a
// date, or the licence would expire before it was created. A licence without dates
// is refused; it is not valid forever.
type DateError struct {
	Position
	Detail string // what was found, and what would be right
}

func (e *DateError) Error() string { return e.Position.String() + ": " + e.Detail }

// Period reads the dates that roles name. A date YYYY-MM-DD means its first instant
// in loc (UTC if loc is nil); an RFC 3339 time means that instant.
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

// maxGraceDays is the longest grace period that a licence may state, in days: a
// hundred years, well within the range of a time.Duration.
const maxGraceDays = 36500

// Grace returns the grace period that the licence states: how long it is accepted
// after its expiration. It is the number of days at roles.GraceDays, or 0 if roles
// name no such field.
//
// An error is always a [*DateError].
func (p Payload) Grace(roles Roles) (time.Duration, error) {
	if roles.GraceDays == "" {
		return 0, nil
	}
	value, ok := p.Field(roles.GraceDays)
	if !ok {
		return 0, &DateError{p.Position(roles.GraceDays), "the days of grace are missing; write 0 for none"}
	}
	days, err := strconv.Atoi(string(value))
	if err != nil || days < 0 || days > maxGraceDays {
		return 0, &DateError{p.Position(roles.GraceDays), fmt.Sprintf("found %s where days of grace are expected, a whole number from 0 to %d", describe(value), maxGraceDays)}
	}
	return time.Duration(days) * 24 * time.Hour, nil
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

// ParseDate reads a date of a licence: YYYY-MM-DD means its first instant in loc,
// usually 00:00:00 (UTC if loc is nil); an RFC 3339 time means that instant. The
// result is in UTC.
func ParseDate(s string, loc *time.Location) (time.Time, error) {
	if len(s) != len(time.DateOnly) {
		return parseTime(s)
	}
	day, err := time.Parse(time.DateOnly, s)
	if err != nil || loc == nil || loc == time.UTC {
		return day, err
	}
	return firstInstant(day, loc).UTC(), nil
}

// parseTime reads an RFC 3339 time. Package time also accepts others: an hour of one
// digit, a comma before the fraction, an offset of 24 hours.
func parseTime(s string) (time.Time, error) {
	const clock = "0000-00-00T00:00:00"
	if len(s) < len(clock) || !hasShape(s[:len(clock)], clock) || !isFractionAndOffset(s[len(clock):]) {
		return time.Time{}, fmt.Errorf("%q is not an RFC 3339 time", strings.Clone(s)) // the clone keeps s off the heap where all is well
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, err
	}
	return t.UTC(), nil
}

// isFractionAndOffset reports whether s is what may follow the seconds of an RFC 3339
// time. A fraction has at most nine digits, because more would be rounded.
func isFractionAndOffset(s string) bool {
	if fraction, ok := strings.CutPrefix(s, "."); ok {
		s = strings.TrimLeft(fraction, "0123456789")
		if digits := len(fraction) - len(s); digits < 1 || digits > 9 {
			return false
		}
	}
	return s == "Z" || (hasShape(s, "+00:00") || hasShape(s, "-00:00")) && s[1:3] < "24" && s[4:6] < "60"
}

// hasShape reports whether s has a digit wherever shape has a 0, and is shape
// elsewhere.
func hasShape(s, shape string) bool {
	if len(s) != len(shape) {
		return false
	}
	for i := range len(s) {
		isDigit := '0' <= s[i] && s[i] <= '9'
		if shape[i] == '0' && !isDigit || shape[i] != '0' && s[i] != shape[i] {
			return false
		}
	}
	return true
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
