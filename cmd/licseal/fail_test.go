package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/verify"
)

func TestReport(t *testing.T) {
	date := &licseal.DateError{Position: licseal.Position{Pointer: "/from", Line: 1, Column: 2}, Detail: "the date is missing"}
	violations := []licseal.Violation{
		{Position: licseal.Position{Pointer: "/a", Line: 1, Column: 2}, Message: "first"},
		{Position: licseal.Position{Pointer: "/b", Line: 3, Column: 4}, Message: "second"},
	}
	tests := []struct {
		name string
		err  error
		code int
		want string
	}{
		{"any error", errors.New("it broke"), exitFailed, "error: it broke\n"},
		{"with a file", about("f", errors.New("it broke")), exitFailed, "error: f: it broke\n"},
		{"with hints", withHint(withHint(errors.New("it broke"), "mend %s", "it"), "or not"), exitFailed, "error: it broke\nhint: mend it\nhint: or not\n"},
		{"usage", usagef("no %s", "flag"), exitUsage, "usage: no flag\n"},
		{"usage is about no file", about("f", usagef("no flag")), exitUsage, "usage: no flag\n"},
		{"usage, wrapped", fmt.Errorf("--grace: %w", usagef("no length")), exitUsage, "usage: --grace: no length\n"},
		{"parse", about("f", &licseal.ParseError{Position: licseal.Position{Line: 1, Column: 1}, Detail: "the text is empty"}), exitNotALicence, "parse: f: 1:1: the text is empty\n"},
		{"size of a document", about("f", &failure{code: exitNotALicence, err: &sizeError{10}}), exitNotALicence, "parse: f: is larger than 10 bytes, the most that is read\n"},
		{"size of anything else", about("f", &sizeError{10}), exitFailed, "error: f: is larger than 10 bytes, the most that is read\n"},
		{"signature", about("f", &verify.SignatureError{Detail: "no key made this"}), exitSignature, "signature: f: no key made this\n"},
		{"date", about("f", &verify.RefusedError{Err: date}), exitSchema, "schema: f: 1:2 /from: the date is missing\n"},
		{"date, in no text", about("f", &licseal.DateError{Position: licseal.Position{Pointer: date.Pointer}, Detail: date.Detail}), exitSchema, "schema: f: /from: the date is missing\n"},
		{"schema", about("f", &schema.Error{Schema: "kong", Violations: violations}), exitSchema, "schema: f: 1:2 /a: first\nschema: f: 3:4 /b: second\n"},
		{"schema, in no text", about("f", &schema.Error{Schema: "kong", Violations: inNoText(violations)}), exitSchema, "schema: f: /a: first\nschema: f: /b: second\n"},
		{"schema, with more", about("f", &schema.Error{Schema: "kong", Violations: violations[:1], Omitted: 7}), exitSchema, "schema: f: 1:2 /a: first\nschema: f: and 7 more violations\n"},
		{"not yet valid", about("f", &verify.RefusedError{Err: &verify.StateError{State: verify.NotYetValid}}), exitNotYetValid,
			"not-yet-valid: f: not yet valid: valid from 0001-01-01T00:00:00Z, and it is 0001-01-01T00:00:00Z\n"},
		{"expired", about("f", &verify.RefusedError{Err: &verify.StateError{State: verify.Expired}}), exitExpired,
			"expired: f: expired at 0001-01-01T00:00:00Z, and it is 0001-01-01T00:00:00Z\n"},
		{"two errors", about("f", errors.Join(errors.New("one"), errors.New("two"))), exitFailed, "error: f: one\nerror: f: two\n"},
		{"said already", &failure{code: exitSignature, err: errReported}, exitSignature, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var b strings.Builder
			if code := report(&b, test.err); code != test.code {
				t.Errorf("the exit code is %d, want %d", code, test.code)
			}
			if diff := cmp.Diff(test.want, b.String()); diff != "" {
				t.Errorf("the message (-want +got):\n%s", diff)
			}
		})
	}
}

// A hint or a file added to an error leaves what it is.
func TestErrorsKeepTheirCause(t *testing.T) {
	err := withHint(about("f", &fs.PathError{Op: "open", Path: "f", Err: fs.ErrExist}), "mend it")
	if !errors.Is(err, fs.ErrExist) {
		t.Errorf("%v is no longer %v", err, fs.ErrExist)
	}
	first := withHint(errors.New("it broke"), "one")
	withHint(first, "two")
	if diff := cmp.Diff([]string{"one"}, classify(first).hints); diff != "" {
		t.Errorf("the hints of the first error (-want +got):\n%s", diff)
	}
	if about("f", nil) != nil || withHint(nil, "mend it") != nil {
		t.Error("no error became one")
	}
}

// inNoText returns violations of a payload that was not read from a text.
func inNoText(violations []licseal.Violation) []licseal.Violation {
	out := slices.Clone(violations)
	for i := range out {
		out[i].Line, out[i].Column = 0, 0
	}
	return out
}
