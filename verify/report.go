package verify

import (
	"github.com/licseal/licseal"
)

// Stage is a part of the judgement, a stable word.
type Stage string

// The stages, in the order of judgement (SPEC.md section 6).
const (
	StageDocument   Stage = "document"   // is it a licence document?
	StageSignature  Stage = "signature"  // did a trusted key sign it, within the dates for which the key is trusted?
	StageRevocation Stage = "revocation" // is the licence or its signing key revoked, and is the list fresh by a clock that is right?
	StageFields     Stage = "fields"     // does Options.Fields accept the payload?
	StagePeriod     Stage = "period"     // can its dates be read?
	StageClock      Stage = "clock"      // is the clock behind an instant known to have passed?
	StageValidity   Stage = "validity"   // is it valid, or in grace, at this instant?
	StageIssuer     Stage = "issuer"     // does the signing key belong to Options.Issuer?
)

// order is the order of judgement.
var order = [...]Stage{
	StageDocument, StageSignature, StageRevocation, StageFields,
	StagePeriod, StageClock, StageValidity, StageIssuer,
}

// Positions in order.
const (
	document = iota
	signature
	revocation
	fields
	period
	clock
	validity
	issuer
)

// Outcome is what one stage found.
type Outcome struct {
	Stage    Stage
	Reason   licseal.Reason      // "" if the stage has nothing against the licence
	Err      error               // why the stage refuses it, nil with an empty Reason
	Warnings []licseal.Violation // what the stage remarks without refusing
}

// stages is what the stages found that were reached. It is small, since a bulk
// verification makes millions.
type stages struct {
	reached  [len(order)]bool
	refusals []refusal           // at most one of each stage
	warnings []licseal.Violation // of the fields
}

// refusal is why a stage refuses the licence.
type refusal struct {
	stage  int
	reason licseal.Reason
	err    error
}

// pass notes that a stage has nothing against the licence.
func (s *stages) pass(stage int) { s.reached[stage] = true }

// refuse notes why a stage refuses the licence, unless it has refused it already.
func (s *stages) refuse(stage int, reason licseal.Reason, err error) {
	if s.refusal(stage).err == nil {
		s.reached[stage] = true
		s.refusals = append(s.refusals, refusal{stage, reason, err})
	}
}

// refusal returns why a stage refuses the licence: the zero refusal if it does not.
func (s *stages) refusal(stage int) refusal {
	for _, r := range s.refusals {
		if r.stage == stage {
			return r
		}
	}
	return refusal{}
}

// conclude notes an error of a stage, or that there is none.
func (s *stages) conclude(stage int, reason licseal.Reason, err error) {
	if err == nil {
		s.pass(stage)
		return
	}
	s.refuse(stage, reason, err)
}

func (s *stages) outcome(stage int) Outcome {
	r := s.refusal(stage)
	outcome := Outcome{Stage: order[stage], Reason: r.reason, Err: r.err}
	if stage == fields {
		outcome.Warnings = s.warnings
	}
	return outcome
}

// first returns the first refusal in the order of judgement, and whether there is one.
func (s *stages) first() (first refusal, refused bool) {
	for _, r := range s.refusals {
		if !refused || r.stage < first.stage {
			first, refused = r, true
		}
	}
	return first, refused
}

// Outcomes returns what each stage found that was reached, in the order of
// judgement.
func (s *stages) Outcomes() []Outcome {
	outcomes := make([]Outcome, 0, len(order))
	for i, reached := range s.reached {
		if reached {
			outcomes = append(outcomes, s.outcome(i))
		}
	}
	return outcomes
}

// Outcome returns what a stage found, and whether it was reached.
func (s *stages) Outcome(stage Stage) (Outcome, bool) {
	for i := range order {
		if order[i] == stage && s.reached[i] {
			return s.outcome(i), true
		}
	}
	return Outcome{}, false
}

// Warnings returns what the judge of the fields remarks without refusing the
// licence.
func (s *stages) Warnings() []licseal.Violation { return s.warnings }

// Report is the judgement of one document. A document that is not a licence, a
// signature that no trusted key made, and a revoked signing key end it. After any
// other refusal the later stages are judged all the same.
//
// Only a [Verifier] makes one. The zero value accepts nothing.
type Report struct {
	stages
	result   Result
	verified bool // the signature is good and nobody took back the key
}

// Result returns what was verified: nil unless the signature is good and its
// key is not revoked. It says nothing about acceptance; see Err.
func (r *Report) Result() *Result {
	if !r.verified {
		return nil
	}
	return &r.result
}

// Reason returns why the licence is refused, or "" if it is accepted.
func (r *Report) Reason() licseal.Reason {
	first, refused := r.first()
	if !refused && !r.verified {
		return licseal.ReasonParse // a zero Report: nothing was judged
	}
	return first.reason
}

// Err returns the first refusal, or nil if the licence is accepted. It is one of
//
//   - [*licseal.ParseError]: it is not a licence document;
//   - [*SignatureError]: no trusted key made this signature, or only one that is
//     not trusted for licences of that date;
//   - [*RevokedError]: the key that made the signature is revoked;
//   - [*RefusedError]: the signature is good, but the licence is refused for
//     the reason that it wraps.
func (r *Report) Err() error {
	first, refused := r.first()
	switch {
	case !refused && !r.verified:
		return errNothingJudged
	case !refused:
		return nil
	case !r.verified:
		return first.err
	}
	return &RefusedError{r.Result(), first.reason, first.err}
}
