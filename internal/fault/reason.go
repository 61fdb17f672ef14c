package fault

import (
	"errors"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/trust"
	"github.com/licseal/licseal/verify"
)

// Reason is why something was refused or could not be done: a stable word, which
// begins the error line. "" is success.
type Reason = licseal.Reason

// What can go wrong although no licence was refused.
const (
	ReasonFailed Reason = "error" // could not be done: a file, the network, the program itself
	ReasonUsage  Reason = "usage" // the command line is wrong
	ReasonState  Reason = "state" // the state file is damaged
	ReasonTrust  Reason = "trust" // the chain of trust is refused
)

// exits lists the exit codes. A reason that is not listed has exit code 1.
var exits = map[Reason]int{
	"":                        0,
	ReasonUsage:               2,
	licseal.ReasonParse:       3,
	licseal.ReasonSchema:      4,
	licseal.ReasonSignature:   5,
	licseal.ReasonNotYetValid: 6,
	licseal.ReasonExpired:     7,
	licseal.ReasonRevoked:     8,
	licseal.ReasonRequirement: 9,
}

// ExitOf returns the exit code for a reason.
func ExitOf(r Reason) int {
	if code, ok := exits[r]; ok {
		return code
	}
	return 1
}

// ReasonOfExit returns the reason that an exit code stands for, and [ReasonFailed] for
// the code that several share.
func ReasonOfExit(code int) Reason {
	for reason, exit := range exits {
		if exit == code {
			return reason
		}
	}
	return ReasonFailed
}

// reasonOf returns the reason that the type of an error stands for.
func reasonOf(err error) Reason {
	if is[*revoke.Error](err) { // whatever is wrong with it
		return licseal.ReasonRevocationList
	}
	if reason := verify.ReasonOf(err); reason != "" {
		return reason
	}
	switch {
	case is[*licseal.SchemaError](err), is[*licseal.DateError](err), is[*licseal.IDError](err):
		return licseal.ReasonSchema
	case is[*verify.ClockError](err):
		return licseal.ReasonClock
	case is[*state.DamagedError](err):
		return ReasonState
	case is[*trust.Error](err):
		return ReasonTrust
	}
	if own := (interface{ Reason() Reason })(nil); errors.As(err, &own) {
		return own.Reason()
	}
	return ReasonFailed
}

func is[E error](err error) bool {
	var target E
	return errors.As(err, &target)
}

// violationsOf returns a line for each violation that a schema has found, and nil if err
// is another error, or the payload was made for another schema.
func violationsOf(err error) []text.Line {
	var broken *licseal.SchemaError
	if !errors.As(err, &broken) || broken.Foreign {
		return nil
	}
	var lines []text.Line
	for _, v := range broken.Violations {
		lines = append(lines, text.Sprintf("%s", v.String()))
	}
	if broken.Omitted > 0 {
		lines = append(lines, text.Sprintf("and %s", text.Plural(broken.Omitted, "more violation")))
	}
	return lines
}
