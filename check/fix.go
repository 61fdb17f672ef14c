package check

import (
	"slices"

	"github.com/licseal/licseal"
)

// Fixed judges the licence that was brought out of a text, and is now in a file of its
// own. What was wrong with the text comes first among the findings, as notes.
func (c *Checker) Fixed(before *Result, name string) *Result {
	after := c.License(name, before.Canonical())
	wrong := slices.DeleteFunc(slices.Clone(before.Findings), func(f Finding) bool {
		return f.Stage != StageSource && !isRepaired(f)
	})
	repaired(wrong)
	for i := range wrong {
		wrong[i].Position = licseal.Position{} // in another file than that of the result
	}
	after.Findings = append(wrong, after.Findings...)
	return after
}

// isRepaired reports whether a finding is about what repairs undo.
func isRepaired(f Finding) bool { return f.Stage == StageDocument || f.Code == CodeSubstituted }

// repaired makes notes of what repairs have undone.
func repaired(findings []Finding) {
	for i, f := range findings {
		if isRepaired(f) {
			findings[i].Severity = Note
		}
	}
}

// NotFixed adds the finding that no licence was brought out of the text.
func (r *Result) NotFixed() {
	found := "the text cannot be repaired without guessing, so nothing was written"
	if r.Signature == SignatureBad {
		repaired(r.Findings)
		found = "no trusted key has signed what the text holds, so nothing was written"
	}
	r.Findings = append(r.Findings, Finding{Code: CodeNotFixed, Stage: StageDocument, Severity: Note, Found: found,
		Remedy: "correct the text by hand, or " + asSent})
}
