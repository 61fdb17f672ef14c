package check

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/check/repair"
	"github.com/licseal/licseal/verify"
)

// judgement is a result in the making.
type judgement struct {
	*Result
	options *Options
	judge   *judge

	// inside is the place of the text in another one, such as a dump; nil if it
	// is a text of its own.
	inside *licseal.Position

	// padded is set if dates without leading zeros were padded before the licence was
	// judged, so that places in what was judged are not those in the text.
	padded bool
}

// License judges a text that should be a licence.
func (c *Checker) License(name string, data []byte) *Result {
	return c.Installed(Installed{Name: name, Data: data})
}

// Installed judges a licence where it is installed. What was found on the way to
// it is in the result.
func (c *Checker) Installed(in Installed) *Result {
	j := &judgement{Result: &Result{Name: in.Name, Time: c.now(), Signature: SignatureUnreached}, options: &c.options, judge: c.judgeOf(in.secret)}
	for _, f := range in.Findings {
		j.add(f)
	}
	if len(in.Findings) > 0 {
		j.inside = &in.Findings[0].Position
	}
	if len(in.Data) == 0 && j.Decisive() != nil {
		return j.Result // what was found says why there is no text
	}
	lic, document := j.document(c, in)
	if lic != nil {
		j.report(lic, document)
	}
	if j.License != nil {
		j.requirements()
		c.compare(j, in.Data)
	}
	if !c.options.ShowSecrets {
		j.hide(lic, in.Data)
	}
	return j.Result
}

// compare reports whether another licence of a list would be better than the active
// one, which was judged.
func (c *Checker) compare(j *judgement, data []byte) {
	if !slices.ContainsFunc(j.Findings, func(f Finding) bool { return f.Code == CodeAdminList }) {
		return
	}
	_, _, findings := c.Choose(installed(repair.Records(data)))
	for _, f := range findings {
		j.add(f)
	}
}

// add adds a finding. A repaired licence was read from a text that nobody has, so its
// lines and columns mean nothing. A licence inside another text has the place that
// its text has there.
func (j *judgement) add(f Finding) {
	switch {
	case j.inside != nil && f.Line > 0:
		f.Line, f.Column = j.inside.Line, j.inside.Column
	case j.Repaired && f.Stage != StageDocument:
		f.Line, f.Column = 0, 0
	}
	j.Findings = append(j.Findings, f)
}

// document reads the licence, or the licence that repairs bring out of the text. It
// returns the text of the licence too.
func (j *judgement) document(c *Checker, in Installed) (*licseal.License, []byte) {
	candidate := j.choose(repair.Diagnose(in.Data, licseal.Parser{MaxBytes: j.options.Verify.MaxBytes}))
	if candidate == nil {
		return nil, nil
	}
	if secret := secretOf(candidate.Faults); secret != "" {
		j.judge = c.judgeOf(secret)
	}
	if original := j.substituted(candidate.License); original != nil {
		candidate = original
	}
	if len(candidate.Faults) == 0 {
		j.oddities(candidate.License, in.Data)
		return candidate.License, in.Data
	}
	j.oddities(candidate.License, nil)
	j.Repaired = true
	return candidate.License, []byte(candidate.License.String())
}

// oddities reports what licseal accepts and other programs may not.
func (j *judgement) oddities(lic *licseal.License, data []byte) {
	if i := bytes.Index(data, []byte("\r\n")); i >= 0 {
		j.add(Finding{CodeCRLF, StageDocument, Warning, positionAt(data, i), "the lines end in CR LF", "save the file with LF line ends, or rewrite it: --fix -o FILE"})
	}
	if lic.Version == licseal.Version1Integer {
		j.add(Finding{CodeVersionInteger, StageDocument, Note, memberPosition(data, "/license/version"),
			`the version is the integer 1, and not the string "1"; both are right`, "keep it; Kong Mesh reads only the integer, and the version is not signed"})
	}
}

// memberPosition returns the place of a member's value in a licence document, and
// only the pointer if there is no text.
func memberPosition(document []byte, pointer string) licseal.Position {
	decoder := jsontext.NewDecoder(bytes.NewReader(document))
	for {
		token, err := decoder.ReadToken()
		if err != nil {
			return licseal.Position{Pointer: pointer}
		}
		if string(decoder.StackPointer()) == pointer && token.Kind() == '"' { // the name
			value, _ := decoder.ReadValue()
			pos := positionAt(document, int(decoder.InputOffset())-len(value))
			pos.Pointer = pointer
			return pos
		}
	}
}

