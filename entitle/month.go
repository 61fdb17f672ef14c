package entitle

import (
	"fmt"
	"time"
)

// Month is a calendar month in UTC: 12 times the year, plus the month, less one.
type Month int

// MonthOf returns the month in which an instant lies.
func MonthOf(t time.Time) Month {
	t = t.UTC()
	return Month(t.Year()*12 + int(t.Month()) - 1)
}

// ParseMonth reads a month such as 2026-11.
func ParseMonth(s string) (Month, error) {
	t, err := time.Parse("2006-01", s)
	if err != nil {
		return 0, fmt.Errorf("%q is not a month; write it as 2026-11", s)
	}
	return MonthOf(t), nil
}

// Start returns the first instant of the month.
func (m Month) Start() time.Time {
	return time.Date(int(m)/12, time.Month(int(m)%12+1), 1, 0, 0, 0, 0, time.UTC)
}

// String returns the month as in 2026-11.
func (m Month) String() string { return fmt.Sprintf("%04d-%02d", int(m)/12, int(m)%12+1) }
