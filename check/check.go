package check

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/verify"
)

// Options says how licences are judged. The zero value is refused: who does not
// want signatures to be checked must say so.
type Options struct {
	// Trusted are the keys whose signatures are believed.
	Trusted []licseal.TrustedKey

	// NoSignature leaves the signature out. Every result then says so.
	NoSignature bool

	// Verify has the instant, the grace, the zone and what else verify.License
	// takes. Its Roles are those of the schema.
	Verify verify.Options

	// Schema is what the payload must look like. If nil, Kong's.
	Schema *schema.Schema

	// Policy is what the caller demands beyond that.
	Policy Policy

	// ShowSecrets leaves licence keys and signatures readable in findings.
	ShowSecrets bool
}

// Checker judges licences. Several goroutines may use one at the same time.
type Checker struct {
	options Options
}

// ErrKeysOrNot means that it was not said whether signatures are to be checked:
// either there are trusted keys, or NoSignature is set.
var ErrKeysOrNot = errors.New("give the trusted keys, or say that the signature is not to be checked, and not both")

// New returns a checker. The error is [ErrKeysOrNot], or what
// [verify.License] says of options and keys that cannot be used.
func New(options Options) (*Checker, error) {
	if (len(options.Trusted) > 0) == options.NoSignature {
		return nil, ErrKeysOrNot
	}
	if options.Schema == nil {
		options.Schema = schema.Kong()
	}
	options.Verify.Roles = options.Schema.Roles()
	if options.Verify.Grace < 0 {
		return nil, fmt.Errorf("the grace is negative: %v", options.Verify.Grace)
	}
	if options.NoSignature {
		return &Checker{options}, nil
	}
	// Keys that cannot be used are an error now, not one of every licence.
	var parse *licseal.ParseError
	if _, err := verify.License(nil, options.Trusted, &options.Verify); !errors.As(err, &parse) {
		return nil, err
	}
	return &Checker{options}, nil
}

// SignatureState says what is known of a signature.
type SignatureState string

// The states of a signature.
const (
	SignatureUnreached  SignatureState = "not reached" // there is no licence to have one
	SignatureNotChecked SignatureState = "not checked" // as Options.NoSignature demands
	SignatureGood       SignatureState = "good"
	SignatureBad        SignatureState = "bad"
)

// Result is what was found about one text.
type Result struct {
	Name string    // as given: a file, a variable, a record
	Time time.Time // the instant of judgement, in UTC

	// License is the licence that was judged, and nil if there is none, or
	// none that a trusted key has signed. If Repaired is set, it is what
	// repairs have brought out of the text.
	License  *licseal.License
	Repaired bool

	Signature SignatureState
	Key       *licseal.TrustedKey // whose signature is good, nil otherwise

	// What the fields say that the schema's roles name; "" where there is
	// none. ID is masked unless Options.ShowSecrets is set.
	ID, Customer, Product string

	// State and the instants are set if the dates could be read. A licence
	// is refused from GraceEnd on.
	State verify.State
	licseal.Period
	GraceEnd time.Time

	Findings []Finding // in the order of judgement
}

// OK reports whether there is a licence, and no finding that is an error.
func (r *Result) OK() bool { return r.License != nil && r.Decisive() == nil }

// Decisive returns the error that was judged first, nil if there is none.
func (r *Result) Decisive() *Finding {
	for _, stage := range Stages() {
		for i, f := range r.Findings {
			if f.Stage == stage && f.Severity == Error {
				return &r.Findings[i]
			}
		}
	}
	return nil
}

// Count returns how many findings have that severity.
func (r *Result) Count(severity Severity) int {
	n := 0
	for _, f := range r.Findings {
		if f.Severity == severity {
			n++
		}
	}
	return n
}

// DaysLeft returns how many whole days are left until the licence expires; it
// is negative afterwards. ok is false where the dates could not be read.
func (r *Result) DaysLeft() (days int, ok bool) {
	if r.State == "" {
		return 0, false
	}
	return DaysBetween(r.Time, r.NotAfter), true
}

// Canonical returns the licence that was judged in canonical form, with the
// version as a string, and nil if there is none. What is signed is as it was.
func (r *Result) Canonical() []byte {
	if r.License == nil {
		return nil
	}
	lic := *r.License
	lic.Version = licseal.Version1
	return []byte(lic.String())
}

// judgement is a result in the making.
type judgement struct {
	*Result
	options *Options
	mask    masker
}

// License judges a text that should be a licence.
func (c *Checker) License(name string, data []byte) *Result {
	return c.Installed(Installed{Name: name, Data: data})
}

