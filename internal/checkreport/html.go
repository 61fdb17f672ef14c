package checkreport

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/internal/htmlview"
	"github.com/licseal/licseal/verify"
)

//go:embed page.html
var pageText string

var pageTemplate = sync.OnceValue(func() *template.Template { return htmlview.Parse(pageText) })

// pageWriter collects a page for people about many licences: where they are, when they
// expire, what was found, and what is used of what they allow. It is one file that needs
// no network and no script.
type pageWriter struct {
	w       io.Writer
	now     time.Time
	months  map[string]int
	places  map[string]int
	words   map[string]int
	codes   map[string]int
	due     htmlview.Due
	expired int
	page    page
}

// page is what the template gets.
type page struct {
	htmlview.Page
	When             string
	SignatureChecked bool
	Summary          Summary
	Months           []htmlview.Month
	Boxes            []htmlview.Box
	Usage            []pageUsage
	Sources          []string
	Findings         []pageFinding
	Rows             []pageRow
}

type pageRow struct {
	Name, ID, Customer, Expires, Verdict string
	Failed                               bool
	Findings                             []pageFinding
}

type pageFinding struct{ Severity, Code, Found, Remedy string }

// pageUsage is what is used of a limit, at a place.
type pageUsage struct {
	Place string
	admin.Usage
}

// Percent returns the share of the limit that is used.
func (u pageUsage) Percent() int64 {
	if u.Allowed <= 0 {
		return min(100*max(u.Used, 0), 100)
	}
	return u.Used * 100 / u.Allowed
}

// Width returns the width of the bar.
func (u pageUsage) Width() int64 { return max(0, min(u.Percent(), 100)) }

func newPage(w io.Writer, h Header) Writer {
	p := &pageWriter{w: w, now: h.Time, months: map[string]int{}, places: map[string]int{}, words: map[string]int{}, codes: map[string]int{}}
	p.page = page{Page: htmlview.NewPage("Licences: " + h.Name), When: check.Instant(h.Time.Truncate(time.Second)), SignatureChecked: h.SignatureChecked, Findings: p.findings(h.Findings, nil)}
	for _, s := range h.Sources {
		p.page.Sources = append(p.page.Sources, plain(strings.TrimRight(fmt.Sprintf("%s: %s %s", s.Name, s.State, s.Detail), " ")))
	}
	return p
}

// findings returns findings as the page shows them. level tells the severity of one, if it
// is not nil.
func (p *pageWriter) findings(found []check.Finding, level func(check.Finding) check.Severity) (all []pageFinding) {
	for _, f := range found {
		if f.Code == check.CodeSignatureNotChecked {
			continue // the head of the page says so
		}
		severity := f.Severity
		if level != nil {
			severity = level(f)
		}
		p.codes[string(f.Code)]++
		all = append(all, pageFinding{string(severity), string(f.Code), plain(f.Found), plain(f.Remedy)})
	}
	return all
}

func (p *pageWriter) Entry(e Entry) error {
	row := pageRow{Name: plain(e.Name), ID: plain(e.ID), Customer: plain(e.Customer), Verdict: e.word(), Failed: e.Exit != 0 && !e.notActive(), Findings: p.findings(e.Findings, e.level)}
	if e.Repaired {
		row.Verdict += " (repaired)"
	}
	p.words[row.Verdict]++
	p.places[e.place()]++
	if days, ok := e.DaysLeft(); ok {
		row.Expires = e.NotAfter.UTC().Format(time.DateOnly)
		if days >= 0 {
			row.Expires += ", " + daysText(days)
		}
		if e.State != verify.Expired && !e.notActive() {
			p.months[htmlview.MonthOf(e.NotAfter)]++
			p.due.Add(e.NotAfter, p.now)
		} else if !e.notActive() {
			p.expired++
		}
	}
	for _, u := range e.Usage {
		p.page.Usage = append(p.page.Usage, pageUsage{e.place(), u})
	}
	p.page.Rows = append(p.page.Rows, row)
	return nil
}

// place returns where the licence is: a folder, a namespace, or an Admin API.
func (e Entry) place() string {
	if e.Place != "" {
		return plain(e.Place)
	}
	name := strings.ReplaceAll(e.Name, `\`, "/")
	if i := strings.LastIndexByte(name, '/'); i > 0 { // not path.Dir: it may be a URL
		return plain(name[:i])
	}
	return plain(e.Name)
}

func (p *pageWriter) Close(s Summary) error {
	const most = 12
	due := p.due.Box()
	if p.expired > 0 {
		due.Counts = append(due.Counts, htmlview.Count{Label: "expired", Count: p.expired})
	}
	p.page.Summary, p.page.Months = s, htmlview.Months(p.months, p.now.UTC())
	p.page.Boxes = []htmlview.Box{
		{Title: "Verdicts", Counts: htmlview.Largest(p.words, most)}, due,
		{Title: "Findings", Counts: htmlview.Largest(p.codes, most)}, {Title: "Places", Counts: htmlview.Largest(p.places, most)},
	}
	return pageTemplate().Execute(p.w, &p.page)
}
