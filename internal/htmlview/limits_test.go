package htmlview_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/internal/htmlview"
)

// A bar is as high as its share of the highest, whatever the counts are, and stands on the
// line under which the labels are.
func TestBars(t *testing.T) {
	now := time.Date(2026, 11, 30, 23, 59, 59, 0, time.UTC)
	for _, test := range []struct {
		counts map[string]int
		want   []htmlview.Month // the first bars
	}{
		{nil, []htmlview.Month{
			{Label: "2026-11", X: 0, Y: 136, Height: 0, Width: 26},
			{Label: "2026-12", X: 30, Y: 136, Height: 0, Width: 26},
		}},
		{map[string]int{"2026-11": 1}, []htmlview.Month{
			{Label: "2026-11", Count: 1, X: 0, Y: 16, Height: 120, Width: 26},
			{Label: "2026-12", X: 30, Y: 136, Height: 0, Width: 26},
		}},
		{map[string]int{"2026-09": 119, "2026-11": 1, "2026-12": 60, "2027-01": 1, "2027-02": 2, "2027-03": 3, "2027-04": 4}, []htmlview.Month{
			{Label: "2026-11", Count: 120, X: 0, Y: 16, Height: 120, Width: 26},
			{Label: "2026-12", Count: 60, X: 30, Y: 76, Height: 60, Width: 26},
			{Label: "2027-01", Count: 1, X: 60, Y: 134, Height: 2, Width: 26},
			{Label: "2027-02", Count: 2, X: 90, Y: 134, Height: 2, Width: 26},
			{Label: "2027-03", Count: 3, X: 120, Y: 133, Height: 3, Width: 26},
			{Label: "2027-04", Count: 4, X: 150, Y: 132, Height: 4, Width: 26},
			{Label: "2027-05", X: 180, Y: 136, Height: 0, Width: 26},
		}},
	} {
		got := htmlview.Months(test.counts, now)
		if diff := cmp.Diff(test.want, got[:len(test.want)]); diff != "" {
			t.Errorf("%v: %s", test.counts, diff)
		}
	}
}

// There are two years of bars, and one for all that is later.
func TestLastBars(t *testing.T) {
	got := htmlview.Months(map[string]int{"2028-10": 1, "2028-11": 2, "2028-12": 3}, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
	want := []htmlview.Month{
		{Label: "2028-10", Count: 1, X: 690, Y: 112, Height: 24, Width: 26},
		{Label: "later", Count: 5, X: 720, Y: 16, Height: 120, Width: 26},
	}
	if diff := cmp.Diff(want, got[len(got)-2:]); diff != "" || len(got) != 25 {
		t.Errorf("%d bars: %s", len(got), diff)
	}
}

// The month of an instant is that of UTC.
func TestMonthOf(t *testing.T) {
	east := time.FixedZone("", 14*3600)
	for want, at := range map[string]time.Time{
		"2026-11": time.Date(2026, 12, 1, 13, 59, 59, 0, east),
		"2026-12": time.Date(2026, 12, 1, 14, 0, 0, 0, east),
	} {
		if got := htmlview.MonthOf(at); got != want {
			t.Errorf("%v is in %s, want %s", at, got, want)
		}
	}
}

// What is due within 30 days is due within 60 and 90 days, too. What expires at the end of
// that time is not within it.
func TestDue(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	days := func(n int) time.Time { return now.AddDate(0, 0, n) }
	for _, test := range []struct {
		expires time.Time
		want    string
	}{
		{days(-400), "[1 1 1]"},
		{now, "[1 1 1]"},
		{days(30).Add(-1), "[1 1 1]"},
		{days(30), "[0 1 1]"},
		{days(60).Add(-1), "[0 1 1]"},
		{days(60), "[0 0 1]"},
		{days(90).Add(-1), "[0 0 1]"},
		{days(90), "[0 0 0]"},
	} {
		var due htmlview.Due
		due.Add(test.expires, now)
		box := due.Box()
		var counts []int
		var labels []string
		for _, c := range box.Counts {
			counts, labels = append(counts, c.Count), append(labels, c.Label)
		}
		if got := fmt.Sprint(counts); got != test.want {
			t.Errorf("%v: %s, want %s", test.expires, got, test.want)
		}
		if diff := cmp.Diff([]string{"within 30 days", "within 60 days", "within 90 days"}, labels); diff != "" || box.Title != "Due" {
			t.Errorf("%s: %s", box.Title, diff)
		}
	}
}

// Others are summed up only if there are more than fit.
func TestLargestAtItsLimit(t *testing.T) {
	counts := map[string]int{"a": 1, "b": 2, "c": 3}
	for most, want := range map[int]string{
		0: "[{3 others 6}]",
		1: "[{c 3} {2 others 3}]",
		2: "[{c 3} {b 2} {1 others 1}]",
		3: "[{c 3} {b 2} {a 1}]",
		4: "[{c 3} {b 2} {a 1}]",
	} {
		if got := fmt.Sprint(htmlview.Largest(counts, most)); got != want {
			t.Errorf("%d: %s, want %s", most, got, want)
		}
	}
	if got := htmlview.Largest(nil, 2); len(got) != 0 {
		t.Errorf("without counts: %v", got)
	}
}

// The policy allows the style and the script of the page, by their hashes, and no others.
func TestPolicy(t *testing.T) {
	page := htmlview.NewPage("a\x1b\n")
	hash := func(source string) string {
		sum := sha256.Sum256([]byte(source))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	want := "default-src 'none'; style-src " + hash(string(page.Style)) + "; script-src " + hash(string(page.Script)) + "; base-uri 'none'; form-action 'none'"
	if diff := cmp.Diff(want, page.Policy); diff != "" {
		t.Error(diff)
	}
	if page.Title != `a\u001b\n` || strings.TrimSpace(string(page.Style)) == "" || strings.TrimSpace(string(page.Script)) == "" {
		t.Errorf("the title is %q, or something is empty", page.Title)
	}
}
