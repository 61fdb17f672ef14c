package checkreport_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/internal/checkreport"
)

// fleetPage returns the page about entries.
func fleetPage(t *testing.T, h checkreport.Header, entries ...checkreport.Entry) string {
	t.Helper()
	var b bytes.Buffer
	h.Time = now
	w, err := checkreport.New("html", &b, h)
	if err != nil {
		t.Fatal(err)
	}
	run := checkreport.Run{Writer: w}
	for _, e := range entries {
		if err := run.Entry(e, true); err != nil {
			t.Fatal(err)
		}
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The page counts by place and by what was found, and shows what is used of the limits.
func TestPageOfFleet(t *testing.T) {
	c, no := checker(t, true), false
	result := func(name, text string) checkreport.Entry {
		return checkreport.Entry{Result: c.License(name, []byte(text)), Path: name}
	}
	used := result("http://eu/licenses 1", licence(t, "2027-01-01", "2028-02-01"))
	used.Place, used.Usage = "http://eu", []admin.Usage{{Name: "admin_seats", Used: 9, Allowed: 5}, {Name: "dataplanes", Used: 1, Allowed: 4}, {Name: "none", Used: 0, Allowed: 0}}
	idle := result("http://eu/licenses 2", licence(t, "2027-01-01", "2026-12-01"))
	idle.Place, idle.Active = "http://eu", &no
	page := fleetPage(t, checkreport.Header{Name: "fleet"},
		result("eu/prod/a.json", licence(t, "2027-01-01", "2028-01-01")), result("eu/prod/b.json", licence(t)), result(`us\c.json`, licence(t, "2027-01-01", "2026-02-01")), used, idle)
	for _, want := range []string{
		"<h1>Licences: fleet</h1>", "5 licences, as of 2026-11-22T12:00:00Z; <strong>signatures were not checked</strong>",
		`<td>eu/prod<td class="n">2`, `<td>us<td class="n">1`, `<td>http://eu<td class="n">2`, `<td>ok<td class="n">3`, `<td>expired<td class="n">1`, `<td>within 60 days<td class="n">1`,
		"<title>2027-01: 1</title>", "<title>2028-02: 1</title>", "<title>2026-12: 0</title>", // the one that is not in use does not count
		`<td>http://eu<td>admin_seats<td class="n">9 of 5<td><svg class="use" role="img" aria-label="180 percent" viewBox="0 0 100 8"><rect class="limit" width="100" height="8"></rect><rect class="bad" width="100" height="8"></rect></svg><td class="bad">exceeded`,
		`1 of 4<td><svg class="use" role="img" aria-label="25 percent" viewBox="0 0 100 8"><rect class="limit" width="100" height="8"></rect><rect width="25" height="8">`,
		`<td class="d">2026-02-01<td class="bad">expired`, `<td class="d">2028-02-01, 435 days<td>ok`, "requirement (not active)",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if t.Failed() {
		t.Log(page)
	}
	if page := fleetPage(t, checkreport.Header{SignatureChecked: true}); strings.Contains(page, "not checked") || strings.Contains(page, "Use against") {
		t.Error("the page without licences says more than it knows")
	}
}

// Whatever a licence, a file or a finding is called, it is text, and the policy allows one
// style and one script, by their hashes.
func TestPageOfFleetEscapes(t *testing.T) {
	const hostile = `</title></script><script>alert(1)</script><img src=x onerror=alert(1)>"'`
	e := checkreport.Entry{
		Result: &check.Result{Name: hostile, ID: hostile, Customer: hostile, Findings: []check.Finding{{Code: check.Code(hostile), Severity: check.Severity(hostile), Found: hostile, Remedy: hostile + "\x1b[31m\u202e"}}},
		Place:  hostile, Word: hostile, Exit: 1, Usage: []admin.Usage{{Name: hostile, Used: 1, Allowed: 1}},
	}
	page := fleetPage(t, checkreport.Header{Name: hostile, Sources: []check.Source{{Name: hostile, Detail: hostile}}, Findings: e.Findings}, e)
	if strings.Count(page, "<script") != 1 || strings.Contains(page, "<img") || strings.Count(page, "</title>") != 1+25 || strings.ContainsAny(page, "\x1b\u202e") {
		t.Errorf("a text is markup:\n%s", page)
	}
	if !regexp.MustCompile(`content="default-src &#39;none&#39;; style-src &#39;sha256-[^ ]{44,60}&#39;; script-src &#39;sha256-[^ ]{44,60}&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;"`).MatchString(page) {
		t.Error("the policy is missing")
	}
}
