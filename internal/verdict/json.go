package verdict

import (
	"errors"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/jsonline"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/verify"
)

// JSON returns the verdict for programs, one line without a newline: what
// 'licseal verify --json' prints for one licence. It has fields of the licence only if
// the signature is good. It is written without reflection, so that a program that only
// verifies stays small.
func (v *Verdict) JSON() string {
	var o jsonline.Object
	o.Text("file", v.File)
	if v.Line > 0 {
		o.Number("line", v.Line) // of a file that holds many
	}
	o.Bool("ok", v.Err == nil)
	o.Number("exit", v.Exit())
	if v.Result != nil {
		addResult(&o, v.Result)
	}
	if len(v.Warnings) > 0 {
		o.List("warnings", len(v.Warnings), func(i int) string { return jsonline.Quoted(v.Warnings[i].String()) })
	}
	if v.Err != nil {
		o.Text("reason", string(fault.Of(v.Err).Reason)) // why the licence is refused
		o.Text("error", v.Err.Error())
	}
	if broken := (*licseal.SchemaError)(nil); errors.As(v.Err, &broken) {
		o.List("violations", len(broken.Violations), func(i int) string { return violation(&broken.Violations[i]) })
	}
	return o.String()
}

// addResult adds what was verified.
func addResult(o *jsonline.Object, r *verify.Result) {
	if r.State != "" {
		o.Text("state", string(r.State))
	}
	o.Text("time", text.Instant(r.Time))
	if r.State != "" { // else the dates cannot be read
		o.Text("not_before", text.Instant(r.NotBefore))
		o.Text("not_after", text.Instant(r.NotAfter))
		o.Text("grace_end", text.Instant(r.GraceEnd))
		o.Number("days_left", text.DaysBetween(r.Time, r.NotAfter))
	}
	o.Raw("key", keyObject(NewJSONKey(r.Key)))
	o.Raw("payload", string(r.License.Payload.Bytes()))
}

func keyObject(key *JSONKey) string {
	var o jsonline.Object
	o.Text("id", key.ID)
	o.Text("name", key.Name)
	if len(key.Issuers) > 0 {
		o.List("issuers", len(key.Issuers), func(i int) string { return jsonline.Quoted(key.Issuers[i]) })
	}
	return o.String()
}

// violation returns one fault of a payload.
func violation(v *licseal.Violation) string {
	var o jsonline.Object
	o.Text("pointer", v.Pointer)
	o.Number("line", v.Line)
	o.Number("column", v.Column)
	o.Text("message", v.Message)
	for _, optional := range []struct{ name, value string }{
		{"value", v.Value},     // JSON text, cut if it is long
		{"allowed", v.Allowed}, // in words
		{"did_you_mean", v.DidYouMean},
	} {
		if optional.value != "" {
			o.Text(optional.name, optional.value)
		}
	}
	return o.String()
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
