package main

import (
	"time"

	"github.com/licseal/licseal/internal/text"
)

// plain returns text that is safe to show; see [text.Escape].
func plain(s string) string { return text.Escape(s) }

func plural(n int, noun string) string { return text.Plural(n, noun) }

func thousands(n int) string { return text.Thousands(n) }

// orDash returns s, or a dash if it is empty.
func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func instant(t time.Time) string { return text.Instant(t) }

// wholeDays returns how many whole days lie between two instants; it is
// negative once until has passed.
func wholeDays(until, now time.Time) int { return text.DaysBetween(now, until) }

func daysText(days int) string { return text.Days(days) }
