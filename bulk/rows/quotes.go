package rows

import (
	"bytes"
	"errors"
	"strings"
)

// ErrQuotes is the error of a CSV row whose quotes do not match. Only the line in
// which the row begins is lost; the next row begins on the line after it.
var ErrQuotes = errors.New(`the quotes do not match; put a field that contains " or a line end in quotes, and write each " in it twice`)

// dialect is how the cells of a table are separated.
type dialect struct {
	delimiter byte
	padded    bool // blanks around cells are not part of them
}

// A quoteState is where in a CSV row a scan is.
type quoteState int

const (
	fieldStart  quoteState = iota
	afterEquals            // after the = of ="00123"
	inField                // in a field without quotes
	inQuotes
	afterQuote // at the end of a quoted field, or between two quotes that stand for one
	badQuote
)

func (d dialect) scan(state quoteState, text []byte) quoteState {
	for _, c := range text {
		switch state {
		case fieldStart, afterEquals, inField:
			state = d.scanPlain(state, c)
		case inQuotes:
			if c == '"' {
				state = afterQuote
			}
		case afterQuote:
			switch c {
			case '"':
				state = inQuotes
			case d.delimiter:
				state = fieldStart
			default:
				return badQuote
			}
		}
		if state == badQuote {
			return state
		}
	}
	return state
}

// scanPlain returns the state after a character that is not in quotes.
func (d dialect) scanPlain(state quoteState, c byte) quoteState {
	switch {
	case c == d.delimiter:
		return fieldStart
	case c == '"' && state != inField:
		return inQuotes
	case c == '"':
		return badQuote
	case c == '=' && state == fieldStart:
		return afterEquals
	case c == ' ' && state == fieldStart && d.padded:
		return fieldStart
	}
	return inField
}

// cells returns the cells of a row. An empty cell sets nothing, unless it is in quotes.
func (d dialect) cells(row []byte) ([]Cell, error) {
	if state := d.scan(fieldStart, row); state == badQuote || state == inQuotes {
		return nil, ErrQuotes
	}
	var cells []Cell
	for {
		if d.padded {
			row = bytes.TrimLeft(row, " ")
		}
		var cell Cell
		cell, row = d.cell(row)
		cells = append(cells, cell)
		if len(row) == 0 {
			return cells, nil
		}
		row = row[1:] // the delimiter
	}
}

// cell returns the first cell of a row, and what follows it.
func (d dialect) cell(row []byte) (Cell, []byte) {
	if quoted, ok := bytes.CutPrefix(row, []byte(`="`)); ok {
		text, rest := unquote(quoted)
		return Cell{Text: string(text)}, rest
	}
	if quoted, ok := bytes.CutPrefix(row, []byte(`"`)); ok {
		text, rest := unquote(quoted)
		return Cell{Text: withoutFormula(string(text))}, rest
	}
	end := bytes.IndexByte(row, d.delimiter)
	if end < 0 {
		end = len(row)
	}
	text := row[:end]
	if d.padded {
		text = bytes.TrimRight(text, " ")
	}
	return Cell{Text: string(text), Unset: len(text) == 0}, row[end:]
}

// withoutFormula returns the text of a cell that is a formula for it: spreadsheets keep
// the zeros of ="00123".
func withoutFormula(cell string) string {
	inner, ok := strings.CutPrefix(cell, `="`)
	if !ok || len(inner) == 0 || !strings.HasSuffix(inner, `"`) {
		return cell
	}
	inner = inner[:len(inner)-1]
	if plain := strings.ReplaceAll(inner, `""`, ""); strings.Contains(plain, `"`) {
		return cell // a longer formula
	}
	return strings.ReplaceAll(inner, `""`, `"`)
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
