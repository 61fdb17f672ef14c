package check

import (
	"bytes"
	"errors"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/licseal/licseal"
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
	j := &judgement{Result: &Result{Name: in.Name, Time: c.options.Verify.Time.UTC(), Signature: SignatureUnreached}, options: &c.options}
	if c.options.Verify.Time.IsZero() {
		j.Time = time.Now().UTC()
	}
	for _, f := range in.Findings {
		j.add(f)
	}
	if len(in.Findings) > 0 {
		j.inside = &in.Findings[0].Position
	}
	lic, text := j.document(in.Data)
	if lic != nil && j.signature(lic, text) {
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
// what looks like one in the text.
func (j *judgement) hide(lic *licseal.License, data []byte) {
	if j.ID = Mask(j.ID); len(j.Findings) == 0 {
		return
	}
	mask := newMasker(data[:min(len(data), MaxBytes)])
	if lic != nil {
		mask = mask.With(lic.Signature)
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
	}
	for i, f := range j.Findings {
		j.Findings[i].Found, j.Findings[i].Remedy = mask.Hide(f.Found), mask.Hide(f.Remedy)
	}
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
		f := broken(CodeVersionInteger, memberPosition(data, "/license/version"), `write "1"; the version is not signed, so --fix does it`, "the version is the number 1; readers of the Admin API's format expect the string \"1\"")
		f.Severity = Warning
		j.add(f)
	}
}

// memberPosition returns where the value of a member stands in a text that is a
// licence document, and the pointer alone where there is no text.
func memberPosition(text []byte, pointer string) licseal.Position {
	decoder := jsontext.NewDecoder(bytes.NewReader(text))
	for {
		token, err := decoder.ReadToken()
		if err != nil {
			return licseal.Position{Pointer: pointer}
		}
		if string(decoder.StackPointer()) == pointer && token.Kind() == '"' { // the name
			value, _ := decoder.ReadValue()
			pos := at(text, int(decoder.InputOffset())-len(value))
			pos.Pointer = pointer
			return pos
		}
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
