package fault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/trust"
	"github.com/licseal/licseal/verify"
)

// The exit codes of all reasons. A script may rely on each.
func TestExitCodes(t *testing.T) {
	for reason, want := range map[fault.Reason]int{
		"": 0, fault.ReasonFailed: 1, fault.ReasonUsage: 2, licseal.ReasonParse: 3, licseal.ReasonSchema: 4, licseal.ReasonSignature: 5,
		licseal.ReasonNotYetValid: 6, licseal.ReasonExpired: 7, licseal.ReasonRevoked: 8, licseal.ReasonRequirement: 9,
		licseal.ReasonClock: 1, licseal.ReasonRevocationList: 1, fault.ReasonState: 1, fault.ReasonTrust: 1, "another": 1,
	} {
		if got := fault.ExitOf(reason); got != want {
			t.Errorf("%q ends with %d, want %d", reason, got, want)
		}
		if back := fault.ReasonOfExit(want); want != 1 && back != reason || want == 1 && back != fault.ReasonFailed {
			t.Errorf("%d stands for %q, not for %q", want, back, reason)
		}
		if reason == "" {
			continue
		}
		if got := fault.Exit(fmt.Errorf("wrapped: %w", fault.New(reason, "it broke"))); got != want {
			t.Errorf("an error for %q ends with %d, want %d", reason, got, want)
		}
	}
	if got := fault.Exit(nil); got != 0 {
		t.Errorf("no error ends with %d", got)
	}
	for _, code := range []int{-1, 10, 255} {
		if got := fault.ReasonOfExit(code); got != fault.ReasonFailed {
			t.Errorf("%d stands for %q", code, got)
		}
	}
}

// What an error is decides its reason, however deep it is, unless a reason was given.
func TestReasons(t *testing.T) {
	own := &ownError{}
	for _, test := range []struct {
		err  error
		want fault.Reason
	}{
		{errors.New("it broke"), fault.ReasonFailed},
		{&trust.Error{}, fault.ReasonTrust},
		{fmt.Errorf("f: %w", &verify.ClockError{}), licseal.ReasonClock},
		{fmt.Errorf("f: %w", &licseal.DateError{}), licseal.ReasonSchema},
		{fmt.Errorf("f: %w", own), "mine"},
		{fault.Because(licseal.ReasonSignature, own), licseal.ReasonSignature},
		{fault.Because(fault.ReasonFailed, fault.Usage("no flag")), fault.ReasonFailed},
		{fault.About("f", fault.Because(licseal.ReasonSignature, own)), licseal.ReasonSignature},
		{fault.New(licseal.ReasonExpired, "%w", own), licseal.ReasonExpired},
	} {
		f := fault.Of(test.err)
		if f.Reason != test.want {
			t.Errorf("%v is for %q, want %q", test.err, f.Reason, test.want)
		}
		if errors.Is(test.err, own) != errors.Is(f, own) {
			t.Errorf("%v has lost its cause", test.err)
		}
	}
	if fault.Because(licseal.ReasonSignature, nil) != nil {
		t.Error("no error became one")
	}
}

type ownError struct{}

func (*ownError) Error() string        { return "mine" }
func (*ownError) Reason() fault.Reason { return "mine" }

// Giving an error a reason or a file changes no error that somebody else has.
func TestFaultsAreCopied(t *testing.T) {
	first := fault.About("f", errors.New("it broke"))
	fault.Because(licseal.ReasonSignature, first)
	fault.About("g", first)
	if f := fault.Of(first); f.Reason != fault.ReasonFailed || f.File != "f" || f.Error() != "f: it broke" {
		t.Errorf("the first error is %+v", f)
	}
	if f := fault.Of(errors.New("it broke")); f.Error() != "it broke" {
		t.Errorf("an error without a file is %q", f.Error())
	}
}

// Words are colored on a terminal, and nothing else is.
func TestColors(t *testing.T) {
	err := fault.WithHint(fault.About("f", errors.Join(errors.New("one"), errors.New("two"))), "mend %s", "it")
	for color, want := range map[bool]string{
		false: "error: f: one\nerror: f: two\nhint: mend it\n",
		true:  "\x1b[31merror\x1b[0m: f: one\n\x1b[31merror\x1b[0m: f: two\n\x1b[36mhint\x1b[0m: mend it\n",
	} {
		var b strings.Builder
		fault.Write(&b, err, color)
		if diff := cmp.Diff(want, b.String()); diff != "" {
			t.Error(diff)
		}
	}
}

// Violations have a line each, and those that were left out one for all. A payload for
// another schema has a line that says so.
func TestViolations(t *testing.T) {
	violation := licseal.Violation{Position: licseal.Position{Pointer: "/a"}, Message: "first"}
	for _, test := range []struct {
		err  *licseal.SchemaError
		want string
	}{
		{&licseal.SchemaError{Violations: []licseal.Violation{violation}}, "schema: /a: first\n"},
		{&licseal.SchemaError{Violations: []licseal.Violation{violation}, Omitted: 1}, "schema: /a: first\nschema: and 1 more violation\n"},
		{&licseal.SchemaError{Violations: []licseal.Violation{violation}, Omitted: 2}, "schema: /a: first\nschema: and 2 more violations\n"},
	} {
		var b strings.Builder
		fault.Write(&b, fmt.Errorf("f: %w", test.err), false)
		if diff := cmp.Diff(test.want, b.String()); diff != "" {
			t.Error(diff)
		}
	}
	foreign := &licseal.SchemaError{Violations: []licseal.Violation{violation, violation}, Foreign: true}
	if lines := fault.Of(foreign).Messages(); len(lines) != 1 || lines[0].String() != foreign.Error() {
		t.Errorf("another schema: %v", lines)
	}
}
