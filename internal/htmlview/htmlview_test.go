package htmlview_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/internal/htmlview"
)

// Earlier months are in the first bar, those after two years in the last, and a bar that
// is not empty can be seen.
func TestMonths(t *testing.T) {
	now := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	bars := htmlview.Months(map[string]int{"2026-10": 1, "2026-11": 1, "2027-01": 1000, "2029-01": 3, "9999-12": 4}, now)
	counts := map[string]int{}
	for _, b := range bars {
		if b.Count > 0 {
			counts[b.Label] = b.Count
		}
		if (b.Height > 0) != (b.Count > 0) || b.Y+b.Height != 136 {
			t.Errorf("%+v", b)
		}
	}
	if diff := cmp.Diff(map[string]int{"2026-11": 2, "2027-01": 1000, "later": 7}, counts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLargest(t *testing.T) {
	got := fmt.Sprint(htmlview.Largest(map[string]int{"a": 1, "": 5, "b": 1, "c": 3}, 2))
	if want := "[{- 5} {c 3} {2 others 2}]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A page is for a screen and for paper, light or dark, and loads nothing.
func TestFrame(t *testing.T) {
	var b strings.Builder
	if err := htmlview.Parse(`{{template "begin" .}}{{template "find"}}{{template "end" .}}`).Execute(&b, htmlview.NewPage("a < b")); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<title>a &lt; b</title>", "@media print", "color-scheme:light dark", "default-src &#39;none&#39;", `<p id="find" hidden>`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, never := range []string{"http:", "https:", "src=", "href="} {
		if strings.Contains(b.String(), never) {
			t.Errorf("the page has %s", never)
		}
	}
}