// choose returns the one licence that a diagnosis has found, and reports the faults on
// the way to it. If there are several, or something had to be guessed, only a good
// signature can decide.
func (j *judgement) choose(d *repair.Diagnosis) *repair.Candidate {
	found := slices.DeleteFunc(slices.Clone(d.Candidates), func(c repair.Candidate) bool { return c.Guessed })
	if len(found) != 1 || len(d.Candidates) != 1 {
		isSigned := func(c repair.Candidate) bool { return j.judge.isSigned(c.License) }
		if signed := slices.DeleteFunc(slices.Clone(d.Candidates), func(c repair.Candidate) bool { return !isSigned(c) }); len(signed) > 0 {
			found = signed
		}
	}
	faults := d.Failure
	if len(found) > 0 {
		faults = found[0].Faults
	}
	for _, f := range faults {
		j.add(fromFault(f))
	}
	switch len(found) {
	case 0:
		return nil
	case 1:
		return &found[0]
	}
	j.add(j.ambiguous(found))
	return nil
}

// ambiguous returns the finding about a text with several licences: different ones in
// several places, or different readings of one.
func (j *judgement) ambiguous(found []repair.Candidate) Finding {
	f := Finding{CodeAmbiguous, StageDocument, Error, found[0].Faults[0].Position,
		fmt.Sprintf("the text can be read as %d different licences, so it is not repaired", len(found)), "correct the text by hand, or " + asSent}
	var places []string
	for _, c := range found {
		if place := (Finding{Position: c.Faults[0].Position}).Place(); !slices.Contains(places, place) {
			places = append(places, place)
		}
	}
	if len(places) > 1 {
		f.Found = fmt.Sprintf("the text holds %d different licences, at %s", len(found), strings.Join(places, ", "))
		f.Remedy = "use only one of them"
	}
	if j.options.NoSignature {
		f.Remedy += "; with -t KEYS the signature may show which is right"
	}
	return f
}

// substituted returns the licence as it was before a program changed characters in its
// values, if its signature is good then, and nil otherwise.
func (j *judgement) substituted(lic *licseal.License) *repair.Candidate {
	if j.options.NoSignature || j.judge.isSigned(lic) {
		return nil
	}
	for c := range repair.Substitutions(lic) {
		if !j.judge.isSigned(c.License) {
			continue
		}
		for _, f := range c.Faults {
			j.add(fromFault(f))
		}
		return &c
	}
	return nil
}

// report takes over what verify says of a licence: what it verified, and a finding for
// each stage that has something against it.
func (j *judgement) report(lic *licseal.License, document []byte) {
	if j.options.NoSignature {
		j.Signature = SignatureNotChecked
		j.add(Finding{CodeSignatureNotChecked, StageSignature, Note, licseal.Position{},
			"the signature was not checked: anyone may have written this licence", "name the trusted keys with -t to have it checked"})
		document = j.padDates(lic, document)
	}
	if err := j.options.ChainRefused; err != nil {
		j.add(Finding{CodeTrustChain, StageSignature, Warning, licseal.Position{},
			"the chain of trust was not followed: " + plain(err.Error()), "get the whole chain from its issuer; 'licseal trust check' says what is wrong with it"})
	}
	v := j.judge.report(document)
	if j.License = v.license; v.license != nil {
		j.Time, j.State, j.Period, j.GraceEnd, j.Key = v.time, v.state, v.Period, v.graceEnd, v.key
		j.readRoles()
	}
	switch {
	case v.key != nil:
		j.Signature = SignatureGood
	case !j.options.NoSignature:
		j.Signature = SignatureBad
	}
	if j.padded {
		j.License = lic
	}
	for _, o := range v.outcomes {
		j.outcome(o, document)
	}
	if j.Signature == SignatureBad {
		j.standIns(lic)
	}
}

// standIns notes why a signature is bad: a value was masked or never filled in.
func (j *judgement) standIns(lic *licseal.License) {
	for _, f := range repair.StandIns(lic) {
		note := fromFault(f)
		note.Severity = Note
		j.add(note)
	}
}

// readRoles reads the fields that the schema's roles name.
func (j *judgement) readRoles() {
	roles := j.judge.roles()
	text := func(pointer string) string {
		s, _ := j.License.Payload.Text(pointer)
		return s
	}
	j.ID, j.Customer, j.Product = text(roles.ID), text(roles.Customer), text(roles.Product)
}

// outcome puts what a stage found into words.
func (j *judgement) outcome(o verify.Outcome, document []byte) {
	switch o.Stage {
	case verify.StageFields:
		j.fields(o)
		j.oddTexts()
	case verify.StagePeriod:
		j.period(o.Err)
	case verify.StageValidity:
		j.validity()
	default:
		if o.Err != nil {
			j.refusal(o, document)
		}
	}
}
