package check

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/check/repair"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/verify"
)

// judgement is a result in the making.
type judgement struct {
	*Result
	options *Options

	// inside is where the text stands in another one, such as a dump; nil if it
	// stands by itself.
	inside *licseal.Position
}

// License judges a text that should be a licence.
func (c *Checker) License(name string, data []byte) *Result {
	return c.Installed(Installed{Name: name, Data: data})
}

// Installed judges a licence where it is installed. What was found on the way to
// it is in the result.
func (c *Checker) Installed(in Installed) *Result {
	j := &judgement{Result: &Result{Name: in.Name, Time: c.options.Verify.At.UTC(), Signature: SignatureUnreached}, options: &c.options}
	if c.options.Verify.At.IsZero() {
		j.Time = time.Now().UTC()
	}
	for _, f := range in.Findings {
		j.add(f)
	}
	if len(in.Findings) > 0 {
		j.inside = &in.Findings[0].Position
	}
	lic, document := j.document(in.Data)
	if original := j.substituted(lic); original != nil {
		lic, document = original, []byte(original.String())
	}
	if lic != nil && j.signature(lic, document) {
		j.License = lic
		j.fields()
		j.schema()
		j.dates()
		j.requirements()
		c.compare(j, in.Data)
	}
	if !c.options.ShowSecrets {
		j.hide(lic, in.Data)
	}
	return j.Result
}

// hide masks the secrets in all findings: those of the licence, if there is one, and
// what looks like one in the text. Those of the licence come first, because the text
// may show only the beginning of one.
func (j *judgement) hide(lic *licseal.License, data []byte) {
	if j.ID = Mask(j.ID); len(j.Findings) == 0 {
		return
	}
	var mask text.Masker
	if lic != nil {
		mask = j.licenceSecrets(lic)
	}
	mask = withSecretsOf(data[:min(len(data), MaxBytes)], mask)
	for i, f := range j.Findings {
		j.Findings[i].Found, j.Findings[i].Remedy = mask.Hide(f.Found), mask.Hide(f.Remedy)
	}
}

// licenceSecrets returns the signature, the licence key and the keys that a requirement
// names.
func (j *judgement) licenceSecrets(lic *licseal.License) text.Masker {
	mask := text.Masker{}.With(lic.Signature)
	keys := slices.Concat(keyFields, []string{j.options.Verify.Roles.WithDefaults().ID})
	for _, pointer := range keys {
		key, _ := lic.Payload.Text(pointer)
		mask = mask.With(key)
	}
	for _, r := range j.options.Policy.Require {
		if slices.Contains(keys, r.pointer) {
			for _, key := range r.values {
				mask = mask.With(key)
			}
		}
	}
	return mask
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

// add adds a finding. A repaired licence was read from no text
// that anybody has, so its lines and columns mean nothing. A licence inside of another
// text has the place that its text has there.
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
func (j *judgement) document(data []byte) (*licseal.License, []byte) {
	d := repair.Diagnose(data, licseal.Parser{MaxBytes: j.options.Verify.MaxBytes})
	candidate := j.choose(d)
	if candidate == nil {
		return nil, nil
	}
	lic := candidate.License
	if len(candidate.Faults) == 0 {
		j.oddities(lic, data)
		return lic, data
	}
	j.oddities(lic, nil)
	j.Repaired = true
	return lic, []byte(lic.String())
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

// memberPosition returns where the value of a member stands in a text that is a
// licence document, and the pointer alone where there is no text.
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

// choose returns the one licence that a diagnosis has found. If it has found several, or
// had to guess, only a good signature can decide.
func (j *judgement) choose(d *repair.Diagnosis) *repair.Candidate {
	found := slices.DeleteFunc(slices.Clone(d.Candidates), func(c repair.Candidate) bool { return c.Guessed })
	if (len(d.Candidates) > 1 || len(found) == 0) && !j.options.NoSignature {
		var signed []repair.Candidate
		for _, c := range d.Candidates {
			if j.verified(c.License) {
				signed = append(signed, c)
			}
		}
		if len(signed) > 0 {
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
	remedy := "correct the text by hand, or take the licence from whoever issued it once more"
	if j.options.NoSignature {
		remedy += "; with -t KEYS the signature may show which is right"
	}
	j.add(Finding{CodeAmbiguous, StageDocument, Error, faults[0].Position,
		fmt.Sprintf("the text can be read as %d different licences, so it is not repaired", len(found)), remedy})
	return nil
}

// substituted returns the licence as it was before a program changed characters in its
// values, if its signature is good then, and nil otherwise.
func (j *judgement) substituted(lic *licseal.License) *licseal.License {
	if lic == nil || j.options.NoSignature || j.verified(lic) {
		return nil
	}
	for c := range repair.Substitutions(lic) {
		if !j.verified(c.License) {
			continue
		}
		for _, f := range c.Faults {
			j.add(fromFault(f))
		}
		j.Repaired = true
		return c.License
	}
	return nil
}

// verified reports whether a trusted key has signed a licence.
func (j *judgement) verified(lic *licseal.License) bool {
	_, err := verify.License([]byte(lic.String()), j.options.Trusted, &j.options.Verify)
	var refused *verify.RefusedError
	return err == nil || errors.As(err, &refused)
}
