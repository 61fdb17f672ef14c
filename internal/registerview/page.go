package registerview

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/register"
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

//go:embed page.js
var pageScript string

var pageTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Parse(pageText))
})

// PageOptions say what a page shows.
type PageOptions struct {
	Title string
	Now   time.Time
	Seats func(*register.Item) int // how many seats a licence has; nil if they are not counted
}

// bar is a bar of a chart.
type bar struct {
	Label               string
	Count               int
	X, Y, Height, Width int
}

type due struct {
	Label string
	Count int
}

type pageRow struct {
	ID, Customer, Plan, Expires string
	State                       register.State
}

// page is what the template gets.
type page struct {
	Title, When, Policy string
	Style               template.CSS
	Script              template.JS
	Months              []bar
	Due, States         []due
	Plans, Customers    []due
	Seats               int
	HasSeats            bool
	Rows                []pageRow
}

// WritePage writes one HTML page about the licences that are not replaced: when they
// expire, by plan and customer, and a table. It needs no script, and no other file.
func WritePage(w io.Writer, items iter.Seq2[register.Item, error], o *PageOptions) error {
	p := &page{Title: o.Title, When: text.Instant(o.Now.Truncate(time.Second)), Style: template.CSS(pageStyle), Script: template.JS(pageScript), HasSeats: o.Seats != nil}
	p.Policy = fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'", sourceHash(pageStyle), sourceHash(pageScript))
	months, plans, customers, states := map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	p.Due = []due{{"30 days", 0}, {"60 days", 0}, {"90 days", 0}}
	for item, err := range items {
		if err != nil {
			return err
		}
		if item.State == register.ReplacedState {
			continue
		}
		states[string(item.State)]++
		p.Rows = append(p.Rows, pageRow{text.Escape(item.ID), text.Escape(item.Customer), text.Escape(item.Plan), item.NotAfter.Format(time.DateOnly), item.State})
		if !item.State.Alive() {
			continue
		}
		months[item.NotAfter.Format("2006-01")]++
		plans[text.Escape(item.Plan)]++
		customers[text.Escape(item.Customer)]++
		for i := range p.Due {
			if item.NotAfter.Before(o.Now.AddDate(0, 0, 30*(i+1))) {
				p.Due[i].Count++
			}
		}
		if o.Seats != nil {
			p.Seats += o.Seats(&item)
		}
	}
	p.Months = monthBars(months, o.Now.UTC())
	p.Plans, p.Customers = largest(plans, 10), largest(customers, 10)
	for _, state := range register.States {
		if n := states[string(state)]; n > 0 {
			p.States = append(p.States, due{string(state), n})
		}
	}
	return pageTemplate().Execute(w, p)
}

// sourceHash returns what a Content-Security-Policy calls an inline text.
func sourceHash(source string) string {
	sum := sha256.Sum256([]byte(source))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// shownMonths is how many months the time line has; later ones are in its last bar.
const shownMonths = 24

// monthBars returns a bar for each month from now on.
func monthBars(counts map[string]int, now time.Time) []bar {
	const width, height = 26, 120
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	bars := make([]bar, shownMonths+1)
	for i := range bars {
		bars[i] = bar{Label: first.AddDate(0, i, 0).Format("2006-01"), X: i * (width + 4), Width: width}
	}
	bars[shownMonths].Label = "later"
	for month, n := range counts {
		i := slices.IndexFunc(bars, func(b bar) bool { return b.Label == month })
		switch {
		case i < 0 && month < bars[0].Label:
			i = 0 // in grace
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

// largest returns the largest counts, and how many all others are.
func largest(counts map[string]int, most int) []due {
	var all []due
	for label, n := range counts {
		if label == "" {
			label = "-"
		}
		all = append(all, due{label, n})
	}
	slices.SortFunc(all, func(a, b due) int {
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		return strings.Compare(a.Label, b.Label)
	})
	if len(all) <= most {
		return all
	}
	rest := due{Label: fmt.Sprintf("%d others", len(all)-most)}
	for _, d := range all[most:] {
		rest.Count += d.Count
	}
	return append(all[:most], rest)
}
