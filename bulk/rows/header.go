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

// readHeader reads the header, and finds out the delimiter.
func (r *csvReader) readHeader(plan *Plan) error {
	first, given, err := r.firstLine(plan)
	if err != nil {
		return err
	}
	r.pending = append([]Row{first}, r.pending...)
	text := r.wholeHeader()
	line := bytes.SplitN(text, []byte("\n"), 2)[0]
	if looksSecret(string(line)) {
		return errors.New("the first line has no names of fields; is the file a CSV?")
	}
	choices := []Delimiter{given}
	if given == 0 {
		if choices = delimitersIn(text); len(choices) == 0 {
			choices = []Delimiter{','}
		}
	}
	h, err := r.chooseHeader(text, choices, newFieldNames(plan), given != 0)
	if err != nil {
		return err
	}
	r.dialect, r.header, r.columns = h.dialect, text, h.columns
	header, _ := r.line()
	r.row(header)
	return h.err()
}

// firstLine returns the line in which the header begins, and the delimiter if that is
// given.
func (r *csvReader) firstLine(plan *Plan) (first Row, given Delimiter, err error) {
	given = plan.Delimiter
	for n := 0; ; n++ {
		line, ok := r.line()
		switch {
		case !ok && r.lines.Err() != nil:
			return line, 0, fmt.Errorf("reading: %w", r.lines.Err())
		case !ok:
			return line, 0, errors.New("the file has no header; its first row names the fields")
		case line.Err != nil:
			return line, 0, fmt.Errorf("line %d: the header: %w", line.Line, line.Err)
		}
		d, isSeparator := separatorLine(line.Text)
		if isSeparator && n == 0 {
			if _, err := ParseDelimiter(string(rune(d))); err != nil {
				return line, 0, fmt.Errorf("line %d: the delimiter %v", line.Line, err)
			}
			if given == 0 {
				given = d
			}
			continue
		}
		if len(bytes.Trim(line.Text, " \t\r\n,;|")) > 0 {
			return line, given, nil
		}
	}
}

// wholeHeader returns the text of the header, which may contain line ends in quotes. It
// consumes nothing.
func (r *csvReader) wholeHeader() []byte {
	var lines []Row
	var text []byte
	for {
		line, ok := r.line()
		if !ok {
			break
		}
		lines = append(lines, line)
		if line.Err != nil || len(text)+len(line.Text) > r.lines.maxBytes {
			break
		}
		if len(lines) > 1 {
			text = append(text, '\n')
		}
		if text = append(text, line.Text...); bytes.Count(text, []byte{'"'})%2 == 0 {
			r.pending = append(lines, r.pending...)
			return text
		}
	}
	r.pending = append(lines, r.pending...)
	return bytes.Clone(lines[0].Text)
}

// header is the header as one delimiter separates it.
type header struct {
	dialect dialect
	columns []Column
	HeaderError
}

func (h *header) err() error {
	if len(h.Problems) == 0 {
		return nil
	}
	return &h.HeaderError
}

// chooseHeader returns the header as the right one of some delimiters separates it: the
// one with which all columns are fields.
func (r *csvReader) chooseHeader(text []byte, choices []Delimiter, names *fieldNames, given bool) (*header, error) {
	var all, good []*header
	for _, d := range choices {
		h, err := readColumns(text, d, names, given)
		if err != nil {
			if len(choices) == 1 {
				return nil, err
			}
			continue
		}
		all = append(all, h)
		if len(h.Problems) == 0 {
			good = append(good, h)
		}
	}
	switch {
	case len(all) == 0:
		return nil, fmt.Errorf("the header: %w", ErrQuotes)
	case len(good) == 1:
		return good[0], nil
	case len(good) > 1:
		a, b := Delimiter(good[0].dialect.delimiter), Delimiter(good[1].dialect.delimiter)
		return nil, &DoubtError{SettingDelimiter, []string{a.String(), b.String()}, fmt.Sprintf(
			"the header has %s if the delimiter is the %s, and %s if it is the %s",
			fields(len(good[0].columns)), a, fields(len(good[1].columns)), b)}
	}
	return slices.MaxFunc(all, func(a, b *header) int { return len(a.columns) - len(b.columns) }), nil
}

