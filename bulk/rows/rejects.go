package rows

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// rejected is a line of a file of rejects, as package job writes it. Only the text and
// the header count; the rest says why the row was rejected.
type rejected struct {
	Row     int      `json:"row"`
	Line    int      `json:"line"`
	Exit    int      `json:"exit"`
	Reasons []string `json:"reasons"`
	Header  string   `json:"header"`
	Text    string   `json:"text"`
	Base64  []byte   `json:"text_base64"`
}

// parseRejected returns the reject in a line; ok is false if the line is something else.
func parseRejected(line []byte) (r rejected, ok bool) {
	if !bytes.HasPrefix(line, []byte(`{"row":`)) {
		return r, false
	}
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&r)
	return r, err == nil && r.Exit != 0 && len(r.Reasons) > 0
}

// text returns the text of the row.
func (r *rejected) text() []byte {
	if r.Text == "" {
		return r.Base64
	}
	return []byte(r.Text)
}

// rejects reads the texts in a file of rejects, which somebody has corrected. They are
// rows of the table whose header each line repeats, or payloads.
type rejects struct {
	lines  *lines
	first  *Row       // read already
	header string     // of all lines
	table  *csvReader // nil if the rows are payloads
}

func openRejects(l *lines, first Row, plan *Plan) (Reader, error) {
	one, _ := parseRejected(first.Text)
	r := &rejects{lines: l, first: &first, header: one.Header}
	if one.Header == "" {
		return r, nil
	}
	header, err := openCSV(newLines(bytes.NewReader([]byte(one.Header+"\n")), l.maxBytes), plan)
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", first.Line, err)
	}
	r.table = header.(*csvReader)
	return r, nil
}

func (r *rejects) Columns() []Column {
	if r.table == nil {
		return nil
	}
	return r.table.columns
}

func (r *rejects) Header() string { return r.header }

func (r *rejects) Err() error { return r.lines.Err() }

// Next returns the row in the next line. Its line is that of the file of rejects.
func (r *rejects) Next() (Row, bool) {
	line, ok := r.next()
	if !ok || line.Err != nil {
		return line, ok
	}
	one, isReject := parseRejected(line.Text)
	row := Row{Line: line.Line, Text: one.text()}
	switch {
	case !isReject:
		row.Text, row.Err = line.Text, errors.New("the line is not a rejected row, but the file begins with one")
	case one.Header != r.header:
		row.Err = errors.New("the row has another header than the first in the file; put it in a file of its own")
	case len(row.Text) > r.lines.maxBytes:
		row.Text, row.Err = row.Text[:shownBytes], fmt.Errorf("the row is longer than %d bytes, the limit", r.lines.maxBytes)
	case len(row.Text) == 0:
		row.Err = errors.New("the rejected row has no text")
	}
	return row, true
}

func (r *rejects) next() (Row, bool) {
	if r.first != nil {
		first := *r.first
		r.first = nil
		return first, true
	}
	return r.lines.nextNotBlank()
}

// Content parses the text of a row.
func (r *rejects) Content(text []byte) (Content, error) {
	if r.table == nil {
		return new(ndjson).Content(text)
	}
	return r.table.Content(text)
}
