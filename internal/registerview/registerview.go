// Package registerview writes licences of a register as a table for people, CSV or JSON.
package registerview

import (
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/register"
)

// Formats are the names of the formats; the first is the default.
var Formats = []string{"table", "csv", "json"}

// Write writes items in a format, and returns how many there were.
func Write(w io.Writer, format string, items iter.Seq2[register.Item, error]) (n int, err error) {
	out, ok := map[string]func(io.Writer) writer{"table": newTable, "csv": newCSV, "json": newJSON}[format]
	if !ok {
		return 0, fmt.Errorf("%q is not a format; there are %v", format, Formats)
	}
	f := out(w)
	for item, err := range items {
		if err != nil {
			return n, err
		}
		n++
		if err := f.item(&item); err != nil {
			return n, err
		}
	}
	return n, f.end()
}

// writer writes one format.
type writer interface {
	item(*register.Item) error
	end() error
}

// wireItem is what JSON has of an item.
type wireItem struct {
	Entry        int64          `json:"entry"`
	ID           string         `json:"id,omitempty"`
	State        register.State `json:"state,omitempty"`
	Kind         register.Kind  `json:"kind"`
	Time         time.Time      `json:"time"`
	Customer     string         `json:"customer,omitempty"`
	Plan         string         `json:"plan,omitempty"`
	NotBefore    *time.Time     `json:"not_before,omitempty"`
	NotAfter     *time.Time     `json:"not_after,omitempty"`
	GraceDays    int            `json:"grace_days,omitempty"`
	Key          string         `json:"key,omitempty"`
	Row          int            `json:"row,omitempty"`
	Replaces     *int64         `json:"replaces,omitempty"`
	Reason       string         `json:"reason,omitempty"`
	SigningKey   string         `json:"signing_key,omitempty"`
	CreatedAfter *time.Time     `json:"created_after,omitempty"`
	After        string         `json:"after,omitempty"`
}

// JSON returns an item as a value that encodes to what the format json has of it.
func JSON(i *register.Item) any {
	w := wireItem{
		Entry: i.Number, ID: i.ID, State: i.State, Kind: i.Kind, Time: i.Time, Customer: i.Customer, Plan: i.Plan,
		GraceDays: i.GraceDays, Key: i.Key, Row: i.Row, Reason: i.Reason, After: i.After,
		SigningKey: i.SigningKey,
	}
	if i.Kind.HasLicense() {
		w.NotBefore, w.NotAfter = &i.NotBefore, &i.NotAfter
	}
	if !i.CreatedAfter.IsZero() {
		w.CreatedAfter = &i.CreatedAfter
	}
	if i.HasReplaces {
		w.Replaces = &i.Replaces
	}
	return w
}

type jsonWriter struct{ w io.Writer }

func newJSON(w io.Writer) writer { return jsonWriter{w} }

// item writes one line. Characters that a terminal acts on become escapes.
func (w jsonWriter) item(i *register.Item) error {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(JSON(i))
	if err == nil {
		_, err = text.Fprintf(w.w, "%s\n", strings.TrimSuffix(b.String(), "\n"))
	}
	return err
}

func (w jsonWriter) end() error { return nil }

type csvWriter struct{ text.Sheet }

func newCSV(w io.Writer) writer {
	c := csvWriter{text.NewSheet(w)}
	_ = c.Row("entry", "id", "state", "kind", "time", "customer", "plan", "not_before", "not_after", "key", "row")
	return c
}

func (w csvWriter) item(i *register.Item) error {
	row := ""
	if i.Row > 0 {
		row = strconv.Itoa(i.Row)
	}
	return w.Row(
		strconv.FormatInt(i.Number, 10), i.ID, string(i.State), string(i.Kind), i.Time.Format(time.RFC3339), i.Customer, i.Plan,
		i.NotBefore.Format(time.RFC3339Nano), i.NotAfter.Format(time.RFC3339Nano), i.Key, row,
	)
}

func (w csvWriter) end() error { return w.End() }

// tableWriter writes columns for people. Their widths come from the first rows, so that a
// long table appears at once.
type tableWriter struct {
	w      io.Writer
	rows   [][]string
	widths []int
}

// looked is how many rows decide the widths.
const looked = 100

func newTable(w io.Writer) writer { return &tableWriter{w: w} }

func (t *tableWriter) item(i *register.Item) error {
	row := []string{i.ID, string(i.State), text.Instant(i.NotAfter), i.Plan, i.Customer}
	for c, cell := range row {
		if row[c] = text.Escape(cell); row[c] == "" {
			row[c] = "-"
		}
	}
	if t.widths != nil {
		return t.print(row)
	}
	if t.rows = append(t.rows, row); len(t.rows) == looked {
		return t.end()
	}
	return nil
}

func (t *tableWriter) end() error {
	if t.widths == nil && len(t.rows) > 0 {
		t.rows = append([][]string{{"ID", "STATE", "EXPIRES", "PLAN", "CUSTOMER"}}, t.rows...)
		t.widths = make([]int, len(t.rows[0]))
		for _, row := range t.rows {
			for c, cell := range row {
				t.widths[c] = max(t.widths[c], len([]rune(cell)))
			}
		}
	}
	for _, row := range t.rows {
		if err := t.print(row); err != nil {
			return err
		}
	}
	t.rows = nil
	return nil
}

func (t *tableWriter) print(row []string) error {
	line := ""
	for c, cell := range row[:len(row)-1] {
		line += fmt.Sprintf("%-*s  ", t.widths[c], cell)
	}
	_, err := fmt.Fprintln(t.w, line+row[len(row)-1])
	return err
}

// Text returns lines for people that describe an entry.
func Text(i *register.Item) text.Line {
	var b text.Block
	b.Printf("entry %d: %s %s\n", i.Number, string(i.Kind), text.Instant(i.Time))
	detail := func(name, value string) {
		if value != "" {
			b.Printf("  %s: %s\n", name, value)
		}
	}
	if i.Kind.HasLicense() {
		detail("state", string(i.State))
		detail("valid", text.Instant(i.NotBefore)+" to "+text.Instant(i.NotAfter))
	}
	detail("customer", i.Customer)
	detail("plan", i.Plan)
	detail("key", i.Key)
	if i.Row > 0 {
		detail("row of the batch", strconv.Itoa(i.Row))
	}
	if i.HasReplaces {
		detail("replaces", "entry "+strconv.FormatInt(i.Replaces, 10))
	}
	detail("signing key", i.SigningKey)
	if !i.CreatedAfter.IsZero() {
		detail("for licences created from", text.Instant(i.CreatedAfter))
	}
	detail("reason", i.Reason)
	return b.Line()
}
