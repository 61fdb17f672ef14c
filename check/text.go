package check

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

// plain returns text that is safe to show: characters that could move the
// cursor or hide others are written as escapes, and so are bytes that are not UTF-8.
func plain(text string) string {
	if utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool { return !unicode.IsGraphic(r) }) < 0 {
		return text
	}
	quoted := strconv.QuoteToGraphic(text)
	return quoted[1 : len(quoted)-1]
}

// Instant returns an instant as every output prints it: RFC 3339, in UTC.
func Instant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// DaysBetween returns how many whole days lie between now and until; it is
// negative once until has passed. It has no limit of 292 years as
// [time.Time.Sub] has, because licences that are meant for ever end in 9999.
func DaysBetween(now, until time.Time) int {
	const day = 24 * 60 * 60
	seconds := until.Unix() - now.Unix()
	if until.Nanosecond() < now.Nanosecond() {
		seconds--
	}
	days := seconds / day
	if seconds%day < 0 {
		days--
	}
	return int(days)
}

// daysText writes a number of whole days.
func daysText(days int) string {
	switch days {
	case 0:
		return "less than a day"
	case 1:
		return "1 day"
	}
	return strconv.Itoa(days) + " days"
}

// lazy compiles a pattern when it is first used: a program that has this package
// in it, and does not use it, starts none the slower.
func lazy(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}
