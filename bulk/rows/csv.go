package rows

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/licseal/licseal/internal/fieldname"
)

// ErrQuotes is the error of a CSV row whose quotes do not match. Only the line in
// which the row begins is lost; the next row begins on the line after it.
var ErrQuotes = errors.New(`the quotes do not match; put a field that contains " or a line end in quotes, and write each " in it twice`)

// csvReader reads CSV (RFC 4180, UTF-8, separated by commas). The first row is the
// header.
type csvReader struct {
	lines   *lines
	pending []Row // lines to read again, because they turned out to be rows of their own
	columns []Column
}

func openCSV(l *lines) (Reader, error) {
	r := &csvReader{lines: l}
	first, ok := r.Next()
	if !ok && l.Err() != nil {
		return nil, fmt.Errorf("reading: %w", l.Err())
	}
	if first.Err != nil {
		return nil, fmt.Errorf("line %d: the header: %w", first.Line, first.Err)
	}
	var err error
	r.columns, err = parseHeader(first.Text)
	return r, err
}

func (r *csvReader) Columns() []Column { return r.columns }

func (r *csvReader) Err() error { return r.lines.Err() }

// Next returns the next row. A quoted field may contain line ends.
func (r *csvReader) Next() (Row, bool) {
	for {
		first, ok := r.line()
		switch {
		case !ok, first.Err != nil:
			return first, ok
		case len(bytes.TrimSpace(first.Text)) > 0:
			return r.row(first), true
		}
	}
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
	state := scanQuotes(fieldStart, text)
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
		state = scanQuotes(inQuotes, append([]byte{'\n'}, next.Text...))
	}
	if state == badQuote {
		r.pending = append(more, r.pending...)
		return Row{Line: first.Line, Text: first.Text, Err: ErrQuotes}
	}
	return Row{Line: first.Line, Text: text}
}

// Content returns one cell for each column.
func (r *csvReader) Content(text []byte) (Content, error) {
	cells, err := parseCells(text)
	if err != nil {
		return Content{}, err
	}
	if len(cells) != len(r.columns) {
		return Content{}, &FieldError{Detail: fmt.Sprintf("the row has %s, and the header %s", fields(len(cells)), fields(len(r.columns)))}
	}
	return Content{Cells: cells}, nil
}

func fields(n int) string {
	if n == 1 {
		return "1 field"
	}
	return fmt.Sprintf("%d fields", n)
}

// parseHeader reads the header. Each column names a field as 'licseal sign --set'
// does; a ':' at the end marks a column of JSON values.
func parseHeader(text []byte) ([]Column, error) {
	names, err := parseCells(text)
	if err != nil {
		return nil, fmt.Errorf("the header: %w", err)
	}
	var columns []Column
	for i, cell := range names {
		name, isJSON := strings.CutSuffix(cell.Text, ":")
		pointer, isPointer := fieldname.Pointer(name)
		switch {
		case len(names) == 1 && strings.ContainsAny(name, ";\t|"):
			return nil, errors.New("the header has one field; separate fields with commas")
		case looksSecret(cell.Text):
			return nil, fmt.Errorf("the header has no field name in column %d; is the file a CSV?", i+1)
		case strings.ContainsFunc(name, unicode.IsControl):
			return nil, fmt.Errorf("the header has a control character in column %d; lines must end in LF or CR LF, not in CR alone", i+1)
		case name == "":
			return nil, fmt.Errorf("the header has no field name in column %d", i+1)
		case !utf8.ValidString(name) || !isPointer:
			return nil, fmt.Errorf("the header has %s in column %d, which is not a field name", quote(name), i+1)
		case slices.ContainsFunc(columns, func(c Column) bool { return c.Pointer == pointer }):
			return nil, fmt.Errorf("the header has %s twice", quote(name))
		}
		columns = append(columns, Column{name, pointer, isJSON})
	}
	return columns, nil
}

// looksSecret reports whether a text looks like a line of a file that holds a secret,
// and not like the name of a field: errors quote the names of fields.
func looksSecret(text string) bool {
	if strings.Contains(text, "-----") || strings.Contains(text, ": ") {
		return true
	}
	const data = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+=-_/"
	separators := func(r rune) bool {
		return !strings.ContainsRune(data, r) || r == '/' && strings.HasPrefix(text, "/") // a JSON Pointer
	}
	for _, word := range strings.FieldsFunc(text, separators) {
		hasDigit := strings.ContainsAny(word, "0123456789")
		isHex := strings.Trim(word, "0123456789abcdefABCDEF") == ""
		isMixed := word != strings.ToLower(word) && word != strings.ToUpper(word)
		if len(word) >= 32 && hasDigit && (isHex || isMixed) {
			return true
		}
	}
	return false
}

// quote returns a text in quotes, cut if it is long.
func quote(text string) string {
	const limit = 60
	if len(text) > limit {
		return fmt.Sprintf("%q…", strings.ToValidUTF8(text[:limit], ""))
	}
	return fmt.Sprintf("%q", text)
}

// A quoteState is where in a CSV row a scan is.
type quoteState int

const (
	fieldStart quoteState = iota
	inField               // in a field without quotes
	inQuotes
	afterQuote // at the end of a quoted field, or between two quotes that stand for one
	badQuote
)

func scanQuotes(state quoteState, text []byte) quoteState {
	for _, c := range text {
		switch state {
		case fieldStart, inField:
			switch {
			case c == ',':
				state = fieldStart
			case c == '"' && state == fieldStart:
				state = inQuotes
			case c == '"':
				return badQuote
			default:
				state = inField
			}
		case inQuotes:
			if c == '"' {
				state = afterQuote
			}
		case afterQuote:
			switch c {
			case '"':
				state = inQuotes
			case ',':
				state = fieldStart
			default:
				return badQuote
			}
		}
	}
	return state
}

// parseCells returns the cells of a CSV row. An empty cell sets nothing, unless it
// is in quotes.
func parseCells(row []byte) ([]Cell, error) {
	if state := scanQuotes(fieldStart, row); state == badQuote || state == inQuotes {
		return nil, ErrQuotes
	}
	var cells []Cell
	for {
		var text []byte
		quoted := len(row) > 0 && row[0] == '"'
		if quoted {
			text, row = unquote(row[1:])
		} else {
			end := bytes.IndexByte(row, ',')
			if end < 0 {
				end = len(row)
			}
			text, row = row[:end], row[end:]
		}
		cells = append(cells, Cell{Text: string(text), Unset: len(text) == 0 && !quoted})
		if len(row) == 0 {
			return cells, nil
		}
		row = row[1:] // the comma
	}
}

// unquote returns the text up to the closing quote, and what follows it.
func unquote(row []byte) (text, rest []byte) {
	for {
		end := bytes.IndexByte(row, '"')
		text = append(text, row[:end]...)
		row = row[end+1:]
		if len(row) == 0 || row[0] != '"' {
			return text, row
		}
		text, row = append(text, '"'), row[1:]
	}
}
