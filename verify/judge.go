package verify

import (
	"time"

	"github.com/licseal/licseal"
)

// judge judges everything about a document but its signature. It is what a
// [Verifier] and an [UnverifiedJudge] have in common.
type judge struct {
	options Options
	roles   licseal.Roles
}

func (j *judge) init(options *Options) error {
	if options != nil {
		j.options = *options
	}
	if err := j.options.check(); err != nil {
		return err
	}
	j.roles = j.options.roles()
	return nil
}

// rolesOf returns which fields of a payload hold the id and the dates.
func (j *judge) rolesOf(p licseal.Payload) licseal.Roles {
	if each, ok := j.options.Fields.(PayloadRoles); ok {
		return j.options.Roles.Or(each.RolesOf(p))
	}
	return j.roles
}

// parse reads a document into result, and reports whether it is a licence.
func (j *judge) parse(result *Result, s *stages, data []byte) bool {
	lic, err := licseal.Parser{MaxBytes: j.options.MaxBytes}.ParseUnverified(data)
	s.conclude(document, licseal.ReasonParse, err)
	result.License = lic
	return err == nil
}

// dates says why the dates of a payload cannot be read.
type dates struct {
	period error // a date is missing or malformed
	grace  error // so is the grace that the licence grants
}

func (d dates) err() error {
	if d.period != nil {
		return d.period
	}
	return d.grace
}

// readDates reads the dates of a licence, and its state at result.Time.
func (j *judge) readDates(result *Result) (d dates) {
	payload := result.License.Payload
	roles := j.rolesOf(payload)
	p, err := payload.Period(roles, j.options.Location)
	if err != nil {
		return dates{period: err}
	}
	result.Period = p
	granted, err := payload.Grace(roles)
	if err != nil {
		return dates{grace: err}
	}
	result.GraceEnd = graceEnd(p, max(j.options.Grace, granted))
	result.State = stateAt(result.Time, p, result.GraceEnd)
	return dates{}
}

// judgeFields refuses a payload whose fields are wrong, or whose dates cannot be
// read.
func (j *judge) judgeFields(result *Result, s *stages, d dates) {
	s.conclude(period, licseal.ReasonSchema, d.err())
	if j.options.Fields == nil {
		s.pass(fields)
		return
	}
	warnings, err := j.options.Fields.Judge(result.License.Payload)
	s.warnings = warnings
	s.conclude(fields, licseal.ReasonSchema, err)
}

// judgeValidity refuses a licence that is neither valid nor in grace.
func judgeValidity(result *Result, s *stages) {
	switch result.State {
	case NotYetValid:
		s.refuse(validity, licseal.ReasonNotYetValid, stateError(result))
	case Expired:
		s.refuse(validity, licseal.ReasonExpired, stateError(result))
	default:
		s.pass(validity)
	}
}

func stateError(r *Result) error {
	return &StateError{r.State, r.Period, r.GraceEnd, r.Time}
}

// graceEnd returns the instant from which a licence is refused. A licence that
// expires at its creation is never valid, and has no grace either.
func graceEnd(p licseal.Period, grace time.Duration) time.Time {
	if !p.NotBefore.Before(p.NotAfter) {
		return p.NotAfter
	}
	return p.NotAfter.Add(grace)
}

func stateAt(t time.Time, p licseal.Period, graceEnd time.Time) State {
	switch {
	case t.Before(p.NotBefore):
		return NotYetValid
	case t.Before(p.NotAfter):
		return Valid
	case t.Before(graceEnd):
		return InGrace
	}
	return Expired
}
