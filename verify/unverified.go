package verify

import (
	"time"

	"github.com/licseal/licseal"
)

// UnverifiedJudge judges documents whose signature is not checked. Whatever it
// finds, it never accepts one: anyone may have written it. It does not change, and
// several goroutines may use it.
type UnverifiedJudge struct {
	judge
}

// UnverifiedReport is what is wrong with a document whose signature was not
// checked. It has no revocation, clock or issuer stage, since all that it says may
// be forged.
type UnverifiedReport struct {
	stages

	// License is what the document says, unverified; nil if it is not a licence.
	License *licseal.License
	Time    time.Time // the instant of judgement, in UTC
	State   State     // "" if its dates cannot be read

	licseal.Period
	GraceEnd time.Time // NotAfter plus the grace
}

// NewUnverified returns a judge for documents whose signature is not checked.
// options may be nil; those that need a signature, such as Revocations and Issuer,
// have no effect. The error says what makes options unusable.
func NewUnverified(options *Options) (*UnverifiedJudge, error) {
	j := new(UnverifiedJudge)
	if err := j.init(options); err != nil {
		return nil, err
	}
	return j, nil
}

// Roles returns which fields hold the id, the dates and so on.
func (j *UnverifiedJudge) Roles() licseal.Roles { return j.roles }

// Report judges the form, the fields and the dates of a document.
func (j *UnverifiedJudge) Report(data []byte) *UnverifiedReport {
	r := new(UnverifiedReport)
	var result Result
	if !j.parse(&result, &r.stages, data) {
		return r
	}
	result.Time = j.options.now()
	d := j.readDates(&result)
	j.judgeFields(&result, &r.stages, d)
	if d.err() == nil {
		judgeValidity(&result, &r.stages)
	}
	r.License, r.Time, r.State, r.Period, r.GraceEnd = result.License, result.Time, result.State, result.Period, result.GraceEnd
	return r
}

// FirstFault returns what is wrong with the document, and nil if nothing was
// found. Nil does not mean that the licence is accepted.
func (r *UnverifiedReport) FirstFault() error {
	first, _ := r.first()
	return first.err
}
