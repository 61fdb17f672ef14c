package text

import (
	"encoding/csv"
	"io"
	"strings"
	"unicode/utf8"
)

// Sheet writes rows of CSV that are safe to show in a terminal and to open in a
// spreadsheet: cells are escaped as by [Escape], and an apostrophe is put before a cell that
// a spreadsheet would take for a formula.
type Sheet struct{ w *csv.Writer }

// NewSheet returns a sheet that is written to w.
func NewSheet(w io.Writer) Sheet { return Sheet{csv.NewWriter(w)} }

// Row writes a row.
func (s Sheet) Row(cells ...string) error {
	row := make([]string, len(cells))
	for i, cell := range cells {
		row[i] = sheetCell(cell)
	}
	return s.w.Write(row)
}

// End writes what is left of the rows. Nothing is written after it.
func (s Sheet) End() error {
	s.w.Flush()
	return s.w.Error()
}

// formulaStarts are what formulas begin with in spreadsheets, with the wide forms that some
// of them take for the same.
const formulaStarts = "=+-@＝＋－＠"

// sheetCell returns a cell as it is written. Spreadsheets skip blanks at its start.
func sheetCell(cell string) string {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(cell, " \t\r\n"))
	cell = Escape(cell)
	if strings.ContainsRune(formulaStarts, first) {
		return "'" + cell
	}
	return cell
}
