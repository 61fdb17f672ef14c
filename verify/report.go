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

// stages is the outcome of each stage that was reached.
type stages struct {
	outcomes [len(order)]struct {
		reached bool
		reason  licseal.Reason
		err     error
	}
	warnings []licseal.Violation // of the fields
}

// pass notes that a stage has nothing against the licence.
func (s *stages) pass(stage int) { s.outcomes[stage].reached = true }

// refuse notes why a stage refuses the licence.
func (s *stages) refuse(stage int, reason licseal.Reason, err error) {
	o := &s.outcomes[stage]
	o.reached, o.reason, o.err = true, reason, err
}

// refuseOnce is refuse, unless the stage has refused the licence already.
func (s *stages) refuseOnce(stage int, reason licseal.Reason, err error) {
	if s.outcomes[stage].reason == "" {
		s.refuse(stage, reason, err)
	}
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
	o := s.outcomes[stage]
	outcome := Outcome{Stage: order[stage], Reason: o.reason, Err: o.err}
	if stage == fields {
		outcome.Warnings = s.warnings
	}
	return outcome
}

// first returns the first refusal: its place in the order, or -1 if there is none.
func (s *stages) first() int {
	for i := range s.outcomes {
		if s.outcomes[i].reason != "" {
			return i
		}
	}
	return -1
}

// Outcomes returns what each stage found that was reached, in the order of
// judgement.
func (s *stages) Outcomes() []Outcome {
	outcomes := make([]Outcome, 0, len(order))
	for i := range s.outcomes {
		if s.outcomes[i].reached {
			outcomes = append(outcomes, s.outcome(i))
		}
	}
	return outcomes
}

// Outcome returns what a stage found, and whether it was reached.
func (s *stages) Outcome(stage Stage) (Outcome, bool) {
	for i := range order {
		if order[i] == stage && s.outcomes[i].reached {
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
	if i := r.first(); i >= 0 {
		return r.outcomes[i].reason
	}
	if !r.verified {
		return licseal.ReasonParse // a zero Report: nothing was judged
	}
	return ""
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
	i := r.first()
	switch {
	case i < 0 && !r.verified:
		return errNothingJudged
	case i < 0:
		return nil
	case !r.verified:
		return r.outcomes[i].err
	}
	return &RefusedError{r.Result(), r.outcomes[i].reason, r.outcomes[i].err}
}
