// Package timespan reads lengths of time as people write them: fixed ones, in days or
// hours, and those of the calendar, in years, months, weeks and days.
package timespan

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// MaxDays is the greatest number of days that a length of time may have: a hundred
// years, well below what a time.Duration holds.
const MaxDays = 36500

// Parse returns a length of time that does not depend on the calendar: whole days as in
// "30d", at most [MaxDays], or what [time.ParseDuration] reads, such as "12h". Signs are
// refused.
func Parse(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if digits, isDays := strings.CutSuffix(text, "d"); isDays {
		var days int
		days, err = strconv.Atoi(digits)
		d = time.Duration(days) * 24 * time.Hour
		if days > MaxDays {
			err = strconv.ErrRange
		}
	}
	if err != nil || strings.ContainsAny(text, "+-") {
		return 0, fmt.Errorf("%q is not a length of time; write it as 30d (at most %dd) or 12h", text, MaxDays)
	}
	return d, nil
}
