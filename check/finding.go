package check

import (
	"fmt"

	"github.com/licseal/licseal"
)

// Severity says how much a finding matters.
type Severity string

// The severities, the lightest first.
const (
	Note    Severity = "note"    // worth knowing
	Warning Severity = "warning" // holds today, and needs attention
	Error   Severity = "error"   // the licence will not hold, or a requirement is not met
)

// Stage is the part of the judgement that a finding belongs to.
type Stage string

// The stages in the order of judgement. Where several have errors, the first
// one decides what a program ends with.
const (
	StageSource      Stage = "source"      // finding and reading the text
	StageDocument    Stage = "document"    // is it a licence document?
	StageSignature   Stage = "signature"   // did a trusted key sign it?
	StageRevocation  Stage = "revocation"  // was it, or its key, revoked?
	StageSchema      Stage = "schema"      // do its fields match the schema?
	StageDates       Stage = "dates"       // is it valid now?
	StageRequirement Stage = "requirement" // does it meet the caller's requirements?
)

// Stages lists all stages in the order of judgement.
func Stages() []Stage {
	return []Stage{StageSource, StageDocument, StageSignature, StageRevocation, StageSchema, StageDates, StageRequirement}
}

// Finding is one thing that was found.
type Finding struct {
	Code     Code
	Stage    Stage
	Severity Severity

	// Position is the place in the text. Line is 0 if there is no such place: a
	// missing file, a licence that a repair brought out.
	licseal.Position

	// Found is what was found, Remedy what to do about it.
	Found, Remedy string
}

// String returns severity, code, place, what was found and what to do, on one line.
func (f Finding) String() string {
	place := f.Place()
	if place != "" {
		place += ": "
	}
	return fmt.Sprintf("%s: %s: %s%s; %s", f.Severity, f.Code, place, f.Found, f.Remedy)
}

// Place returns the position as text, "" if there is none.
func (f Finding) Place() string {
	switch {
	case f.Line > 0:
		return f.Position.String()
	case f.Pointer != "":
		return plain(f.Pointer)
	}
	return ""
}