// Installed judges a licence where it is installed. What was found on the way to
// it is in the result.
func (c *Checker) Installed(in Installed) *Result {
	j := &judgement{&Result{Name: in.Name, Time: c.options.Verify.Time.UTC(), Signature: SignatureUnreached}, &c.options, nil}
	if c.options.Verify.Time.IsZero() {
		j.Time = time.Now().UTC()
	}
	if !c.options.ShowSecrets {
		j.mask = newMasker(in.Data[:min(len(in.Data), MaxBytes)])
	}
	for _, f := range in.Findings {
		j.add(f)
	}
	if lic, text := j.document(in.Data); lic != nil && j.signature(lic, text) {
		j.License = lic
		j.fields()
		j.schema()
		j.dates()
		j.requirements()
		c.compare(j, in.Data)
	}
	return j.Result
}

// compare says whether another licence of a list would be better than the active
// one, which was judged.
func (c *Checker) compare(j *judgement, data []byte) {
	if !slices.ContainsFunc(j.Findings, func(f Finding) bool { return f.Code == CodeAdminList }) {
		return
	}
	object, err := licseal.Parser{MaxBytes: 2 * MaxBytes}.ParsePayload(data)
	if err != nil {
		return
	}
	_, _, findings := c.Choose(records(object))
	for _, f := range findings {
		j.add(f)
	}
}

// add adds a finding, without secrets. A repaired licence was read from no text
// that anybody has, so its lines and columns mean nothing.
func (j *judgement) add(f Finding) {
	if j.Repaired && f.Stage != StageDocument {
		f.Line, f.Column = 0, 0
	}
	f.Found, f.Remedy = j.mask.hide(f.Found), j.mask.hide(f.Remedy)
	j.Findings = append(j.Findings, f)
}

// document reads the licence, or what can be made of a text that is none. It
// returns the text of the licence too.
func (j *judgement) document(data []byte) (*licseal.License, []byte) {
	parser := licseal.Parser{MaxBytes: j.options.Verify.MaxBytes}
	lic, err := parser.ParseUnverified(data)
	var parseErr *licseal.ParseError
	switch {
	case err == nil:
		j.oddities(lic, data)
		return lic, data
	case len(data) > MaxBytes || !errors.As(err, &parseErr):
		j.add(broken(CodeTooLarge, licseal.Position{Line: 1, Column: 1}, remedies[CodeTooLarge], "the text is larger than %d bytes", MaxBytes))
		return nil, nil
	}
	d := diagnose(data, parser, parseErr)
	lic = j.choose(d)
	if lic == nil {
		return nil, nil
	}
	j.oddities(lic, nil)
	j.Repaired = true
	return lic, []byte(lic.String())
}

// oddities reports what is accepted here and may not be elsewhere.
func (j *judgement) oddities(lic *licseal.License, data []byte) {
	if i := bytes.Index(data, []byte("\r\n")); i >= 0 {
		f := broken(CodeCRLF, at(data, i), "save the file with LF line ends, or write it anew: --fix -o FILE", "the lines end in CR LF")
		f.Severity = Warning
		j.add(f)
	}
	if lic.Version == licseal.Version1Integer {
		pos := licseal.Position{Pointer: "/license/version"}
		if data != nil {
			pos = at(data, max(0, bytes.LastIndex(data, []byte(`"version"`))))
			pos.Pointer = "/license/version"
		}
		f := broken(CodeVersionInteger, pos, `write "1"; the version is not signed, so --fix does it`, "the version is the number 1; readers of the Admin API's format expect the string \"1\"")
		f.Severity = Warning
		j.add(f)
	}
}

// choose takes the one licence that a diagnosis has brought out. Where there are
// several, only a good signature can tell which is right.
func (j *judgement) choose(d *diagnosis) *licseal.License {
	found := d.solutions
	if len(found) > 1 && !j.options.NoSignature {
		var signed []solution
		for _, s := range found {
			if j.verified(s.license) {
				signed = append(signed, s)
			}
		}
		if len(signed) > 0 {
			found = signed
		}
	}
	switch len(found) {
	case 0:
		for _, f := range d.failure {
			j.add(f)
		}
		return nil
	case 1:
		for _, f := range found[0].findings {
			j.add(f)
		}
		return found[0].license
	}
	for _, f := range found[0].findings {
		j.add(f)
	}
	remedy := "correct the text by hand, or take the licence from whoever issued it once more"
	if j.options.NoSignature {
		remedy += "; with -t KEYS the signature may tell which is right"
	}
	j.add(broken(CodeAmbiguous, found[0].findings[0].Position, remedy, "the text can be read as %d different licences, so it is not repaired", len(found)))
	return nil
}

// verified reports whether a trusted key has signed a licence.
func (j *judgement) verified(lic *licseal.License) bool {
	_, err := verify.License([]byte(lic.String()), j.options.Trusted, &j.options.Verify)
	var refused *verify.RefusedError
	return err == nil || errors.As(err, &refused)
}

