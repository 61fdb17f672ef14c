// Package rows reads the rows of a batch, such as the lines of a CSV file, and
// makes licence payloads of them.
//
// A row is read in two steps. [Reader.Next] finds where each row begins and ends;
// one goroutine calls it. [Reader.Content] parses what is in a row; many goroutines
// can call it at the same time. A row that cannot be read has an error of its own
// and does not affect its neighbors.
//
// To add an input format, write a type that implements [Reader] and add an entry
// to the list of formats in format.go.
package rows

import (
	"iter"

	"github.com/licseal/licseal"
)

// Row is one row of a batch.
type Row struct {
	Line int    // the line of the input in which the row begins, from 1
	Text []byte // without the line end; cut if the row is too long
	Err  error  // why the row cannot be read, or nil
}

// Reader reads the rows of one batch in one format.
type Reader interface {
	// Next returns the next row. At the end of the input, or after a read error,
	// it returns false.
	Next() (row Row, ok bool)

	// Err returns the read error that ended the rows, or nil at the end of the
	// input.
	Err() error

	// Columns returns the fields that the cells of each row set. It returns nil
	// if each row is a whole payload.
	Columns() []Column

	// Header returns the text of a table's header, "" if there is none.
	Header() string

	// Content parses the text of a row. It is safe for concurrent use.
	Content(text []byte) (Content, error)
}

// Column is the field that a column of a table sets.
type Column struct {
	Name    string // as the header has it, without the ':' of a JSON column
	Pointer string // the field, as a JSON Pointer; "" if the column sets none
	Kind    Kind
}

// Kind is what the cells of a column are.
type Kind int

// The kinds of columns.
const (
	Typed   Kind = iota // texts, to read as the type of the field
	JSON                // JSON values
	Ignored             // anything: the column is left out
	NoName              // empty: the header has no name for the column
)

// Content is what a row contains: one cell for each column of a table, or else a
// payload.
type Content struct {
	Cells   []Cell
	Payload licseal.Payload
}

// Cell is one cell of a table.
type Cell struct {
	Text  string
	Unset bool // the cell is empty and sets nothing
}

// All returns the rows that are left to read. See [Reader] Err for how they ended.
func All(r Reader) iter.Seq[Row] {
	return func(yield func(Row) bool) {
		for {
			row, ok := r.Next()
			if !ok || !yield(row) {
				return
			}
		}
	}
}
