package check

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/verify"
)

// refusal adds a finding for the refusal of a stage whose reasons have one code each.
func (j *judgement) refusal(o verify.Outcome, document []byte) {
	var (
		revoked *verify.RevokedError
		noID    *verify.NoIDError
	)
	f := Finding{Severity: Error, Found: o.Err.Error()}
	switch {
	case o.Stage == verify.StageSignature:
		f.Code, f.Stage, f.Position = CodeSignature, StageSignature, memberPosition(document, "/license/signature")
		f.Remedy = asSent + ", and check that -t names the vendor's keys; for licences signed by Kong, use --no-signature"
	case errors.As(o.Err, &revoked):
		f.Code, f.Stage, f.Remedy = CodeRevoked, StageRevocation, "ask whoever issued the licence for a new one"
	case errors.As(o.Err, &noID):
		f.Code, f.Stage, f.Position, f.Remedy = CodeNoID, StageSchema, noID.Position, "ask whoever issued the licence for one with an id"
	case o.Reason == licseal.ReasonRevocationList:
		f.Code, f.Stage, f.Remedy = CodeRevocationList, StageRevocation, "get a newer revocation list from whoever issued it"
	case o.Reason == licseal.ReasonClock:
		f.Code, f.Stage, f.Remedy = CodeClock, StageDates, "set the clock of this machine"
	case o.Stage == verify.StageIssuer:
		f.Code, f.Stage, f.Remedy = CodeIssuer, StageRequirement, "install a licence of that issuer, or change the requirement"
	default:
		f.Code, f.Stage, f.Remedy = CodeRefused, StageRevocation, "ask whoever issued the licence"
	}
	j.add(f)
}

// ask returns the remedy for a faulty licence: a request for another one. If its signature
// was not checked, it may have been changed since it was issued.
func (j *judgement) ask(what string) string {
	if j.options.NoSignature {
		return "compare it with what the vendor sent; if it is the same, ask for " + what
	}
	return "ask whoever issued the licence for " + what
}

// fields adds a finding for each violation of the schema, an error or a warning.
func (j *judgement) fields(o verify.Outcome) {
	var broken *schema.Error
	if o.Err != nil && !errors.As(o.Err, &broken) {
		j.add(Finding{CodeSchema, StageSchema, Error, licseal.Position{}, o.Err.Error(), "simplify the schema"})
		return
	}
	var findings []Finding
	for _, v := range o.Warnings {
		f := j.violation(v)
		f.Severity = Warning
		findings = append(findings, f)
	}
	omitted := 0
	if broken != nil {
		omitted = broken.Omitted
		for _, v := range broken.Violations {
			findings = append(findings, j.violation(v))
		}
	}
	if len(findings) == 0 {
		return
	}
	if meant := j.judge.rules.Instead(j.License.Payload); meant != nil {
		severity := Error
		if broken == nil {
			severity = Warning
		}
		j.add(Finding{CodeOtherSchema, StageSchema, severity, j.position(""),
			fmt.Sprintf("the fields are those of the schema %s, and not of %s", meant.Name(), j.judge.rules.Name()), "check it with --schema " + meant.Name()})
		return
	}
	if broken != nil && broken.Foreign {
		j.add(Finding{CodeOtherSchema, StageSchema, Error, j.position(""), broken.Error(), "name the schema of this product: --schema FILE"})
		return
	}
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	for _, f := range findings {
		j.add(j.moved(f))
	}
	if omitted > 0 {
		j.add(Finding{CodeMoreSchema, StageSchema, Error, licseal.Position{}, plural(omitted, "more violation") + " not listed", "fix those above first"})
	}
}

// oddTexts warns of an id that nobody could type, and of texts with characters that mislead
// readers.
func (j *judgement) oddTexts() {
	var odd *licseal.IDError
	roles := j.judge.roles()
	if errors.As(j.License.Payload.CheckID(roles), &odd) {
		j.add(Finding{CodeOddID, StageSchema, Warning, j.position(roles.ID), odd.Detail, j.ask("one with another id")})
	}
	for _, v := range edit.Warnings(j.License.Payload, roles) {
		if field := strings.TrimPrefix(v.Pointer, payloadPointer); odd == nil || field != roles.ID {
			j.add(Finding{CodeOddText, StageSchema, Warning, v.Position, plain(strings.TrimPrefix(field, "/")) + ": " + v.Message, "check that this is intended"})
		}
	}
}

// payloadPointer is the place of the payload in a licence document.
const payloadPointer = "/license/payload"

