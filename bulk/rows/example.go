package rows

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/edit"
)

// maxExampleRows is how many rows an example is made from.
const maxExampleRows = 10_000

// Example returns a payload that shows what the rows of a table become: a field for each
// column, with a value of the type that its cells have. In the names of fields, capitals
// are small letters and blanks are underscores, as header names match fields. Without
// rows, all values are texts. If each row is a payload, it is the first one.
func Example(r Reader) (licseal.Payload, error) {
	samples := make([]sample, len(r.Columns()))
	for n := 0; n < maxExampleRows; n++ {
		row, ok := r.Next()
		if !ok {
			break
		}
		content, err := r.Content(row.Text)
		if err := cmp.Or(row.Err, err); err != nil {
			return licseal.Payload{}, fmt.Errorf("line %d: %w", row.Line, err)
		}
		if r.Columns() == nil {
			return content.Payload, nil
		}
		for i, cell := range content.Cells {
			samples[i].add(cell)
		}
	}
	if err := r.Err(); err != nil {
		return licseal.Payload{}, err
	}
	var changes []edit.Change
	for i, c := range r.Columns() {
		if c.Pointer != "" {
			changes = append(changes, edit.Change{Pointer: plainPointer(c.Pointer), Value: samples[i].value(), JSON: true})
		}
	}
	if len(changes) == 0 {
		return licseal.Payload{}, errors.New("no fields were found: an example is a payload in JSON, or a table with a header")
	}
	return edit.Apply(licseal.Payload{}, changes)
}

// plainPointer returns a pointer whose names are as people write them in JSON.
func plainPointer(pointer string) string {
	p := jsontext.Pointer("")
	for token := range jsontext.Pointer(pointer).Tokens() {
		p = p.AppendToken(strings.ToLower(strings.Join(strings.Fields(token), "_")))
	}
	return string(p)
}

// sample is what the cells of one column have in common.
type sample struct {
	cells                                     int
	texts, integers, numbers, booleans, dates int
}

func (s *sample) add(c Cell) {
	text := strings.TrimSpace(c.Text)
	if text == "" {
		return
	}
	s.cells++
	switch {
	case text == "true" || text == "false":
		s.booleans++
	case !isNumber(text) && len(readDate(text)) > 0:
		s.dates++
	case !isNumber(text):
		s.texts++
	case strings.ContainsAny(text, ".eE"):
		s.numbers++
	default:
		s.integers++
	}
}

// isNumber reports whether a text is a JSON number.
func isNumber(text string) bool {
	v := jsontext.Value(text)
	return v.IsValid() && v.Kind() == '0'
}

// value returns JSON text of the type that all cells have.
func (s *sample) value() string {
	switch s.cells {
	case 0:
	case s.booleans:
		return "true"
	case s.dates:
		return `"2026-01-01"`
	case s.integers:
		return "1"
	case s.integers + s.numbers:
		return "1.5"
	}
	return `"text"`
}
