package rows

import (
	"bytes"
	"fmt"
	"unicode"
)

// csvReader reads a table of text in the manner of RFC 4180, with any delimiter. The
// first row is the header.
type csvReader struct {
	lines   *lines
	pending []Row // lines to read again, because they turned out to be rows of their own
	dialect dialect
	header  []byte
	columns []Column
}

func openCSV(l *lines, plan *Plan) (Reader, error) {
	r := &csvReader{lines: l}
	if err := r.readHeader(plan); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *csvReader) Columns() []Column { return r.columns }

func (r *csvReader) Header() string { return string(r.header) }

func (r *csvReader) Err() error { return r.lines.Err() }

// Next returns the next row. A quoted field may contain line ends. Rows without any
// text, as spreadsheets write them for empty lines, are left out.
func (r *csvReader) Next() (Row, bool) {
	for {
		first, ok := r.line()
		switch {
		case !ok, first.Err != nil:
			return first, ok
		case !r.dialect.isBlank(first.Text):
			return r.row(first), true
		}
	}
}

// isBlank reports whether all cells of a row are empty.
func (d dialect) isBlank(row []byte) bool {
	return bytes.IndexFunc(row, func(r rune) bool { return r != rune(d.delimiter) && !unicode.IsSpace(r) }) < 0
}

// line returns the next line, which may be blank.
func (r *csvReader) line() (Row, bool) {
	if len(r.pending) == 0 {
		return r.lines.next()
	}
	line := r.pending[0]
	r.pending = r.pending[1:]
	return line, true
}

// row returns the row that begins with a line. If the quotes do not match, only
// that line is rejected; the lines after it are read again.
func (r *csvReader) row(first Row) Row {
	text := first.Text
	state := r.dialect.scan(fieldStart, text)
	var more []Row
	for state == inQuotes {
		next, ok := r.line()
		if ok {
			more = append(more, next)
		}
		if !ok || next.Err != nil || len(text)+1+len(next.Text) > r.lines.maxBytes {
			state = badQuote
			break
		}
		text = append(append(text, '\n'), next.Text...)
		state = r.dialect.scan(inQuotes, append([]byte{'\n'}, next.Text...))
	}
	if state == badQuote {
		r.pending = append(more, r.pending...)
		return Row{Line: first.Line, Text: first.Text, Err: ErrQuotes}
	}
	return Row{Line: first.Line, Text: text}
}

// Content returns one cell for each column.
func (r *csvReader) Content(text []byte) (Content, error) {
	cells, err := r.dialect.cells(text)
	if err != nil {
		return Content{}, err
	}
	for len(cells) > len(r.columns) && cells[len(cells)-1].Unset {
		cells = cells[:len(cells)-1]
	}
	for len(cells) < len(r.columns) && r.columns[len(cells)].Kind == NoName {
		cells = append(cells, Cell{})
	}
	if len(cells) != len(r.columns) {
		return Content{}, &FieldError{Detail: fmt.Sprintf("the row has %s, and the header %s", fields(len(cells)), fields(len(r.columns)))}
	}
	for i, c := range r.columns {
		if c.Kind == NoName && !cells[i].Unset && cells[i].Text != "" {
			return Content{}, &FieldError{Detail: fmt.Sprintf("column %d has no name in the header, but the row has %s there", i+1, quote(cells[i].Text))}
		}
	}
	return Content{Cells: cells}, nil
}

func fields(n int) string {
	if n == 1 {
		return "1 field"
	}
	return fmt.Sprintf("%d fields", n)
}

// quote returns a text in quotes, cut if it is long.
func quote(text string) string {
	const limit = 60
	if len(text) > limit {
		return fmt.Sprintf("%q…", validPrefix(text, limit))
	}
	return fmt.Sprintf("%q", text)
}
