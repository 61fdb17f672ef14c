package jsonread_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/internal/jsonread"
)

// A time has one spelling.
func TestTime(t *testing.T) {
	const remedy = ` is not a time; write it as "2027-12-31T12:00:00Z"`
	long := strings.Repeat("ü", 61)
	for text, want := range map[string]string{
		"2027-12-31T12:00:00Z":      "",
		"0001-01-01T00:00:01Z":      "",
		"9999-12-31T23:59:59Z":      "",
		"0001-01-01T00:00:00Z":      `"0001-01-01T00:00:00Z"` + remedy,
		"2027-12-31T12:00:00.0Z":    `"2027-12-31T12:00:00.0Z"` + remedy,
		"2027-12-31T12:00:00.5Z":    `"2027-12-31T12:00:00.5Z"` + remedy,
		"2027-12-31T12:00:00+00:00": `"2027-12-31T12:00:00+00:00"` + remedy,
		"2027-12-31T13:00:00+01:00": `"2027-12-31T13:00:00+01:00"` + remedy,
		"2027-12-31t12:00:00z":      `"2027-12-31t12:00:00z"` + remedy,
		"2027-12-31T1:00:00Z":       `"2027-12-31T1:00:00Z"` + remedy,
		"2027-02-29T12:00:00Z":      `"2027-02-29T12:00:00Z"` + remedy,
		"2027-12-31":                `"2027-12-31"` + remedy,
		"":                          `""` + remedy,
		"\x1b":                      `"\x1b"` + remedy,
		long[2:]:                    `"` + long[2:] + `"` + remedy,
		long:                        `"` + long[2:] + `"…` + remedy,
	} {
		got, err := jsonread.Time("/issued", text)
		switch {
		case want == "" && (err != nil || jsonread.FormatTime(got) != text || got.Location() != time.UTC):
			t.Errorf("%s is read as %v, %v", text, got, err)
		case want != "":
			pointer, detail := jsonread.Place(fmt.Errorf("reading: %w", err))
			if diff := cmp.Diff([]string{"/issued", want}, []string{pointer, detail}); diff != "" || err.Error() != want || !got.IsZero() {
				t.Errorf("%q: %s %v", text, diff, got)
			}
		}
	}
}

// A time of any zone and precision has a text that is read as the second in which it is.
func TestFormatTime(t *testing.T) {
	at := time.Date(2027, 12, 31, 13, 0, 0, 999_999_999, time.FixedZone("", 3600))
	if got := jsonread.FormatTime(at); got != "2027-12-31T12:00:00Z" {
		t.Errorf("%v is written as %s", at, got)
	}
}

// Other errors have no place.
func TestPlace(t *testing.T) {
	if pointer, detail := jsonread.Place(errors.New("broken")); pointer != "" || detail != "broken" {
		t.Errorf("the place is %q, %q", pointer, detail)
	}
}