// readColumns reads the header with one delimiter. Each column names a field as
// 'licseal sign --set' does; a ':' at the end marks a column of JSON values.
func readColumns(text []byte, d Delimiter, names *fieldNames, given bool) (*header, error) {
	h := &header{dialect: dialect{delimiter: byte(d)}}
	h.dialect.padded = isPadded(text, byte(d))
	cells, err := h.dialect.cells(text)
	if err != nil {
		return nil, fmt.Errorf("the header: %w", err)
	}
	named := len(cells) // without those at the end that have no name
	for named > 0 && isBlankName(cells[named-1].Text) {
		named--
	}
	for i, cell := range cells {
		name := headerName(cell.Text)
		column := Column{Name: name}
		switch {
		case looksSecret(name):
			return nil, fmt.Errorf("the header has no field name in column %d; is the file a CSV?", i+1)
		case i >= named:
			column.Kind = NoName
		case name == "":
			h.problem("column %d has no name", i+1)
		case strings.ContainsFunc(name, unicode.IsControl):
			h.HeaderError = HeaderError{} // the names are probably not the fault
			h.problem("column %d has a control character in its name; lines must end in LF or CR LF, not in CR alone", i+1)
			return h, nil
		case !utf8.ValidString(name):
			h.problem("the name of column %d is not UTF-8", i+1)
		case !given && len(delimitersIn([]byte(name))) > 0 && !names.isMapped(name):
			h.problem("column %d is %s, which has a delimiter in it", i+1, quote(name))
		default:
			column = h.field(i, name, names)
		}
		h.columns = append(h.columns, column)
	}
	h.twice()
	if len(h.Problems) == 0 {
		h.missing(names)
		h.unusedMappings(names)
	}
	return h, nil
}

func (h *header) problem(format string, args ...any) {
	h.Problems = append(h.Problems, fmt.Sprintf(format, args...))
}

// isPadded reports whether a header has a blank after each delimiter.
func isPadded(text []byte, delimiter byte) bool {
	n := bytes.Count(text, []byte{delimiter})
	return n > 0 && n == bytes.Count(text, []byte{delimiter, ' '})
}

// headerName returns the name of a column without blanks around it, and with one blank
// for each line end.
func headerName(cell string) string {
	cell = strings.ReplaceAll(cell, "\r\n", "\n")
	return strings.Trim(strings.ReplaceAll(cell, "\n", " "), " \t\u00a0\ufeff")
}

func isBlankName(cell string) bool { return headerName(cell) == "" }

// field returns the column of a name.
func (h *header) field(i int, name string, names *fieldNames) Column {
	plain, isJSON := strings.CutSuffix(name, ":")
	column := Column{Name: plain}
	if isJSON {
		column.Kind = JSON
	}
	if m, ok := names.mapping(name); ok {
		column.Name, column.Kind = name, Typed
		plain, isJSON = strings.CutSuffix(m.Field, ":")
		switch {
		case plain == "":
			column.Kind = Ignored
			return column
		case isJSON:
			column.Kind = JSON
		}
		column.Pointer, _ = fieldname.Pointer(plain) // it was checked
		if names.refuses(column.Pointer) {
			h.problem("column %d is %s, which is mapped to %q, and the schema %s has no such field", i+1, quote(name), plain, names.schema)
		}
		return column
	}
	pointers := names.find(plain)
	switch {
	case len(pointers) == 1:
		column.Pointer = pointers[0]
		return column
	case len(pointers) > 1:
		h.problem("column %d is %s, which may be %s", i+1, quote(plain), strings.Join(pointers, " or "))
		return column
	}
	pointer, isPointer := fieldname.Pointer(plain)
	column.Pointer = pointer
	switch {
	case !isPointer:
		h.problem("column %d is %s, which is not a field name", i+1, quote(plain))
	case names.refuses(pointer):
		h.Unknown = append(h.Unknown, plain)
		detail := fmt.Sprintf("column %d is %s, which is not a field of the schema %s", i+1, quote(plain), names.schema)
		if meant := names.nearest(plain); meant != "" {
			detail += fmt.Sprintf("; did you mean %s?", meant)
		}
		h.problem("%s", detail)
	}
	return column
}

// twice finds columns of one field.
func (h *header) twice() {
	at := map[string]int{}
	for i, c := range h.columns {
		if c.Pointer == "" {
			continue
		}
		if first, taken := at[c.Pointer]; taken {
			h.problem("columns %d and %d are both the field %s", first+1, i+1, c.Pointer)
			continue
		}
		at[c.Pointer] = i
	}
}

// missing finds required fields that no row can have.
func (h *header) missing(names *fieldNames) {
	var missing []string
	for _, pointer := range names.required {
		given := slices.ContainsFunc(h.columns, func(c Column) bool {
			return c.Pointer == pointer || strings.HasPrefix(c.Pointer, pointer+"/")
		})
		if !given {
			missing = append(missing, pointer)
		}
	}
	if len(missing) > 0 {
		h.problem("no column sets %s, which the schema %s requires, and no template does", strings.Join(missing, ", "), names.schema)
	}
}

// unusedMappings finds mappings of columns that do not exist.
func (h *header) unusedMappings(names *fieldNames) {
	for _, m := range names.mappings {
		used := slices.ContainsFunc(h.columns, func(c Column) bool { return names.fold(c.Name) == names.fold(m.Column) })
		if !used && !m.Optional {
			h.problem("no column is called %s, which is mapped to %q", quote(m.Column), m.Field)
		}
	}
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
