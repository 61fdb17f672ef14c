package check

import (
	"errors"
	"fmt"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/verify"
)

// dates judges the dates.
func (j *judgement) dates() {
	p := j.License.Payload
	period, err := p.Period(j.options.Verify.Roles, j.options.Verify.Location)
	if err != nil {
		j.dateError(err)
		return
	}
	granted, err := p.Grace(j.options.Verify.Roles)
	if err != nil {
		j.dateError(err)
		return
	}
	j.Period, j.GraceEnd = period, period.NotAfter
	if period.NotBefore.Before(period.NotAfter) {
		j.GraceEnd = period.NotAfter.Add(max(j.options.Verify.Grace, granted))
	}
	j.State = stateAt(j.Time, period, j.GraceEnd)
	roles := j.options.Verify.Roles.WithDefaults()
	begins, ends := j.dateWords(roles.NotBefore, period.NotBefore), j.dateWords(roles.NotAfter, period.NotAfter)
	expiry := p.Position(roles.NotAfter)
	switch {
	case !period.NotBefore.Before(period.NotAfter):
		j.add(Finding{CodeNeverValid, StageDates, Error, expiry, ends + ", the instant at which the licence begins, so it is never valid", "ask whoever issued it for one with a later expiration date"})
	case j.State == verify.NotYetValid:
		j.add(Finding{CodeNotYetValid, StageDates, Error, p.Position(roles.NotBefore), fmt.Sprintf("%s, in %s; it is %s", begins, daysText(DaysBetween(j.Time, period.NotBefore)), Instant(j.Time)), "wait until then, or set the clock if it is wrong"})
	case j.State == verify.InGrace:
		j.add(Finding{CodeInGrace, StageDates, Warning, expiry, fmt.Sprintf("%s, %s ago; the grace ends at %s", ends, daysText(DaysBetween(period.NotAfter, j.Time)), Instant(j.GraceEnd)), "install a renewed licence before the grace ends"})
	case j.State == verify.Expired:
		j.add(Finding{CodeExpired, StageDates, Error, expiry, fmt.Sprintf("%s, %s ago%s", ends, daysText(DaysBetween(period.NotAfter, j.Time)), j.graceWords()), "install a renewed licence"})
	}
}

func (j *judgement) graceWords() string {
	if j.GraceEnd.Equal(j.NotAfter) {
		return ""
	}
	return fmt.Sprintf(", and the grace ended at %s", Instant(j.GraceEnd))
}

// dateWords says what a date in the licence means.
func (j *judgement) dateWords(pointer string, t time.Time) string {
	text, _ := j.License.Payload.Text(pointer)
	if text == Instant(t) {
		return fmt.Sprintf("%s is %s", plain(pointer[1:]), text)
	}
	return fmt.Sprintf("%s %q is %s", plain(pointer[1:]), text, Instant(t))
}

// dateError reports dates that cannot be read, unless the schema has said so.
func (j *judgement) dateError(err error) {
	f := Finding{CodeDate, StageSchema, Error, licseal.Position{}, err.Error(), "ask whoever issued the licence for one with this date right"}
	var date *licseal.DateError
	if errors.As(err, &date) {
		f.Position, f.Found = date.Position, date.Detail
	}
	for _, other := range j.Findings {
		if other.Stage == StageSchema && other.Pointer == f.Pointer && other.Severity == Error {
			return
		}
	}
	j.add(f)
}

// stateAt says what the clock says, as verify does.
func stateAt(t time.Time, p licseal.Period, graceEnd time.Time) verify.State {
	switch {
	case t.Before(p.NotBefore):
		return verify.NotYetValid
	case t.Before(p.NotAfter):
		return verify.Valid
	case t.Before(graceEnd):
		return verify.InGrace
	}
	return verify.Expired
}

// requirements judges what the caller demands.
func (j *judgement) requirements() {
	j.remaining()
	for _, r := range j.options.Policy.Require {
		if unmet := r.unmet(j.License.Payload, j.options.Verify.Location); unmet != "" {
			j.add(Finding{CodeRequirement, StageRequirement, Error, j.License.Payload.Position(r.pointer),
				fmt.Sprintf("%s, and %s is required", unmet, plain(r.text)), "ask whoever issued the licence for one that has it, or change the requirement"})
		}
	}
}

// remaining judges how much time is left. It says nothing of a licence that is
// not valid: that is an error already.
func (j *judgement) remaining() {
	if j.State != verify.Valid && j.State != verify.InGrace {
		return
	}
	policy := j.options.Policy
	left := j.GraceEnd.Sub(j.Time)
	severity, wanted := Severity(""), time.Duration(0)
	switch {
	case policy.minRemaining() > 0 && left < policy.minRemaining():
		severity, wanted = Error, policy.minRemaining()
	case policy.warnRemaining() > 0 && left < policy.warnRemaining():
		severity, wanted = Warning, policy.warnRemaining()
	default:
		return
	}
	roles := j.options.Verify.Roles.WithDefaults()
	what := j.dateWords(roles.NotAfter, j.NotAfter)
	if !j.GraceEnd.Equal(j.NotAfter) {
		what += fmt.Sprintf(", with grace %s", Instant(j.GraceEnd))
	}
	j.add(Finding{CodeExpiresSoon, StageRequirement, severity, j.License.Payload.Position(roles.NotAfter),
		fmt.Sprintf("%s: %s left, and %s are wanted", what, daysText(DaysBetween(j.Time, j.GraceEnd)), lengthText(wanted)), "renew the licence"})
}

func lengthText(d time.Duration) string {
	if d%day == 0 {
		return daysText(int(d / day))
	}
	return d.String()
}
