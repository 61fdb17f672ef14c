package admin

import (
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// Record is an entry of /licenses.
type Record struct {
	// ID is a UUID (RFC 9562) in lower case: the record's own name, which has
	// nothing to do with the licence's.
	ID string `json:"id"`

	// Payload is the licence document, as text.
	Payload string `json:"payload"`

	// CreatedAt and UpdatedAt are in seconds since 1970-01-01T00:00:00Z.
	CreatedAt int64 `json:"created_at"`
	UpdatedAt int64 `json:"updated_at"`
}

// Page is what GET /licenses answers: some of the records, in the order of their
// ids.
type Page struct {
	Data []Record `json:"data"`

	// Next is the path of the next page, nil on the last one.
	Next *string `json:"next"`

	// Offset is what "offset" is on the next page, empty on the last one.
	Offset string `json:"offset,omitempty"`
}

// ErrorBody is what the API answers with a status of 400 or more. Many answers
// have a message only.
type ErrorBody struct {
	Code    int            `json:"code,omitempty"`
	Name    string         `json:"name,omitempty"`
	Message string         `json:"message"`
	Fields  map[string]any `json:"fields,omitempty"`
}

// The codes of an ErrorBody that this API uses: kong/db/errors.lua.
const (
	codeInvalidPrimaryKey = 1
	codeSchemaViolation   = 2
	codePrimaryKey        = 3
	codeUnique            = 5
	codeInvalidOffset     = 7
	codeInvalidSize       = 9
)

// appendJSON appends the record as JSON. Lists are long, and this is all there
// is to them.
func (r *Record) appendJSON(b []byte) ([]byte, error) {
	b = append(b, `{"id":"`...)
	b = append(b, r.ID...)
	b = append(b, `","payload":`...)
	b, err := jsontext.AppendQuote(b, r.Payload)
	if err != nil {
		return nil, err
	}
	b = append(b, `,"created_at":`...)
	b = strconv.AppendInt(b, r.CreatedAt, 10)
	b = append(b, `,"updated_at":`...)
	b = strconv.AppendInt(b, r.UpdatedAt, 10)
	return append(b, '}'), nil
}