func (j *judgement) violation(v licseal.Violation) Finding {
	f := Finding{CodeWrongField, StageSchema, Error, v.Position, v.Message, j.ask("one with this field right")}
	switch {
	case v.UnknownMember:
		f.Code, f.Remedy = CodeUnknownField, "check the spelling of the name; the licence may also be newer than the schema"
	case v.Keyword == "required":
		f.Code, f.Remedy = CodeMissingField, j.ask("one with this field")
	}
	if found, allowed, ok := strings.Cut(v.Message, "; "); ok && v.Allowed != "" && v.DidYouMean == "" {
		f.Found, f.Remedy = found, allowed+": "+f.Remedy
	}
	if field, ok := strings.CutPrefix(v.Pointer, payloadPointer+"/"); ok && !v.UnknownMember && v.Keyword != "required" {
		f.Found = plain(field) + ": " + f.Found
	}
	return f
}

// period adds a finding for a date that cannot be read, unless the schema has reported it.
func (j *judgement) period(err error) {
	if err == nil {
		return
	}
	f := Finding{CodeDate, StageSchema, Error, licseal.Position{}, err.Error(), j.ask("one with this date right")}
	var date *licseal.DateError
	if errors.As(err, &date) {
		f.Position, f.Found = date.Position, date.Detail
	}
	f = j.moved(f)
	for _, other := range j.Findings {
		if other.Stage == StageSchema && (other.Pointer == f.Pointer || other.Code == CodeOtherSchema) && other.Severity == Error {
			return
		}
	}
	j.add(f)
}

// validity adds a finding unless the licence is valid at the instant of judgement.
func (j *judgement) validity() {
	roles := j.judge.roles()
	begins, ends := j.dateWords(roles.NotBefore, j.NotBefore), j.dateWords(roles.NotAfter, j.NotAfter)
	expiry := j.position(roles.NotAfter)
	switch {
	case !j.NotBefore.Before(j.NotAfter):
		j.add(Finding{CodeNeverValid, StageDates, Error, expiry, ends + ", the instant at which the licence begins, so it is never valid", j.ask("one with a later expiration date")})
	case j.State == verify.NotYetValid:
		j.add(Finding{CodeNotYetValid, StageDates, Error, j.position(roles.NotBefore), fmt.Sprintf("%s, in %s; it is %s", begins, daysText(DaysBetween(j.Time, j.NotBefore)), Instant(j.Time)), "wait until then, or set the clock if it is wrong"})
	case j.State == verify.InGrace:
		j.add(Finding{CodeInGrace, StageDates, Warning, expiry, fmt.Sprintf("%s, %s ago; the grace ends at %s", ends, daysText(DaysBetween(j.NotAfter, j.Time)), Instant(j.GraceEnd)), "install a renewed licence before the grace ends"})
	case j.State == verify.Expired:
		j.add(Finding{CodeExpired, StageDates, Error, expiry, fmt.Sprintf("%s, %s ago%s", ends, daysText(DaysBetween(j.NotAfter, j.Time)), j.graceWords()), "install a renewed licence"})
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

// requirements judges what the policy requires. It is the last stage.
func (j *judgement) requirements() {
	j.remaining()
	for _, r := range j.options.Policy.Require {
		if unmet := r.unmet(j.License.Payload, j.options.Verify.Location); unmet != "" {
			j.add(Finding{CodeRequirement, StageRequirement, Error, j.position(r.pointer),
				fmt.Sprintf("%s, and %s is required", unmet, plain(r.text)), j.ask("one that has it") + ", or change the requirement"})
		}
	}
}

// remaining judges how much time is left, unless the licence is not valid, which has
// been reported already.
func (j *judgement) remaining() {
	if j.State != verify.Valid && j.State != verify.InGrace {
		return
	}
	length := j.NotAfter.Sub(j.NotBefore)
	required, wished := j.options.Policy.minRemaining(length), j.options.Policy.warnRemaining(length)
	left := j.GraceEnd.Sub(j.Time)
	var severity Severity
	var wanted time.Duration
	switch {
	case left < required:
		severity, wanted = Error, required
	case left < wished:
		severity, wanted = Warning, wished
	default:
		return
	}
	roles := j.judge.roles()
	what := j.dateWords(roles.NotAfter, j.NotAfter)
	if !j.GraceEnd.Equal(j.NotAfter) {
		what += fmt.Sprintf(", with grace %s", Instant(j.GraceEnd))
	}
	j.add(Finding{CodeExpiresSoon, StageRequirement, severity, j.position(roles.NotAfter),
		fmt.Sprintf("%s: %s left; at least %s are required", what, daysText(DaysBetween(j.Time, j.GraceEnd)), lengthText(wanted)), "renew the licence"})
}

func lengthText(d time.Duration) string {
	if d%day == 0 {
		return daysText(int(d / day))
	}
	return d.String()
}
