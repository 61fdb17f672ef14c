package checkreport

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/internal/text"
)

// jsonWriter writes one JSON object, whose results are written as they come. The
// built-in schema check-report describes it.
type jsonWriter struct {
	w       io.Writer
	entries int
	err     error
}

type jsonHeader struct {
	Format           string        `json:"format"`
	Time             string        `json:"time"`
	SignatureChecked bool          `json:"signature_checked"`
	Sources          []jsonSource  `json:"sources"`
	Findings         []jsonFinding `json:"findings"`
}

type jsonSource struct {
	Name   string `json:"name"`
	State  string `json:"state"`
	Detail string `json:"detail,omitempty"`
}

type jsonFinding struct {
	Code     string `json:"code"`
	Stage    string `json:"stage"`
	Severity string `json:"severity"`
	Pointer  string `json:"pointer,omitempty"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Found    string `json:"found"`
	Remedy   string `json:"remedy"`
}

type jsonEntry struct {
	Name      string        `json:"name"`
	OK        bool          `json:"ok"`
	Exit      int           `json:"exit"`
	Word      string        `json:"word,omitempty"`
	Active    *bool         `json:"active,omitempty"`
	Signature string        `json:"signature"`
	Key       *jsonKey      `json:"key,omitempty"`
	License   *jsonLicense  `json:"license,omitempty"`
	State     string        `json:"state,omitempty"`
	NotBefore string        `json:"not_before,omitempty"`
	NotAfter  string        `json:"not_after,omitempty"`
	GraceEnd  string        `json:"grace_end,omitempty"`
	DaysLeft  *int          `json:"days_left,omitempty"`
	Repaired  bool          `json:"repaired"`
	Fixed     string        `json:"fixed,omitempty"`
	Findings  []jsonFinding `json:"findings"`
}

type jsonKey struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type jsonLicense struct {
	ID       string `json:"id,omitempty"`
	Customer string `json:"customer,omitempty"`
	Product  string `json:"product,omitempty"`
}

// JSONFormat is the member "format" of a report in JSON. It changes when
// readers have to.
const JSONFormat = "licseal-check-1"

func newJSON(w io.Writer, h Header) Writer {
	j := &jsonWriter{w: w}
	header := jsonHeader{JSONFormat, check.Instant(h.Time), h.SignatureChecked, []jsonSource{}, jsonFindings(h.Findings)}
	for _, s := range h.Sources {
		header.Sources = append(header.Sources, jsonSource{s.Name, string(s.State), s.Detail})
	}
	j.write(bytes.TrimSuffix(encoded(header), []byte("}")))
	j.write([]byte(`,"results":[`))
	return j
}

func (j *jsonWriter) write(data []byte) {
	if j.err == nil {
		_, j.err = j.w.Write(data)
	}
}

// encoded returns a value as JSON, with escapes for the characters that a terminal acts on.
func encoded(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.Encode(v) // strings, numbers and truth values always encode
	return []byte(text.Escape(strings.TrimSuffix(b.String(), "\n")))
}

func jsonFindings(findings []check.Finding) []jsonFinding {
	list := make([]jsonFinding, len(findings))
	for i, f := range findings {
		list[i] = jsonFinding{string(f.Code), string(f.Stage), string(f.Severity), f.Pointer, f.Line, f.Column, f.Found, f.Remedy}
	}
	return list
}

func (j *jsonWriter) Entry(e Entry) error {
	separator := "\n"
	if j.entries++; j.entries > 1 {
		separator = ",\n"
	}
	j.write([]byte(separator))
	j.write(encoded(newJSONEntry(e)))
	return j.err
}

func newJSONEntry(e Entry) jsonEntry {
	out := jsonEntry{
		Name: e.Name, OK: e.Exit == 0, Exit: e.Exit, Word: e.Word, Active: e.Active, Signature: string(e.Signature),
		Repaired: e.Repaired, Fixed: e.Fixed, Findings: jsonFindings(e.Findings),
	}
	if e.Key != nil {
		out.Key = &jsonKey{licseal.KeyID(e.Key.Key), e.Key.Name}
	}
	if e.License != nil {
		out.License = &jsonLicense{e.ID, e.Customer, e.Product}
	}
	if days, ok := e.DaysLeft(); ok {
		out.State, out.DaysLeft = string(e.State), &days
		out.NotBefore, out.NotAfter, out.GraceEnd = check.Instant(e.NotBefore), check.Instant(e.NotAfter), check.Instant(e.GraceEnd)
	}
	return out
}

func (j *jsonWriter) Close(s Summary) error {
	j.write([]byte("],\n\"summary\":"))
	j.write(encoded(s))
	j.write([]byte("}\n"))
	return j.err
}