// signature checks the signature, and reports whether the rest may be looked at.
func (j *judgement) signature(lic *licseal.License, text []byte) bool {
	if j.options.NoSignature {
		j.Signature = SignatureNotChecked
		j.add(Finding{CodeSignatureNotChecked, StageSignature, Note, licseal.Position{},
			"the signature was not checked: anyone may have written this licence", "name the trusted keys with -t to have it checked"})
		return true
	}
	result, err := verify.License(text, j.options.Trusted, &j.options.Verify)
	var refused *verify.RefusedError
	if errors.As(err, &refused) {
		result = refused.Result
	}
	if err != nil {
		j.refused(err, text)
	}
	if result == nil {
		return false
	}
	j.Signature, j.Key, j.Time = SignatureGood, &result.Key, result.Time
	return true
}

// refused reports why verify refuses a licence, unless it is for its dates, which
// are judged after its fields.
func (j *judgement) refused(err error, text []byte) {
	var (
		signature *verify.SignatureError
		list      *verify.ListError
		revoked   *verify.RevokedError
		noID      *verify.NoIDError
		clock     *verify.ClockError
		issuer    *verify.IssuerError
		date      *licseal.DateError
		state     *verify.StateError
	)
	f := Finding{Severity: Error, Found: err.Error()}
	switch {
	case errors.As(err, &date), errors.As(err, &state):
		return
	case errors.As(err, &signature):
		j.Signature = SignatureBad
		f.Code, f.Stage, f.Position = CodeSignature, StageSignature, signaturePosition(text, j.Repaired)
		f.Remedy = "take the licence from whoever issued it once more, and see that -t names their keys; what Kong has signed can only be checked with --no-signature"
	case errors.As(err, &revoked):
		f.Code, f.Stage, f.Remedy = CodeRevoked, StageRevocation, "ask whoever issued the licence for another one"
	case errors.As(err, &list):
		f.Code, f.Stage, f.Remedy = CodeRevocationList, StageRevocation, "get a newer revocation list from whoever issued it"
	case errors.As(err, &noID):
		f.Code, f.Stage, f.Position, f.Remedy = CodeNoID, StageSchema, noID.Position, "ask whoever issued the licence for one with an id"
	case errors.As(err, &clock):
		f.Code, f.Stage, f.Remedy = CodeClock, StageDates, "set the clock of this machine"
	case errors.As(err, &issuer):
		f.Code, f.Stage, f.Remedy = CodeIssuer, StageRequirement, "install a licence of that issuer, or change the requirement"
	default:
		f.Code, f.Stage, f.Remedy = CodeRefused, StageRevocation, "ask whoever issued the licence"
	}
	j.add(f)
}

// signaturePosition returns where a signature stands in a text that was parsed.
// It looks as far as is needed for people; nothing is decided by it.
func signaturePosition(text []byte, repaired bool) licseal.Position {
	pos := licseal.Position{Pointer: "/license/signature"}
	if m := signatureMember().FindSubmatchIndex(text); m != nil && !repaired {
		pos = at(text, m[2]-1)
		pos.Pointer = "/license/signature"
	}
	return pos
}

// fields reads what the schema's roles name.
func (j *judgement) fields() {
	roles := j.options.Verify.Roles.WithDefaults()
	text := func(pointer string) string {
		s, _ := j.License.Payload.Text(pointer)
		return s
	}
	j.ID, j.Customer, j.Product = text(roles.ID), text(roles.Customer), text(roles.Product)
	if !j.options.ShowSecrets {
		j.mask = j.mask.with(j.ID).with(j.License.Signature)
		for _, pointer := range keyFields {
			j.mask = j.mask.with(text(pointer))
		}
		j.ID = Mask(j.ID)
	}
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
	if meant := schema.Resembling(j.License.Payload); meant != nil && meant != rules && (rules == schema.Kong() || rules == schema.Entitlement()) {
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

func violation(v schema.Violation) Finding {
	f := Finding{CodeWrongField, StageSchema, Error, v.Position, v.Message, "ask whoever issued the licence for one with this field right"}
	switch {
	case v.UnknownMember:
		f.Code, f.Remedy = CodeUnknownField, "see whether the name is misspelt, or the licence newer than the schema"
	case v.Keyword == "required":
		f.Code, f.Remedy = CodeMissingField, "ask whoever issued the licence for one with this field"
	}
	if found, allowed, ok := strings.Cut(v.Message, "; "); ok && v.Allowed != "" {
		f.Found, f.Remedy = found, allowed+": "+f.Remedy
	}
	if field, ok := strings.CutPrefix(v.Pointer, payloadPointer+"/"); ok && !v.UnknownMember && v.Keyword != "required" {
		f.Found = plain(field) + ": " + f.Found
	}
	return f
}

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
