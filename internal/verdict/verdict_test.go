package verdict_test

import (
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/verdict"
	"github.com/licseal/licseal/verify"
)

func TestPeriodState(t *testing.T) {
	day := func(text string) time.Time {
		t.Helper()
		d, err := licseal.ParseDate(text, nil)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	tests := []struct{ from, until, now, want string }{
		{"2026-01-01", "2027-01-01", "2025-12-31", "not yet valid"},
		{"2026-01-01", "2027-01-01", "2026-01-01", "365 days left"},
		{"2026-01-01", "2027-01-01", "2026-12-31", "1 day left"},
		{"2026-01-01", "2027-01-01", "2026-12-31T12:00:00Z", "less than a day left"},
		{"2026-01-01", "2027-01-01", "2027-01-01", "expired less than a day ago"},
		{"2026-01-01", "2027-01-01", "2027-01-02", "expired 1 day ago"},
		{"2026-01-01", "2027-01-01", "2027-01-03T12:00:00Z", "expired 2 days ago"},
		{"2026-01-01", "2026-01-01", "2026-01-01", "never valid"},
	}
	for _, test := range tests {
		period := licseal.Period{NotBefore: day(test.from), NotAfter: day(test.until)}
		if got := verdict.PeriodState(period, day(test.now)).String(); got != test.want {
			t.Errorf("from %s until %s, at %s: got %q, want %q", test.from, test.until, test.now, got, test.want)
		}
	}
}

// What a file or a key is called cannot forge a line.
func TestSummaryIsOneLine(t *testing.T) {
	day := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	result := &verify.Result{Time: day, Period: licseal.Period{NotBefore: day, NotAfter: day.AddDate(1, 0, 0)}}
	result.Key.Name = "vendor\nok: b"
	tests := []struct {
		v    verdict.Verdict
		want string
	}{
		{verdict.Verdict{File: "a\nb", Line: 3, Result: result, Warnings: []licseal.Violation{{Position: licseal.Position{Line: 1, Column: 2}, Message: "c\x1bd"}}},
			`ok: a\nb:3: valid until 2028-01-01T00:00:00Z (365 days left), signed by vendor\nok: b ; warning: 1:2: c\u001bd`},
		{verdict.Verdict{File: "a", Result: result, Err: &licseal.ParseError{Position: licseal.Position{Line: 1, Column: 1}, Detail: "x\ny"}},
			`parse: a: 1:1: x\ny`},
	}
	for _, test := range tests {
		if got := test.v.Summary().String(); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}
