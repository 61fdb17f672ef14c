// Package htmlview has what the HTML pages about licences have in common: one file each,
// that needs no network and no script, for a screen and for paper, light or dark.
package htmlview

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/licseal/licseal/internal/text"
)

//go:embed parts.html
var parts string

//go:embed page.css
var style string

//go:embed page.js
var script string

// Page is what the templates "begin" and "end" need. They surround a page, which may have
// "months" with [Month]s, "boxes" with [Box]es, and a table with the id "all" after "find".
type Page struct {
	Title  string
	Policy string // the Content-Security-Policy: nothing is loaded, and only the one script runs
	Style  template.CSS
	Script template.JS
}

// NewPage returns the frame of a page.
func NewPage(title string) Page {
	const policy = "default-src 'none'; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'"
	return Page{text.Escape(title), fmt.Sprintf(policy, hash(style), hash(script)), template.CSS(style), template.JS(script)}
}

// hash returns what a Content-Security-Policy calls an inline text.
func hash(source string) string {
	sum := sha256.Sum256([]byte(source))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// Parse returns the template of a page, which can use those of this package.
func Parse(page string) *template.Template {
	return template.Must(template.Must(template.New("page").Parse(parts)).New("body").Parse(page))
}

// Count is a line of a box.
type Count struct {
	Label string
	Count int
}

// Box is a small table of counts. It is not shown without any.
type Box struct {
	Title  string
	Counts []Count
}

// Due counts what expires within 30, 60 and 90 days.
type Due struct{ counts [3]int }

// Add counts a licence.
func (d *Due) Add(expires, now time.Time) {
	for i := range d.counts {
		if expires.Before(now.AddDate(0, 0, 30*(i+1))) {
			d.counts[i]++
		}
	}
}

// Box returns the counts.
func (d *Due) Box() Box {
	b := Box{Title: "Due"}
	for i, n := range d.counts {
		b.Counts = append(b.Counts, Count{fmt.Sprintf("within %d days", 30*(i+1)), n})
	}
	return b
}

// Month is a bar of the time line.
type Month struct {
	Label               string
	Count               int
	X, Y, Height, Width int
}

// shownMonths is how many months the time line has; later ones are in its last bar.
const shownMonths = 24

// MonthOf returns what [Months] calls the month of an instant.
func MonthOf(t time.Time) string { return t.UTC().Format("2006-01") }

// Months returns a bar for each month from now on. Earlier ones are in the first.
func Months(counts map[string]int, now time.Time) []Month {
	const width, height = 26, 120
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	bars := make([]Month, shownMonths+1)
	for i := range bars {
		bars[i] = Month{Label: MonthOf(first.AddDate(0, i, 0)), X: i * (width + 4), Width: width}
	}
	bars[shownMonths].Label = "later"
	for month, n := range counts {
		i := slices.IndexFunc(bars, func(b Month) bool { return b.Label == month })
		switch {
		case i < 0 && month < bars[0].Label:
			i = 0
		case i < 0:
			i = shownMonths
		}
		bars[i].Count += n
	}
	most := 1
	for _, b := range bars {
		most = max(most, b.Count)
	}
	for i := range bars {
		bars[i].Height = bars[i].Count * height / most
		if bars[i].Count > 0 {
			bars[i].Height = max(bars[i].Height, 2)
		}
		bars[i].Y = height + 16 - bars[i].Height
	}
	return bars
}

// Largest returns the largest counts, and how many all others are. "" is shown as a dash.
func Largest(counts map[string]int, most int) []Count {
	var all []Count
	for label, n := range counts {
		if label == "" {
			label = "-"
		}
		all = append(all, Count{label, n})
	}
	slices.SortFunc(all, func(a, b Count) int {
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		return strings.Compare(a.Label, b.Label)
	})
	if len(all) <= most {
		return all
	}
	rest := Count{Label: fmt.Sprintf("%d others", len(all)-most)}
	for _, c := range all[most:] {
		rest.Count += c.Count
	}
	return append(all[:most], rest)
}
