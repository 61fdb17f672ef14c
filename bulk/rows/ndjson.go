package rows

import (
	"io"

	"github.com/licseal/licseal"
)

// ndjson reads payloads, one on each line.
type ndjson struct{ *lines }

func openNDJSON(l *lines) (Reader, error) { return ndjson{l}, nil }

// NewNDJSON returns a reader for the lines in r. A line of more than maxBytes bytes
// is an error of that row.
func NewNDJSON(r io.Reader, maxBytes int) Reader { return ndjson{newLines(r, maxBytes)} }

// Next returns the next line that is not blank.
func (n ndjson) Next() (Row, bool) { return n.nextNotBlank() }

// Columns returns nil: each row is a whole payload.
func (n ndjson) Columns() []Column { return nil }

// Content parses a payload.
func (n ndjson) Content(text []byte) (Content, error) {
	payload, err := licseal.ParsePayload(text)
	return Content{Payload: payload}, err
}
