package check

import (
	"errors"
	"fmt"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/schema"
)

// fields reads what the schema's roles name.
func (j *judgement) fields() {
	roles := j.options.Verify.Roles.WithDefaults()
	text := func(pointer string) string {
		s, _ := j.License.Payload.Text(pointer)
		return s
	}
	j.ID, j.Customer, j.Product = text(roles.ID), text(roles.Customer), text(roles.Product)
}

// schema checks the fields. A field that a built-in schema does not know is worth
// a warning only: the licence may be newer than this program.
func (j *judgement) schema() {
	rules := j.options.Schema
	err := rules.Validate(j.License.Payload)
	var broken *schema.Error
	if err == nil {
		return
	}
	if !errors.As(err, &broken) {
		j.add(Finding{CodeSchema, StageSchema, Error, licseal.Position{}, err.Error(), "simplify the schema"})
		return
	}
	if meant := rules.Instead(j.License.Payload); meant != nil {
		j.add(Finding{CodeOtherSchema, StageSchema, Error, j.License.Payload.Position(""),
			fmt.Sprintf("the fields are those of the schema %s, and not of %s", meant.Name(), rules.Name()), "check it with --schema " + meant.Name()})
		return
	}
	_, vendorErr := schema.Builtin(rules.Name())
	for _, v := range broken.Violations {
		f := violation(v)
		if v.UnknownMember && vendorErr == nil {
			f.Severity = Warning
		}
		j.add(f)
	}
	if broken.Omitted > 0 {
		j.add(Finding{CodeMoreSchema, StageSchema, Error, licseal.Position{}, fmt.Sprintf("%d more violations are not listed", broken.Omitted), "mend those above first"})
	}
}

// payloadPointer is where the payload stands in a licence document.
const payloadPointer = "/license/payload"

func violation(v licseal.Violation) Finding {
	f := Finding{CodeWrongField, StageSchema, Error, v.Position, v.Message, "ask whoever issued the licence for one with this field right"}
	switch {
	case v.UnknownMember:
		f.Code, f.Remedy = CodeUnknownField, "see whether the name is misspelt, or the licence newer than the schema"
	case v.Keyword == "required":
		f.Code, f.Remedy = CodeMissingField, "ask whoever issued the licence for one with this field"
	}
	if found, allowed, ok := strings.Cut(v.Message, "; "); ok && v.Allowed != "" && v.DidYouMean == "" {
		f.Found, f.Remedy = found, allowed+": "+f.Remedy
	}
	if field, ok := strings.CutPrefix(v.Pointer, payloadPointer+"/"); ok && !v.UnknownMember && v.Keyword != "required" {
		f.Found = plain(field) + ": " + f.Found
	}
	return f
}
