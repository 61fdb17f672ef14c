package jsonread

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// Fault is a value that was read, and that a document must not have.
type Fault struct {
	Pointer string // of the value
	Detail  string
}

func (f *Fault) Error() string { return f.Detail }

// Faultf returns a fault of the value at a place.
func Faultf(pointer, format string, args ...any) error {
	return &Fault{pointer, fmt.Sprintf(format, args...)}
}

// Place returns the pointer and the detail of an error, "" and its text if it is not a
// [Fault].
func Place(err error) (pointer, detail string) {
	if f := (*Fault)(nil); errors.As(err, &f) {
		return f.Pointer, f.Detail
	}
	return "", err.Error()
}

// Time returns the time in the text at a place: RFC 3339, in UTC and whole seconds, as
// [FormatTime] writes it. The zero time is a fault.
func Time(pointer, text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || FormatTime(t) != text || t.IsZero() {
		return time.Time{}, Faultf(pointer, "%s is not a time; write it as \"2027-12-31T12:00:00Z\"", Quote(text))
	}
	return t, nil
}

// FormatTime returns the text of a time in a document.
func FormatTime(t time.Time) string { return t.UTC().Truncate(time.Second).Format(time.RFC3339) }

// Quote returns a text for an error, quoted, and cut if it is long.
func Quote(s string) string {
	const limit = 60
	if utf8.RuneCountInString(s) <= limit {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprintf("%.*q…", limit, s)
}
