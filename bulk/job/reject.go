package job

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/bulk/rows"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/verify"
)

// Reject is a row that did not become a licence. The file of rejects has a line of
// JSON for each.
type Reject struct {
	Row     int      `json:"row"`                   // in the batch, from 1; the header of a CSV does not count
	Line    int      `json:"line,omitempty"`        // in the input, from 1; 0 if it is not known
	Source  string   `json:"source,omitempty"`      // the licence that was to be renewed, such as a file
	Exit    int      `json:"exit"`                  // the exit code that 'licseal sign' has for this row alone
	Reasons []string `json:"reasons"`               // everything that is wrong with the row, escaped
	Header  string   `json:"header,omitempty"`      // of the table that the row is from
	Text    string   `json:"text,omitempty"`        // the row
	Base64  string   `json:"text_base64,omitempty"` // the row, if it is not UTF-8
}

func newReject(p *place, err error) *Reject {
	r := &Reject{Row: p.row, Line: p.line, Source: text.Escape(p.name), Header: p.header}
	for _, e := range singleErrors(err) {
		r.Exit = firstJudged(r.Exit, exitOf(e))
		for _, reason := range reasons(e) {
			r.Reasons = append(r.Reasons, text.Escape(reason))
		}
	}
	if utf8.Valid(p.text) {
		r.Text = string(p.text)
	} else {
		r.Base64 = base64.StdEncoding.EncodeToString(p.text)
	}
	return r
}

// Where returns the place of the row: "line 3", the source of a renewal, or "row 2" if
// the line is not known.
func (r *Reject) Where() string {
	if r.Source != "" {
		return r.Source
	}
	if r.Line == 0 {
		return fmt.Sprintf("row %d", r.Row)
	}
	return fmt.Sprintf("line %d", r.Line)
}

// The exit codes of rejected rows, in the order of judgement.
const (
	exitParse       = 3
	exitSchema      = 4
	exitSignature   = 5
	exitRevoked     = 8
	exitRequirement = 9
)

// firstJudged returns the exit code of the fault that is judged first. 0 means no fault.
func firstJudged(a, b int) int {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// exitOf returns the exit code of a single error of a row.
func exitOf(err error) int {
	var (
		fields    *schema.Error
		field     *rows.FieldError
		date      *licseal.DateError
		term      *edit.ShortTermError
		id        *licseal.IDError
		duplicate *bulk.DuplicateError
		name      *nameError
		refused   *RefusedError
	)
	switch {
	case errors.As(err, &fields), errors.As(err, &field), errors.As(err, &date), errors.As(err, &term), errors.As(err, &id):
		return exitSchema
	case errors.As(err, &duplicate), errors.As(err, &name), errors.As(err, &refused):
		return exitRequirement
	}
	switch verify.ReasonOf(err) { // of a licence to renew
	case licseal.ReasonSignature:
		return exitSignature
	case licseal.ReasonSchema:
		return exitSchema
	case licseal.ReasonRevoked:
		return exitRevoked
	}
	return exitParse
}

// singleErrors returns the errors that err joins.
func singleErrors(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, singleErrors(e)...)
	}
	return all
}

// reasons returns what a single error says. To the author of a batch, a row is one
// line: positions in it are columns or fields.
func reasons(err error) []string {
	var parse *licseal.ParseError
	var fields *schema.Error
	var date *licseal.DateError
	var term *edit.ShortTermError
	var id *licseal.IDError
	switch {
	case errors.As(err, &parse):
		return []string{strings.TrimSpace(fmt.Sprintf("column %d %s", parse.Column, parse.Pointer)) + ": " + parse.Detail}
	case errors.As(err, &date):
		return []string{date.Pointer + ": " + date.Detail}
	case errors.As(err, &term):
		return []string{term.Pointer + ": " + term.Detail()}
	case errors.As(err, &id):
		return []string{id.Pointer + ": " + id.Detail}
	case !errors.As(err, &fields):
		return []string{err.Error()}
	}
	var all []string
	for _, v := range fields.Violations {
		all = append(all, v.Pointer+": "+v.Message)
	}
	if fields.Omitted > 0 {
		all = append(all, "and "+text.Plural(fields.Omitted, "more violation"))
	}
	return all
}
