package admin

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

// Record is an entry of /licenses.
type Record struct {
	// ID is a UUID (RFC 9562) in lower case. It names the record; the licence has
	// its own id.
	ID string `json:"id"`

	// Payload is the licence document, as text.
	Payload string `json:"payload"`

	// CreatedAt and UpdatedAt are in seconds since 1970-01-01T00:00:00Z.
	CreatedAt int64 `json:"created_at"`
	UpdatedAt int64 `json:"updated_at"`
}

// Version names the content of a record: two records with the same id differ in it. It
// is the ETag of the record.
func (r *Record) Version() string {
	sum := sha256.Sum256([]byte(r.Payload))
	return strconv.FormatInt(r.UpdatedAt, 10) + "-" + hex.EncodeToString(sum[:16])
}

// CheckMatch returns [ErrMismatch] unless a record, which is nil if there is none, has
// one of the versions, or no version is given. It is for stores.
func CheckMatch(r *Record, versions []string) error {
	if len(versions) == 0 || r != nil && (slices.Contains(versions, "*") || slices.Contains(versions, r.Version())) {
		return nil
	}
	return ErrMismatch
}

// Page is the answer to GET /licenses: some of the records, ordered by id.
type Page struct {
	Data []Record `json:"data"`

	// Next is the path of the next page, nil if this is the last.
	Next *string `json:"next"`

	// Offset is the query parameter "offset" of the next page, empty if this is
	// the last.
	Offset string `json:"offset,omitempty"`
}

// ErrorBody is the body of an answer with a status of 400 or more. Many have only a
// message.
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

// appendJSON appends the record as JSON. It is much faster than encoding/json, which
// matters for lists.
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

// parseID returns a UUID of any version in lower case, as ids are stored. Only the
// form with hyphens is accepted.
func parseID(s string) (id string, ok bool) {
	u, err := uuid.Parse(s)
	return u.String(), err == nil && len(s) == len(uuid.Nil.String())
}
