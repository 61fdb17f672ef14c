package check

import (
	"regexp"
	"sync"
	"time"

	"github.com/licseal/licseal/internal/text"
)

// plain returns text that is safe to show; see [text.Escape].
func plain(s string) string { return text.Escape(s) }

// Instant returns an instant as every output shows it: RFC 3339, in UTC.
func Instant(t time.Time) string { return text.Instant(t) }

// DaysBetween returns how many whole days lie between now and until; it is
// negative if until has passed.
func DaysBetween(now, until time.Time) int { return text.DaysBetween(now, until) }

func daysText(days int) string { return text.Days(days) }

// lazy compiles a pattern when it is first used: a program that has this package
// in it, and does not use it, starts none the slower.
func lazy(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}
