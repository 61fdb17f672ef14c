package rows

import (
	"io"

	"github.com/licseal/licseal"
)

// ndjson reads payloads, one on each line.
type ndjson struct {
	*lines
	first *Row // read already
}

// openNDJSON returns a reader for payloads, or for the rows in a file of rejects.
func openNDJSON(l *lines, plan *Plan) (Reader, error) {
	first, ok := l.nextNotBlank()
	if !ok {
		return &ndjson{lines: l}, nil
	}
	if _, isReject := parseRejected(first.Text); isReject {
		return openRejects(l, first, plan)
	}
	return &ndjson{l, &first}, nil
}

// NewNDJSON returns a reader for the lines in r. A line of more than maxBytes bytes
// is an error of that row.
func NewNDJSON(r io.Reader, maxBytes int) Reader { return &ndjson{lines: newLines(r, maxBytes)} }

// Next returns the next line that is not blank.
func (n *ndjson) Next() (Row, bool) {
	if n.first != nil {
		first := *n.first
		n.first = nil
		return first, true
	}
	return n.nextNotBlank()
}

// Columns returns nil: each row is a whole payload.
func (n *ndjson) Columns() []Column { return nil }

// Header returns "": each row is a whole payload.
func (n *ndjson) Header() string { return "" }

// Content parses a payload.
func (n *ndjson) Content(text []byte) (Content, error) {
	payload, err := licseal.ParsePayload(text)
	return Content{Payload: payload}, err
}
