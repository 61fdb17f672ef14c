package verify

import (
	"slices"
	"time"

	"github.com/licseal/licseal"
)

// Verifier judges licences by the same trusted keys and options. It does not
// change, and several goroutines may use it.
type Verifier struct {
	judge
	trusted []licseal.TrustedKey
}

// New returns a verifier. options may be nil.
//
// The errors are [licseal.ErrNoTrustedKeys], a [*licseal.TrustedKeyError], and
// what makes options unusable, such as a negative grace.
func New(trusted []licseal.TrustedKey, options *Options) (*Verifier, error) {
	v := new(Verifier)
	if err := v.init(slices.Clone(trusted), options); err != nil {
		return nil, err
	}
	return v, nil
}

func (v *Verifier) init(trusted []licseal.TrustedKey, options *Options) error {
	v.trusted = trusted
	if err := v.judge.init(options); err != nil {
		return err
	}
	return licseal.CheckTrusted(trusted)
}

// License judges one licence document: it is [New], [Verifier.Report] and
// [Report.Err] in one. The result is nil if the licence is refused. A program that
// judges more than one licence keeps a Verifier.
func License(data []byte, trusted []licseal.TrustedKey, options *Options) (*Result, error) {
	var v Verifier
	if err := v.init(trusted, options); err != nil {
		return nil, err
	}
	report := v.Report(data)
	if err := report.Err(); err != nil {
		return nil, err
	}
	return report.Result(), nil
}

// Roles returns which fields hold the id, the dates and so on.
func (v *Verifier) Roles() licseal.Roles { return v.roles }

// Freeze returns a verifier that judges all licences at one instant: the one
// that the clock of v says now, or the one given by [Options].At.
func (v *Verifier) Freeze() *Verifier {
	frozen := *v
	now := v.options.now()
	frozen.options.Clock = func() time.Time { return now }
	return &frozen
}

// Report judges a licence document.
func (v *Verifier) Report(data []byte) *Report {
	r := new(Report)
	if !v.parse(&r.result, &r.stages, data) {
		return r
	}
	key, err := v.signer(r.result.License)
	v.judgeSigned(r, key, err, v.options.now())
	return r
}

// Reports judges many documents as [Verifier.Report] does, all at one instant.
// It verifies the signatures key by key, which is faster for a verifier that
// package bulk has made.
func (v *Verifier) Reports(documents [][]byte) []Report {
	reports := make([]Report, len(documents))
	parsed := make([]*Report, 0, len(documents))
	for i := range reports {
		if v.parse(&reports[i].result, &reports[i].stages, documents[i]) {
			parsed = append(parsed, &reports[i])
		}
	}
	now := v.options.now()
	for i, s := range v.signers(parsed) {
		v.judgeSigned(parsed[i], s.key, s.err, now)
	}
	return reports
}

// judgeSigned carries out the order of judgement (SPEC.md section 6) from the
// signature on. It is the only place where that order is written. key is the
// trusted key that made the signature, and err says why there is none.
func (v *Verifier) judgeSigned(r *Report, key *licseal.TrustedKey, err error, now time.Time) {
	result, s := &r.result, &r.stages
	result.Time = now
	dates := v.readDates(result)
	if err == nil {
		key, err = v.entryFor(key, result.Period, dates.period)
	}
	if err != nil {
		s.refuse(signature, licseal.ReasonSignature, err)
		r.result = Result{}
		return
	}
	s.pass(signature)
	result.Key, r.verified = *key, true
	if keyRevoked := v.revocation(result, s, dates.err()); keyRevoked {
		r.result, r.verified = Result{}, false
		return
	}
	v.judgeFields(result, s, dates)
	if s.refusal(revocation).reason != licseal.ReasonClock {
		s.conclude(clock, licseal.ReasonClock, v.options.checkClock(now, result.NotBefore))
	}
	if dates.err() == nil {
		judgeValidity(result, s)
	}
	s.conclude(issuer, licseal.ReasonRequirement, checkIssuer(&result.Key, v.options.Issuer))
}
