package registerview_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal/internal/registerview"
	"github.com/licseal/licseal/register"
)

// items returns licences that expire one a day.
func items(n int, customer string) func(func(register.Item, error) bool) {
	return func(yield func(register.Item, error) bool) {
		for i := range n {
			item := register.Item{State: register.Valid, Entry: register.Entry{Number: int64(i)}}
			item.ID, item.Customer, item.Plan, item.Kind = fmt.Sprintf("LS-%07d", i), fmt.Sprintf("%s %d", customer, i), "gold", register.Issued
			item.NotAfter = time.Date(2026, 7, 2+i%700, 0, 0, 0, 0, time.UTC)
			if !yield(item, nil) {
				return
			}
		}
	}
}

func page(t *testing.T, n int, customer string) string {
	t.Helper()
	var b strings.Builder
	o := &registerview.PageOptions{Title: "Licences", Now: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC), Seats: func(*register.Item) int { return 3 }}
	if err := registerview.WritePage(&b, items(n, customer), o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The page of 10,000 licences has less than a megabyte.
func TestPageIsSmall(t *testing.T) {
	if n := len(page(t, 10_000, "Example Company, Incorporated")); n > 1_000_000 {
		t.Errorf("the page has %d bytes", n)
	}
}

func TestPageCounts(t *testing.T) {
	text := page(t, 700, "Example")
	for _, want := range []string{
		"<td>within 30 days<td class=\"n\">29", "<td>within 90 days<td class=\"n\">89", "<td>seats sold<td class=\"n\">2100",
		"<td>gold<td class=\"n\">700", "<td>690 others<td class=\"n\">690", "<title>2026-08: 31</title>", "<td>LS-0000699<td>Example 699<td>gold<td>2028-05-31<td>valid",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

// What a customer is called is text, whatever it contains, and the policy names the one
// script and the one style by their hashes.
func TestPageEscapes(t *testing.T) {
	text := page(t, 1, `</table><script>alert(1)</script><img src=x onerror=alert(1)>`)
	if strings.Count(text, "<script") != 1 || strings.Contains(text, "<img") {
		t.Error("the name of a customer is HTML")
	}
	if !regexp.MustCompile(`content="default-src &#39;none&#39;; style-src &#39;sha256-[^ ]{44,60}&#39;; script-src &#39;sha256-[^ ]{44,60}&#39;;`).MatchString(text) {
		t.Error("the policy is missing")
	}
}
