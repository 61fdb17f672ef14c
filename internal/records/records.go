// Package records takes a stream of rows apart, NDJSON or CSV (RFC 4180). It finds
// where each row begins and ends, and nothing more, so that one goroutine can do
// it for many that read what is in the rows. A row that cannot be told from its
// neighbours is an error of its own and costs none of them.
package records

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
)

// Record is a row.
type Record struct {
	Line int    // where it begins in the stream, from 1
	Text []byte // without its line end; cut if it is too long
	Err  error  // why it is none
}

// Reader takes records from a stream.
type Reader struct {
	lines    *bufio.Reader
	max      int
	lineNo   int
	pending  []Record // lines of a record that was none, to be looked at again
	splitCSV bool
	err      error
}

// bufferSize is how much is read at a time.
const bufferSize = 128 << 10

// shownBytes is how much is kept of a record that is too long.
const shownBytes = 1000

// NewReader returns a reader of records of at most max bytes: rows of CSV, in
// which a quoted field may contain line ends, or else lines.
func NewReader(r io.Reader, max int, csv bool) *Reader {
	return &Reader{lines: bufio.NewReaderSize(r, bufferSize), max: max, splitCSV: csv}
}

// Err returns the error that ended the stream, nil at its end.
func (r *Reader) Err() error {
	if r.err == io.EOF {
		return nil
	}
	return r.err
}

// All yields the records that are left. Empty lines, or lines of white space, are
// none. See Err for how it ended.
func (r *Reader) All() iter.Seq[Record] {
	return func(yield func(Record) bool) {
		for {
			record, ok := r.Next()
			if !ok || !yield(record) {
				return
			}
		}
	}
}

// Next returns the next record.
func (r *Reader) Next() (record Record, ok bool) {
	for {
		record, ok = r.line()
		if !ok {
			return Record{}, false
		}
		if record.Err != nil || len(bytes.TrimSpace(record.Text)) > 0 {
			break
		}
	}
	if record.Err == nil && r.splitCSV {
		record = r.row(record)
	}
	return record, true
}

// line returns the next line.
func (r *Reader) line() (Record, bool) {
	if len(r.pending) > 0 {
		line := r.pending[0]
		r.pending = r.pending[1:]
		return line, true
	}
	if r.err != nil {
		return Record{}, false
	}
	r.lineNo++
	text, tooLong := r.readLine()
	if r.err != nil && (r.err != io.EOF || len(text) == 0) {
		return Record{}, false // a line that could not be read whole is none
	}
	line := Record{Line: r.lineNo, Text: text}
	if tooLong {
		line.Text = text[:min(len(text), shownBytes)]
		line.Err = fmt.Errorf("the line is longer than %d bytes, the most that is read", r.max)
	}
	return line, true
}

// readLine reads up to and including a line end, and returns what is before it.
// Of a line that is too long it returns the beginning.
func (r *Reader) readLine() (text []byte, tooLong bool) {
	for {
		var chunk []byte
		chunk, r.err = r.lines.ReadSlice('\n')
		chunk = bytes.TrimSuffix(chunk, []byte("\n"))
		if room := r.max + 2 - len(text); len(chunk) > room {
			chunk, tooLong = chunk[:room], true
		}
		text = append(text, chunk...)
		if r.err != bufio.ErrBufferFull {
			text = bytes.TrimSuffix(text, []byte("\r"))
			return text, tooLong || len(text) > r.max
		}
	}
}

// ErrQuote is the error of a CSV row whose quotes do not match.
var ErrQuote = errors.New(`the quotes do not match; a field that contains " or a line end stands in quotes, and each " in it is written twice`)

// row returns the CSV row that begins with a line. Where the quotes do not match,
// that line alone is the row that is wrong: the next ones are looked at anew.
func (r *Reader) row(first Record) Record {
	text := first.Text
	state := scanQuotes(fieldStart, text)
	var more []Record
	for state == inQuotes {
		next, ok := r.line()
		if ok {
			more = append(more, next)
		}
		if !ok || next.Err != nil || len(text)+1+len(next.Text) > r.max {
			state = badQuote
			break
		}
		text = append(append(text, '\n'), next.Text...)
		state = scanQuotes(inQuotes, append([]byte{'\n'}, next.Text...))
	}
	if state == badQuote {
		r.pending = append(more, r.pending...)
		return Record{Line: first.Line, Text: first.Text, Err: ErrQuote}
	}
	return Record{Line: first.Line, Text: text}
}

// A quoteState says where in a CSV row a scan is.
type quoteState int

const (
	fieldStart quoteState = iota
	inField               // that has no quotes
	inQuotes
	afterQuote // which ends the field, or is the first of two
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

// Fields returns the fields of a CSV row. quoted tells an empty field in quotes
// from one that is not there.
func Fields(row []byte) (fields []string, quoted []bool, err error) {
	if state := scanQuotes(fieldStart, row); state == badQuote || state == inQuotes {
		return nil, nil, ErrQuote
	}
	for {
		var field []byte
		isQuoted := len(row) > 0 && row[0] == '"'
		if isQuoted {
			field, row = unquote(row[1:])
		} else {
			end := bytes.IndexByte(row, ',')
			if end < 0 {
				end = len(row)
			}
			field, row = row[:end], row[end:]
		}
		fields, quoted = append(fields, string(field)), append(quoted, isQuoted)
		if len(row) == 0 {
			return fields, quoted, nil
		}
		row = row[1:] // the comma
	}
}

// unquote returns the text up to the quote that ends it, and what follows that.
func unquote(row []byte) (field, rest []byte) {
	for {
		end := bytes.IndexByte(row, '"')
		field = append(field, row[:end]...)
		row = row[end+1:]
		if len(row) == 0 || row[0] != '"' {
			return field, row
		}
		field, row = append(field, '"'), row[1:]
	}
}
