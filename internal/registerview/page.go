package registerview

import (
	_ "embed"
	"html/template"
	"io"
	"iter"
	"sync"
	"time"

	"github.com/licseal/licseal/internal/htmlview"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/register"
)

//go:embed page.html
var pageText string

var pageTemplate = sync.OnceValue(func() *template.Template { return htmlview.Parse(pageText) })

// PageOptions say what a page shows.
type PageOptions struct {
	Title string
	Now   time.Time
	Seats func(*register.Item) int // how many seats a licence has; nil if they are not counted
}

type pageRow struct {
	ID, Customer, Plan, Expires string
	State                       register.State
}

// page is what the template gets.
type page struct {
	htmlview.Page
	When   string
	Months []htmlview.Month
	Boxes  []htmlview.Box
	Rows   []pageRow
}

// WritePage writes one HTML page about the licences that are not replaced: when they
// expire, by plan and customer, and a table. It needs no script, and no other file.
func WritePage(w io.Writer, items iter.Seq2[register.Item, error], o *PageOptions) error {
	p := &page{Page: htmlview.NewPage(o.Title), When: text.Instant(o.Now.Truncate(time.Second))}
	months, plans, customers, states := map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}
	var due htmlview.Due
	seats := 0
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
		months[htmlview.MonthOf(item.NotAfter)]++
		plans[text.Escape(item.Plan)]++
		customers[text.Escape(item.Customer)]++
		due.Add(item.NotAfter, o.Now)
		if o.Seats != nil {
			seats += o.Seats(&item)
		}
	}
	p.Months = htmlview.Months(months, o.Now.UTC())
	p.Boxes = []htmlview.Box{due.Box(), stateBox(states), {Title: "Plans", Counts: htmlview.Largest(plans, 10)}, {Title: "Customers", Counts: htmlview.Largest(customers, 10)}}
	if o.Seats != nil {
		p.Boxes[1].Counts = append(p.Boxes[1].Counts, htmlview.Count{Label: "seats sold", Count: seats})
	}
	return pageTemplate().Execute(w, p)
}

func stateBox(states map[string]int) htmlview.Box {
	b := htmlview.Box{Title: "States"}
	for _, state := range register.States {
		if n := states[string(state)]; n > 0 {
			b.Counts = append(b.Counts, htmlview.Count{Label: string(state), Count: n})
		}
	}
	return b
}
