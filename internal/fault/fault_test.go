package fault_test

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/verify"
)

// errTooLarge is an error of no type of its own.
var errTooLarge = errors.New("is larger than 10 bytes, the most that is read")

func TestWrite(t *testing.T) {
	date := &licseal.DateError{Position: licseal.Position{Pointer: "/from", Line: 1, Column: 2}, Detail: "the date is missing"}
	violations := []licseal.Violation{
		{Position: licseal.Position{Pointer: "/a", Line: 1, Column: 2}, Message: "first"},
		{Position: licseal.Position{Pointer: "/b", Line: 3, Column: 4}, Message: "second"},
	}
	clock := &verify.ClockError{}
	tests := []struct {
		name string
		err  error
		code int
		want string
	}{
		{"any error", errors.New("it broke"), 1, "error: it broke\n"},
		{"with a file", fault.About("f", errors.New("it broke")), 1, "error: f: it broke\n"},
		{"with hints", fault.WithHint(fault.WithHint(errors.New("it broke"), "mend %s", "it"), "or not"), 1, "error: it broke\nhint: mend it\nhint: or not\n"},
		{"usage", fault.Usage("no %s", "flag"), 2, "usage: no flag\n"},
		{"usage is about no file", fault.About("f", fault.Usage("no flag")), 2, "usage: no flag\n"},
		{"usage, wrapped", fmt.Errorf("--grace: %w", fault.Usage("no length")), 2, "usage: --grace: no length\n"},
		{"parse", fault.About("f", &licseal.ParseError{Position: licseal.Position{Line: 1, Column: 1}, Detail: "the text is empty"}), 3, "parse: f: 1:1: the text is empty\n"},
		{"size of a document", fault.About("f", fault.Because(licseal.ReasonParse, errTooLarge)), 3, "parse: f: is larger than 10 bytes, the most that is read\n"},
		{"size of anything else", fault.About("f", errTooLarge), 1, "error: f: is larger than 10 bytes, the most that is read\n"},
		{"signature", fault.About("f", &verify.SignatureError{Detail: "no key made this"}), 5, "signature: f: no key made this\n"},
		{"date", fault.About("f", &verify.RefusedError{Reason: licseal.ReasonSchema, Err: date}), 4, "schema: f: 1:2 /from: the date is missing\n"},
		{"schema", fault.About("f", &schema.Error{Schema: "kong", Violations: violations}), 4, "schema: f: 1:2 /a: first\nschema: f: 3:4 /b: second\n"},
		{"date, in no text", fault.About("f", &licseal.DateError{Position: licseal.Position{Pointer: date.Pointer}, Detail: date.Detail}), 4, "schema: f: /from: the date is missing\n"},
		{"schema, in no text", fault.About("f", &schema.Error{Schema: "kong", Violations: inNoText(violations)}), 4, "schema: f: /a: first\nschema: f: /b: second\n"},
		{"schema, with more", fault.About("f", &schema.Error{Schema: "kong", Violations: violations[:1], Omitted: 7}), 4, "schema: f: 1:2 /a: first\nschema: f: and 7 more violations\n"},
		{"not yet valid", fault.About("f", &verify.RefusedError{Reason: licseal.ReasonNotYetValid, Err: &verify.StateError{State: verify.NotYetValid}}), 6,
			"not-yet-valid: f: not yet valid: valid from 0001-01-01T00:00:00Z, and it is 0001-01-01T00:00:00Z\n"},
		{"expired", fault.About("f", &verify.RefusedError{Reason: licseal.ReasonExpired, Err: &verify.StateError{State: verify.Expired}}), 7,
			"expired: f: expired at 0001-01-01T00:00:00Z, and it is 0001-01-01T00:00:00Z\n"},
		{"an error of a list, whatever it wraps", &revoke.Error{Detail: "no list"}, 1, "revocation-list: no list\n"},
		{"a list that cannot be used", &revoke.Error{Reason: revoke.Stale, Detail: "old list"}, 1, "revocation-list: old list\n"},
		{"an id that nobody can type", fault.About("f", &licseal.IDError{Detail: "odd id"}), 4, "schema: f: odd id\n"},
		{"a term of a day", fault.About("f", &edit.ShortTermError{}), 4, "schema: f: payload: the licence is created at 0001-01-01T00:00:00Z and expires at 0001-01-01T00:00:00Z, within a day\n"},
		{"an error of the clock", &verify.RefusedError{Reason: licseal.ReasonClock, Err: clock}, 1, "clock: " + clock.Error() + "\n"},
		{"an error of the clock, of no licence", clock, 1, "clock: " + clock.Error() + "\n"},
		{"an error of the state", &state.DamagedError{Detail: "empty"}, 1, "state: the state file is damaged: empty\n"},
		{"two errors", fault.About("f", errors.Join(errors.New("one"), errors.New("two"))), 1, "error: f: one\nerror: f: two\n"},
		{"a text of others", fault.WithHint(fault.About("a\nok: b", fmt.Errorf("%s\n\x1b[2J", "\u202e")), "look at %s", "c\nd"), 1,
			`error: a\nok: b: \u202e\n\u001b[2J` + "\n" + `hint: look at c\nd` + "\n"},
		{"joined, within another", fault.About("f", fault.About("g", errors.Join(errors.New("one"), errors.New("two")))), 1, "error: f: one\nerror: f: two\n"},
		{"said already", fault.Reported(licseal.ReasonSignature), 5, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var b strings.Builder
			if code := fault.Write(&b, test.err, false); code != test.code {
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
	err := fault.WithHint(fault.About("f", &fs.PathError{Op: "open", Path: "f", Err: fs.ErrExist}), "mend it")
	if !errors.Is(err, fs.ErrExist) {
		t.Errorf("%v is no longer %v", err, fs.ErrExist)
	}
	first := fault.WithHint(errors.New("it broke"), "one")
	fault.WithHint(first, "two")
	if hints := fault.Of(first).Hints; len(hints) != 1 || hints[0].String() != "one" {
		t.Errorf("the hints of the first error: %v", hints)
	}
	if fault.About("f", nil) != nil || fault.WithHint(nil, "mend it") != nil {
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
