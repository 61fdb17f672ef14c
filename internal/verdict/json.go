package verdict

import (
	"errors"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/verify"
)

// JSON returns the verdict for programs, one line without a newline: what
// 'licseal verify --json' prints for one licence. It has fields of the licence only if
// the signature is good. It is written without reflection, so that a program that only
// verifies stays small.
func (v *Verdict) JSON() string {
	var o object
	o.text("file", v.File)
	if v.Line > 0 {
		o.number("line", v.Line) // of a file that holds many
	}
	o.raw("ok", strconv.FormatBool(v.Err == nil))
	o.number("exit", v.Exit())
	if v.Result != nil {
		o.result(v.Result)
	}
	if len(v.Warnings) > 0 {
		o.list("warnings", len(v.Warnings), func(i int) string { return quoted(v.Warnings[i].String()) })
	}
	if v.Err != nil {
		o.text("reason", string(fault.Of(v.Err).Reason)) // why the licence is refused
		o.text("error", v.Err.Error())
	}
	if broken := (*licseal.SchemaError)(nil); errors.As(v.Err, &broken) {
		o.list("violations", len(broken.Violations), func(i int) string { return violation(&broken.Violations[i]) })
	}
	return o.close()
}

// result adds what was verified.
func (o *object) result(r *verify.Result) {
	if r.State != "" {
		o.text("state", string(r.State))
	}
	o.text("time", text.Instant(r.Time))
	if r.State != "" { // else the dates cannot be read
		o.text("not_before", text.Instant(r.NotBefore))
		o.text("not_after", text.Instant(r.NotAfter))
		o.text("grace_end", text.Instant(r.GraceEnd))
		o.number("days_left", text.DaysBetween(r.Time, r.NotAfter))
	}
	o.raw("key", keyObject(NewJSONKey(r.Key)))
	o.raw("payload", string(r.License.Payload.Bytes()))
}

func keyObject(key *JSONKey) string {
	var o object
	o.text("id", key.ID)
	o.text("name", key.Name)
	if len(key.Issuers) > 0 {
		o.list("issuers", len(key.Issuers), func(i int) string { return quoted(key.Issuers[i]) })
	}
	return o.close()
}

// violation returns one fault of a payload.
func violation(v *licseal.Violation) string {
	var o object
	o.text("pointer", v.Pointer)
	o.number("line", v.Line)
	o.number("column", v.Column)
	o.text("message", v.Message)
	for _, optional := range []struct{ name, value string }{
		{"value", v.Value},     // JSON text, cut if it is long
		{"allowed", v.Allowed}, // in words
		{"did_you_mean", v.DidYouMean},
	} {
		if optional.value != "" {
			o.text(optional.name, optional.value)
		}
	}
	return o.close()
}

// JSONKey is a key that has signed something.
type JSONKey struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Issuers []string `json:"issuers,omitempty"`
}

// NewJSONKey returns what JSON says about a key.
func NewJSONKey(key licseal.TrustedKey) *JSONKey {
	return &JSONKey{licseal.KeyID(key.Key), key.Name, key.Principals}
}

// object is a JSON object in the making. The zero value is empty.
type object struct{ b []byte }

// raw adds a member whose value is JSON already.
func (o *object) raw(name, value string) {
	separator := byte(',')
	if o.b == nil {
		separator = '{'
	}
	o.b = append(append(o.b, separator), quoted(name)...)
	o.b = append(append(o.b, ':'), value...)
}

func (o *object) text(name, value string) { o.raw(name, quoted(value)) }

func (o *object) number(name string, n int) { o.raw(name, strconv.Itoa(n)) }

// list adds an array of n elements, which are JSON.
func (o *object) list(name string, n int, element func(int) string) {
	array := "["
	for i := range n {
		if i > 0 {
			array += ","
		}
		array += element(i)
	}
	o.raw(name, array+"]")
}

func (o *object) close() string { return string(o.b) + "}" }

// quoted returns a text as a JSON string. What is not UTF-8 becomes U+FFFD.
func quoted(s string) string {
	b, _ := jsontext.AppendQuote(nil, s)
	return string(b)
}
