package admin

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// entity is the body of a write: the members of a record that a client decides.
type entity struct {
	id      string // "" if not given
	payload string
}

// maxFields is the maximum number of members of a body. A record has five.
const maxFields = 32

// readEntity reads the body of a write, in any of the encodings, and checks its
// members. It does not check the licence in the payload.
func (h *handler) readEntity(r *http.Request) (entity, error) {
	body, err := h.readBody(r)
	if err != nil {
		return entity{}, err
	}
	fields, err := parseFields(r.Header.Get("Content-Type"), body)
	if err != nil {
		return entity{}, err
	}
	return fields.entity()
}

func (h *handler) readBody(r *http.Request) ([]byte, error) {
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return nil, failf(http.StatusUnsupportedMediaType, "the body is encoded as %s; send it plain", printable(encoding))
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, h.options.MaxBodyBytes))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, failf(http.StatusRequestEntityTooLarge, "the body is larger than %d bytes", tooLarge.Limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, failf(http.StatusRequestTimeout, "the body did not arrive in time")
	case err != nil:
		return nil, failf(http.StatusBadRequest, "the body is incomplete")
	}
	return body, nil
}

// fields are the members of a body. The value of a string is its text; that of
// anything else is its JSON.
type fields []field

type field struct {
	name, value string
	kind        jsontext.Kind
}

func parseFields(contentType string, body []byte) (fields, error) {
	if contentType == "" && len(body) == 0 {
		return nil, nil
	}
	mediaType, params, err := mime.ParseMediaType(contentType)
	if charset := params["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
		return nil, failf(http.StatusUnsupportedMediaType, "the charset of the body is %s; send it as UTF-8", printable(charset))
	}
	switch {
	case err == nil && mediaType == "application/json":
		return parseJSON(body)
	case err == nil && mediaType == "application/x-www-form-urlencoded":
		return parseURLEncoded(body)
	case err == nil && mediaType == "multipart/form-data":
		return parseMultipart(body, params["boundary"])
	}
	return nil, failf(http.StatusUnsupportedMediaType,
		"Content-Type %s is not supported; use application/json, application/x-www-form-urlencoded or multipart/form-data", printable(contentType))
}

var errCannotParseJSON = failf(http.StatusBadRequest, "Cannot parse JSON body")

// parseJSON parses an object. Duplicate names are refused: another reader of the same
// body might use the other value.
func parseJSON(body []byte) (fields, error) {
	var values map[string]jsontext.Value
	if err := json.Unmarshal(body, &values); err != nil || values == nil {
		return nil, errCannotParseJSON
	}
	var all fields
	for name, value := range values {
		f := field{name, string(value), value.Kind()}
		if f.kind == '"' {
			text, err := jsontext.AppendUnquote(nil, value)
			if err != nil {
				return nil, errCannotParseJSON
			}
			f.value = string(text)
		}
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b field) int { return strings.Compare(a.name, b.name) })
	return all, nil
}

func parseURLEncoded(body []byte) (fields, error) {
	if bytes.Count(body, []byte("&")) > maxFields {
		return nil, failf(http.StatusBadRequest, "the body has more than %d fields", maxFields)
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, failf(http.StatusBadRequest, "Cannot parse form body")
	}
	var all fields
	for name, list := range values {
		for _, value := range list {
			all = append(all, field{name, value, '"'})
		}
	}
	slices.SortStableFunc(all, func(a, b field) int { return strings.Compare(a.name, b.name) })
	return all, nil
}

func parseMultipart(body []byte, boundary string) (fields, error) {
	cannot := failf(http.StatusBadRequest, "Cannot parse multipart body")
	if boundary == "" {
		return nil, cannot
	}
	var all fields
	for reader := multipart.NewReader(bytes.NewReader(body), boundary); ; {
		part, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil || len(all) == maxFields {
			return nil, cannot
		}
		value, err := io.ReadAll(part) // at most as long as the body
		if err != nil {
			return nil, cannot
		}
		all = append(all, field{part.FormName(), string(value), '"'})
	}
}

// entity checks the fields against what a record may have.
func (fs fields) entity() (entity, error) {
	var e entity
	var found violations
	seen := map[string]bool{}
	for _, f := range fs {
		problem := f.problem()
		if seen[f.name] {
			problem = "given more than once"
		}
		seen[f.name] = true
		if problem != "" {
			found = append(found, violation{f.name, problem})
			continue
		}
		switch f.name {
		case "id":
			if f.kind != 'n' {
				e.id, _ = parseID(f.value)
			}
		case "payload":
			e.payload = f.value
		}
	}
	if !seen["payload"] {
		found = append(found, violation{"payload", requiredMissing})
	}
	return e, found.error()
}

// recordFields are the names that a body may have. All but the payload may be null.
var recordFields = []string{"id", "payload", "created_at", "updated_at", "tags"}

const requiredMissing = "required field missing"

// problem returns what is wrong with a field, "" if nothing.
func (f field) problem() string {
	if f.kind == 'n' && f.name != "payload" && slices.Contains(recordFields, f.name) {
		return ""
	}
	switch f.name {
	case "id":
		if _, ok := parseID(f.value); !ok {
			return "expected a valid UUID"
		}
	case "payload":
		return f.payloadProblem()
	case "created_at", "updated_at": // clients send back whole records
		if f.kind != '0' && strings.Trim(f.value, "0123456789") != "" {
			return "expected an integer"
		}
	case "tags": // of other entities; a gateway ignores them here
		if f.kind != '[' && f.kind != '"' {
			return "expected a set"
		}
	default:
		return "unknown field"
	}
	return ""
}

func (f field) payloadProblem() string {
	switch {
	case f.kind == 'n', f.kind == '"' && f.value == "":
		return requiredMissing
	case f.kind != '"':
		return "expected a string: the licence document as text"
	case !utf8.ValidString(f.value) || strings.Contains(f.value, "\x00"):
		return "expected UTF-8 text"
	case strings.HasPrefix(f.value, "@"):
		return "expected a licence document, not the name of a file: with curl, use --data-urlencode payload@FILE"
	}
	return ""
}

// violation is one fault of a body.
type violation struct{ field, problem string }

type violations []violation

// error returns the answer that lists the violations, nil if there are none.
func (vs violations) error() error {
	if len(vs) == 0 {
		return nil
	}
	body := ErrorBody{Code: codeSchemaViolation, Name: "schema violation", Fields: map[string]any{}}
	var texts []string
	for _, v := range vs[:min(len(vs), maxFields)] {
		name := printable(v.field)
		body.Fields[name] = v.problem
		texts = append(texts, name+": "+v.problem)
	}
	body.Message = "schema violation (" + texts[0] + ")"
	if len(texts) > 1 {
		body.Message = fmt.Sprintf("%d schema violations (%s)", len(texts), strings.Join(texts, "; "))
	}
	return &failure{status: http.StatusBadRequest, body: body}
}

// printable returns a text of the client as an answer contains it: valid UTF-8, and cut
// if it is long.
func printable(text string) string { return cutText(text, 100) }

func cutText(text string, limit int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "") + "…"
	}
	return text
}
