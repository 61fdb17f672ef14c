package timespan

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Span is a length of time on the calendar. The zero value is no time at all.
type Span struct {
	Months   int           // a year is twelve
	Days     int           // a week is seven
	Clock    time.Duration // hours, minutes and seconds
	MonthEnd bool          // then on to the last day of the month
}

// monthEnd ends the text of a span that leads to the last day of a month.
const monthEnd = "@month-end"

// ErrTooLate is the error of [Span.After] for an instant that no date can express.
var ErrTooLate = errors.New("later than the year 9999, the last one that a date can express")

// unit is a unit of a span. most is how many of it make a hundred years.
type unit struct {
	name string
	most int
	add  func(s *Span, n int)
}

// units are in the order in which a span has them.
var units = []unit{
	{"y", 100, func(s *Span, n int) { s.Months += 12 * n }},
	{"mo", 1200, func(s *Span, n int) { s.Months += n }},
	{"w", MaxDays / 7, func(s *Span, n int) { s.Days += 7 * n }},
	{"d", MaxDays, func(s *Span, n int) { s.Days += n }},
	{"h", MaxDays * 24, func(s *Span, n int) { s.Clock += time.Duration(n) * time.Hour }},
	{"min", MaxDays * 24 * 60, func(s *Span, n int) { s.Clock += time.Duration(n) * time.Minute }},
	{"s", MaxDays * 24 * 60 * 60, func(s *Span, n int) { s.Clock += time.Duration(n) * time.Second }},
}

// ParseSpan reads a span such as 1y, 6mo, 2w, 90d, 12h, 1y6mo or 1y@month-end: numbers
// with units, each at most once, in descending order, and @month-end. At least one of
// the two is there. A unit of m alone is refused, because it may be months or minutes;
// 1h30m is accepted.
func ParseSpan(text string) (Span, error) {
	var s Span
	rest, isMonthEnd := strings.CutSuffix(text, monthEnd)
	s.MonthEnd = isMonthEnd
	if rest == "" && !isMonthEnd {
		return Span{}, spanError(text)
	}
	next := 0 // the first unit that may follow
	for rest != "" {
		number, name, after := cutUnit(rest)
		if name == "m" {
			if next == 0 || units[next-1].name != "h" {
				return Span{}, fmt.Errorf("%q is ambiguous: write %smo for months, or %smin for minutes", text, number, number)
			}
			name = "min"
		}
		i := slices.IndexFunc(units, func(u unit) bool { return u.name == name })
		n, err := strconv.Atoi(number)
		if err != nil || i < next {
			return Span{}, spanError(text)
		}
		if n > units[i].most {
			return Span{}, fmt.Errorf("%q is longer than a hundred years (%d%s), the limit", text, units[i].most, name)
		}
		if units[i].add(&s, n); s.Clock > MaxDays*24*time.Hour { // checked each time, before it overflows
			return Span{}, fmt.Errorf("%q is longer than a hundred years, the limit", text)
		}
		next, rest = i+1, after
	}
	return s, nil
}

func spanError(text string) error {
	return fmt.Errorf("%q is not a length of time; write it as 1y, 6mo, 2w, 90d, 12h, 1y6mo or 1y@month-end", text)
}

// cutUnit returns the digits and the letters that a text begins with.
func cutUnit(text string) (digits, letters, rest string) {
	rest = strings.TrimLeft(text, "0123456789")
	digits = text[:len(text)-len(rest)]
	after := strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyz")
	return digits, rest[:len(rest)-len(after)], after
}

// After returns the instant that lies s after t, in UTC. Years and months come first,
// and keep the day of the month, or lead to the last day of a shorter month: 31 January
// and a month is 28 or 29 February. Days, hours and the end of the month follow.
// Every day has 24 hours.
//
// The error is [ErrTooLate].
func (s Span) After(t time.Time) (time.Time, error) {
	t = addMonths(t.UTC(), s.Months).AddDate(0, 0, s.Days).Add(s.Clock)
	if s.MonthEnd {
		t = t.AddDate(0, 0, daysIn(t.Year(), t.Month())-t.Day())
	}
	if t.Year() > 9999 {
		return time.Time{}, ErrTooLate
	}
	return t, nil
}

// addMonths returns t some months later, on the same day of the month or on its last.
func addMonths(t time.Time, months int) time.Time {
	first := t.AddDate(0, 0, 1-t.Day()).AddDate(0, months, 0)
	return first.AddDate(0, 0, min(t.Day(), daysIn(first.Year(), first.Month()))-1)
}

// daysIn returns how many days a month has.
func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}
