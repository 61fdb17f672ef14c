package rows

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
)

// Found is what [Look] found in a batch.
type Found struct {
	encoding Encoding
	formats  map[string][]DateFormat // of the dates in columns, by their pointers
}

// Look reads a whole batch, and goes back to where r is now. It returns what only the
// whole batch can show: its encoding, and the formats of its dates. If something can be
// read in two ways, the error is a [*DoubtError]. For a batch without doubts, or one that
// is not a table, it returns as little as it must read.
func Look(ctx context.Context, r io.ReadSeeker, name string, maxBytes int, plan *Plan) (*Found, error) {
	start, err := r.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, err
	}
	found := &Found{encoding: plan.Encoding}
	if found.encoding == "" {
		if found.encoding, err = lookEncoding(r, name); err != nil {
			return nil, err
		}
		if _, err := r.Seek(start, io.SeekStart); err != nil {
			return nil, err
		}
	}
	p := *plan
	p.Found = found
	reader, err := Open(r, name, maxBytes, &p)
	if err != nil {
		return nil, err
	}
	if found.formats, err = lookDates(ctx, reader, &p); err != nil {
		return nil, err
	}
	_, err = r.Seek(start, io.SeekStart)
	return found, err
}

// lookEncoding returns the encoding of a table, "" for another format.
func lookEncoding(r io.Reader, name string) (Encoding, error) {
	text := bufio.NewReaderSize(r, readBytes)
	e, err := startEncoding(text, "")
	if err != nil || e != "" {
		return e, err
	}
	if f, err := formatOf(text, name); err != nil || !f.isTable {
		return "", err
	}
	return wholeEncoding(text)
}

// lookDates reads all rows, and returns the formats of the dates in each column.
func lookDates(ctx context.Context, r Reader, plan *Plan) (map[string][]DateFormat, error) {
	var looks []*look
	for i, c := range r.Columns() {
		kind := kindOf(c, plan)
		if c.Pointer != "" && (kind == dateCell && plan.DateFormat == "" || kind == integerCell || kind == numberCell) {
			looks = append(looks, &look{column: c, index: i, kind: kind})
		}
	}
	if len(looks) == 0 {
		return nil, nil
	}
	for row := range All(r) {
		if row.Err != nil {
			continue
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		content, err := r.Content(row.Text)
		if err != nil {
			continue
		}
		for _, l := range looks {
			if err := l.cell(row.Line, content.Cells[l.index].Text); err != nil {
				return nil, err
			}
		}
	}
	if err := r.Err(); err != nil {
		return nil, fmt.Errorf("reading: %w", err)
	}
	formats := map[string][]DateFormat{}
	for _, l := range looks {
		if err := l.doubt(); err != nil {
			return nil, err
		}
		if l.formats != nil {
			formats[l.column.Pointer] = l.formats[:1]
		}
	}
	return formats, nil
}

// look is what is known of the dates or numbers in a column.
type look struct {
	column   Column
	index    int
	kind     cellKind
	formats  []DateFormat // those that all cells so far may have; nil before the first
	decisive place        // the cell that left only these
	unlike   []unlike     // cells that two formats read differently
}

// place is a cell.
type place struct {
	line int
	text string
}

// unlike is a cell that two formats read differently.
type unlike struct {
	place
	readings []reading
}

// cell takes the next cell of the column.
func (l *look) cell(line int, cell string) error {
	if l.kind != dateCell {
		if detail := doubtfulNumber(cell); detail != "" {
			return &DoubtError{Detail: fmt.Sprintf("line %d: %s: %s", line, l.column.Pointer, detail)}
		}
		return nil
	}
	if cell == "" {
		return nil
	}
	readings := readDate(cell)
	if len(readings) == 0 || readings[0].format == "" {
		return nil
	}
	var both []DateFormat
	for _, r := range readings {
		if l.formats == nil || slices.Contains(l.formats, r.format) {
			both = append(both, r.format)
		}
	}
	if len(both) == 0 {
		return &DoubtError{SettingDateFormat, formatsOf(append(l.formats, readings[0].format)), fmt.Sprintf(
			"%s: %s in line %d is a date as %s, and %s in line %d only as %s",
			l.column.Pointer, quote(l.decisive.text), l.decisive.line, l.formats[0], quote(cell), line, readings[0].format)}
	}
	if len(both) != len(l.formats) {
		l.formats, l.decisive = both, place{line, cell}
	}
	l.keep(unlike{place{line, cell}, readings})
	return nil
}

// keep keeps a cell if it is the first that two formats read differently.
func (l *look) keep(u unlike) {
	const pairs = 3 // of dayFirst, monthFirst and yearFirst, or one of the two serials
	if len(l.unlike) >= pairs {
		return
	}
	for i, a := range u.readings {
		for _, b := range u.readings[:i] {
			if a.date != b.date && !slices.ContainsFunc(l.unlike, func(v unlike) bool { return v.has(a.format, b.format) }) {
				l.unlike = append(l.unlike, u)
				return
			}
		}
	}
}

// has reports whether two formats read the cell differently.
func (u unlike) has(a, b DateFormat) bool {
	dates := map[DateFormat]string{}
	for _, r := range u.readings {
		dates[r.format] = r.date
	}
	return dates[a] != "" && dates[b] != "" && dates[a] != dates[b]
}

// doubt returns an error if all cells can be read in two ways, and some cell is another
// date then.
func (l *look) doubt() error {
	for i, a := range l.formats {
		for _, b := range l.formats[:i] {
			j := slices.IndexFunc(l.unlike, func(u unlike) bool { return u.has(a, b) })
			if j < 0 {
				continue
			}
			u := l.unlike[j]
			allows := func(f DateFormat) bool { return slices.Contains(l.formats, f) }
			return &DoubtError{SettingDateFormat, formatsOf(l.formats), fmt.Sprintf(
				"line %d: %s: %s, and no other date in the column decides", u.line, l.column.Pointer, twoReadings(u.text, u.readings, allows))}
		}
	}
	return nil
}

func formatsOf(formats []DateFormat) (names []string) {
	for _, f := range formats {
		names = append(names, string(f))
	}
	return names
}
