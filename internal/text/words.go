package text

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"
)

// Plural returns a count and its noun: "1 row", "2 rows", "1,234 rows".
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Thousands(n) + " " + noun + "s"
}

// Thousands returns a number with commas: 1,234,567.
func Thousands(n int) string {
	digits := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// Days returns a number of whole days in words: "less than a day", "1 day", "3 days".
func Days(days int) string {
	switch days {
	case 0:
		return "less than a day"
	case 1:
		return "1 day"
	}
	return strconv.Itoa(days) + " days"
}

// DaysBetween returns how many whole days lie between from and until. It is negative
// if until is earlier. Unlike [time.Time.Sub] it has no limit of 292 years:
// licences that are meant to last forever end in 9999.
func DaysBetween(from, until time.Time) int {
	const day = 24 * 60 * 60
	seconds := until.Unix() - from.Unix()
	if until.Nanosecond() < from.Nanosecond() {
		seconds--
	}
	days := seconds / day
	if seconds%day < 0 {
		days--
	}
	return int(days)
}

// lastInstant is the last one that RFC 3339 can express.
var lastInstant = time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)

// Instant returns an instant as every output shows it: RFC 3339, in UTC. A year
// beyond 9999, which the format does not have, becomes the last instant of 9999.
func Instant(t time.Time) string {
	if t = t.UTC(); t.After(lastInstant) {
		t = lastInstant
	}
	return t.Format(time.RFC3339Nano)
}

// Cause returns an error of package os without the path and the operation: messages
// name the file already. Any other error is returned as it is.
func Cause(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}

// KeyPairCause returns an error of crypto/tls.X509KeyPair without the types of PEM blocks
// that it quotes: the file may be another, which holds a secret.
func KeyPairCause(err error) error {
	if message, _, quotes := strings.Cut(err.Error(), " after skipping PEM blocks"); quotes {
		return errors.New(message)
	}
	return Cause(err)
}
