package timespan

import (
	"bufio"
	"errors"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"
)

func day(t *testing.T, text string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func span(t *testing.T, text string) Span {
	t.Helper()
	s, err := ParseSpan(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The cases come from another program; see testdata/cases.py.
func TestCalendarCases(t *testing.T) {
	file, err := os.Open("testdata/cases.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	n := 0
	for lines := bufio.NewScanner(file); lines.Scan(); n++ {
		words := strings.Fields(lines.Text())
		got, err := span(t, words[1]).After(day(t, words[0]))
		if err != nil || got.Format(time.DateOnly) != words[2] {
			t.Errorf("%s after %s: %v, %v; want %s", words[1], words[0], got, err, words[2])
		}
	}
	if n < 200 {
		t.Errorf("there are %d cases", n)
	}
}

// An instant keeps its time of day, in UTC, whatever offset or place it was written with.
func TestCalendarInstants(t *testing.T) {
	for _, test := range []struct{ from, span, want string }{
		{"2026-03-01T00:30:00+02:00", "1mo", "2026-03-28T22:30:00Z"}, // 28 February in UTC
		{"2026-01-31T12:00:00.5Z", "1mo", "2026-02-28T12:00:00.5Z"},
		{"2026-01-31T23:59:59Z", "1mo1s", "2026-03-01T00:00:00Z"},
		{"2026-01-31T10:00:00Z", "@month-end", "2026-01-31T10:00:00Z"},
		{"2026-02-27T23:00:00Z", "1h30m@month-end", "2026-02-28T00:30:00Z"},
		{"2026-01-01T00:00:00Z", "1y6mo2w3d4h5min6s", "2027-07-18T04:05:06Z"},
	} {
		from, err := time.Parse(time.RFC3339Nano, test.from)
		if err != nil {
			t.Fatal(err)
		}
		got, err := span(t, test.span).After(from)
		if err != nil || got.Format(time.RFC3339Nano) != test.want {
			t.Errorf("%s after %s: %v, %v; want %s", test.span, test.from, got, err, test.want)
		}
	}
	// Berlin's clocks change on 29 March 2026. A day has 24 hours all the same.
	berlin := time.FixedZone("CET", 3600)
	got, err := span(t, "1d").After(time.Date(2026, 3, 29, 0, 0, 0, 0, berlin))
	if want := time.Date(2026, 3, 30, 0, 0, 0, 0, berlin); err != nil || !got.Equal(want) || got.Location() != time.UTC {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestSpansRefused(t *testing.T) {
	const form = " is not a length of time; write it as 1y, 6mo, 2w, 90d, 12h, 1y6mo or 1y@month-end"
	for text, want := range map[string]string{
		"":                         `""` + form,
		"6m":                       `"6m" is ambiguous: write 6mo for months, or 6min for minutes`,
		"1y6m":                     `"1y6m" is ambiguous: write 6mo for months, or 6min for minutes`,
		"6m@month-end":             `"6m@month-end" is ambiguous: write 6mo for months, or 6min for minutes`,
		"1h6m":                     "",
		"1":                        `"1"` + form,
		"y":                        `"y"` + form,
		"1Y":                       `"1Y"` + form,
		"-1d":                      `"-1d"` + form,
		"+1d":                      `"+1d"` + form,
		"1.5y":                     `"1.5y"` + form,
		"1 y":                      `"1 y"` + form,
		"1d1y":                     `"1d1y"` + form,
		"1d1d":                     `"1d1d"` + form,
		"1yr":                      `"1yr"` + form,
		"1y@monthend":              `"1y@monthend"` + form,
		"@month-end1y":             `"@month-end1y"` + form,
		"1y@month-end ":            `"1y@month-end "` + form,
		"100y":                     "",
		"101y":                     `"101y" is longer than a hundred years (100y), the limit`,
		"1201mo":                   `"1201mo" is longer than a hundred years (1200mo), the limit`,
		"36501d":                   `"36501d" is longer than a hundred years (36500d), the limit`,
		"876000h":                  "",
		"876001h":                  `"876001h" is longer than a hundred years (876000h), the limit`,
		"876000h52560000min":       `"876000h52560000min" is longer than a hundred years, the limit`,
		"1h52560000min3153600000s": `"1h52560000min3153600000s" is longer than a hundred years, the limit`,
		"99999999999999999999y":    `"99999999999999999999y"` + form,
	} {
		_, err := ParseSpan(text)
		if got := errorText(err); got != want {
			t.Errorf("%q: %s; want %s", text, got, want)
		}
	}
	for from, s := range map[string]string{"9999-12-31": "1d", "9999-01-31": "1y", "9999-12-01": "1mo@month-end"} {
		if got, err := span(t, s).After(day(t, from)); !errors.Is(err, ErrTooLate) {
			t.Errorf("%s after %s: %v, %v", s, from, got, err)
		}
	}
}

// Each unit, up to the most of it, and what they make together.
func TestSpans(t *testing.T) {
	const hour, minute = time.Hour, time.Minute
	for text, want := range map[string]Span{
		"0y": {}, "0s": {}, "1y": {Months: 12}, "100y": {Months: 1200}, "2mo": {Months: 2}, "1200mo": {Months: 1200}, "100y1200mo": {Months: 2400},
		"3w": {Days: 21}, "5214w": {Days: 36498}, "4d": {Days: 4}, "36500d": {Days: 36500}, "5214w36500d": {Days: 72998},
		"5h": {Clock: 5 * hour}, "876000h": {Clock: 876000 * hour}, "6min": {Clock: 6 * minute}, "52560000min": {Clock: 876000 * hour}, "7s": {Clock: 7 * time.Second},
		"3153600000s": {Clock: 876000 * hour}, "875999h59min60s": {Clock: 876000 * hour}, "1h2m": {Clock: 62 * minute}, "1h2m3s": {Clock: 62*minute + 3*time.Second},
		"1y2mo3w4d5h6min7s@month-end": {Months: 14, Days: 25, Clock: 5*hour + 6*minute + 7*time.Second, MonthEnd: true}, "@month-end": {MonthEnd: true}, "007d": {Days: 7},
	} {
		if got := span(t, text); got != want {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
	for _, text := range []string{
		"5215w", "52560001min", "3153600001s", "876000h1s", "876000h1m", "1d1m", "1m1s", "1h1m1m", "1h1m1min", "1min1h", "1s1s", "1d@month-end@month-end", "d1", "1d1", "1d ", "¹d",
	} {
		if got, err := ParseSpan(text); err == nil || got != (Span{}) {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}

// The last day that a date can express is reached, and none beyond it.
func TestLastDay(t *testing.T) {
	for _, test := range []struct{ from, span, want string }{
		{"9999-12-30", "1d", "9999-12-31"}, {"9999-12-01", "@month-end", "9999-12-31"}, {"9998-12-31", "1y", "9999-12-31"}, {"9999-11-30", "1mo@month-end", "9999-12-31"},
		{"9999-12-31", "23h59min59s", "9999-12-31"}, {"9999-12-31", "24h", ""}, {"9999-12-31", "1mo", ""}, {"9999-12-31", "0d", "9999-12-31"},
		{"2023-12-31", "2mo", "2024-02-29"}, {"2024-02-29", "100y", "2124-02-29"}, {"2024-02-29", "76y", "2100-02-28"}, {"2023-11-30", "@month-end", "2023-11-30"}, {"2023-12-01", "@month-end", "2023-12-31"},
	} {
		got, err := span(t, test.span).After(day(t, test.from))
		if test.want == "" && err != ErrTooLate || test.want != "" && (err != nil || got.Format(time.DateOnly) != test.want) {
			t.Errorf("%s after %s: %v, %v; want %s", test.span, test.from, got, err, test.want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Whatever the date and the span: nothing gets shorter, an earlier start never ends
// later, and whole years and months keep the month that people count.
func TestExtendThenCompare(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	start := day(t, "1970-01-01")
	for range 20_000 {
		from := start.AddDate(0, 0, rng.IntN(300*365))
		s := Span{Months: rng.IntN(300), Days: rng.IntN(3000), MonthEnd: rng.IntN(4) == 0}
		if rng.IntN(2) == 0 {
			s.Days = 0
		}
		until, err := s.After(from)
		later, err2 := s.After(from.AddDate(0, 0, rng.IntN(60)))
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		if later.Before(until) || until.Before(from) || until.Hour() != 0 {
			t.Fatalf("%+v after %v is %v; from a later date, %v", s, from, until, later)
		}
		if s.MonthEnd && until.AddDate(0, 0, 1).Day() != 1 {
			t.Fatalf("%+v after %v is %v", s, from, until)
		}
		if s.Days > 0 {
			continue
		}
		if months := 12*(until.Year()-from.Year()) + int(until.Month()-from.Month()); months != s.Months {
			t.Fatalf("%+v after %v is %v, %d months later", s, from, until, months)
		}
		if isLast := until.AddDate(0, 0, 1).Day() == 1; !isLast && until.Day() != from.Day() {
			t.Fatalf("%+v after %v is %v, on another day of the month", s, from, until)
		}
	}
}
