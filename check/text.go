package check

import (
	"bytes"
	"time"
	"unicode/utf8"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/check/repair"
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

// MaxBytes is the size of the largest text that is read: a licence in base64, in a
// manifest or in a list of records is larger than the licence.
const MaxBytes = repair.MaxBytes

// positionAt returns the position of an offset in a document.
func positionAt(document []byte, offset int) licseal.Position {
	before := document[:offset]
	start := bytes.LastIndexByte(before, '\n') + 1
	return licseal.Position{Line: bytes.Count(before, []byte{'\n'}) + 1, Column: utf8.RuneCount(before[start:]) + 1}
}
