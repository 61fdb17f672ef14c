package main

import (
	"slices"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/internal/checkreport"
)

// fix writes what repairs have brought out of a text, and checks that.
func (p *preflight) fix() error {
	name, err := oneFile(p.c)
	if err != nil {
		return err
	}
	if err := p.begin(nil, nil); err != nil {
		return err
	}
	data, err := readFile(name, check.MaxBytes)
	if err != nil && check.HoldsLicence(name) {
		return p.entry(checkreport.Entry{Result: p.licenceAsName()}, true)
	}
	before := p.result(name, data, err)
	fixed := before.Canonical()
	if fixed == nil {
		return p.unfixed(name, before)
	}
	out := p.c.String("o")
	if err := writeResult(p.c, string(fixed)); err != nil {
		return err
	}
	after := p.checker.License(displayName(out), fixed)
	if out == "-" {
		after.Name = "standard output"
	}
	before.Findings = slices.DeleteFunc(before.Findings, func(f check.Finding) bool { return f.Stage != check.StageDocument && f.Stage != check.StageSource })
	mend(before)
	for i := range before.Findings {
		before.Findings[i].Position = licseal.Position{} // in another file than the one reported
	}
	after.Findings = append(before.Findings, after.Findings...)
	return p.entry(checkreport.Entry{Result: after, Path: pathOf(out), Fixed: out}, true)
}

// mend takes what repairs have mended for no error any more.
func mend(r *check.Result) {
	for i, f := range r.Findings {
		if f.Stage == check.StageDocument {
			r.Findings[i].Severity = check.Note
		}
	}
}

// unfixed says that nothing was written.
func (p *preflight) unfixed(name string, r *check.Result) error {
	remedy := "correct the text by hand, or take the licence from whoever issued it once more"
	found := "the text cannot be repaired without guessing, so nothing was written"
	if r.Signature == check.SignatureBad {
		mend(r)
		found = "no trusted key has signed what the text holds, so nothing was written"
	}
	r.Findings = append(r.Findings, check.Finding{Code: check.CodeNotFixed, Stage: check.StageDocument, Severity: check.Note, Found: found, Remedy: remedy})
	return p.entry(checkreport.Entry{Result: r, Path: pathOf(name)}, true)
}
