package check

import (
	"errors"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/verify"
)

// Options says how licences are judged. Either Trusted or NoSignature must be set.
type Options struct {
	// Trusted are the keys whose signatures are accepted.
	Trusted []licseal.TrustedKey

	// ChainRefused, if not nil, says why the chain of trust from which Trusted come was
	// not followed any further. Every result then has a warning.
	ChainRefused error

	// NoSignature skips the check of the signature. Every result then says so.
	NoSignature bool

	// Verify has the instant, the grace, the zone and the other options of package
	// verify. Its Fields are set to the schema.
	Verify verify.Options

	// Schema is what the payload must look like. If nil, it is the one that goes
	// with the Secret that holds the licence, or Kong's.
	Schema *schema.Schema

	// Policy is what the caller requires beyond that.
	Policy Policy

	// ShowSecrets leaves licence keys and signatures readable in findings.
	ShowSecrets bool
}

// Checker judges licences. Several goroutines may use one at the same time.
type Checker struct {
	options Options
	judge   *judge

	// bySecret judges the licence in a Secret of that name, if the caller named no
	// schema.
	bySecret map[string]*judge
}

// secretSchemas are the built-in schemas of the licences in Secrets of that name.
var secretSchemas = map[string]string{"kong-mesh-license": "kong-mesh"}

// ErrKeysOrNot means that neither trusted keys were given nor NoSignature was set, or
// that both were.
var ErrKeysOrNot = errors.New("give trusted keys, or skip the check of the signature: exactly one of the two")

// New returns a checker. The error is [ErrKeysOrNot], or that of [verify.New].
func New(options Options) (*Checker, error) {
	if (len(options.Trusted) > 0) == options.NoSignature {
		return nil, ErrKeysOrNot
	}
	rules := options.Schema
	if rules == nil {
		rules = schema.Kong()
	}
	j, err := newJudge(options, rules)
	if err != nil {
		return nil, err
	}
	c := &Checker{options: options, judge: j, bySecret: map[string]*judge{}}
	if options.Schema != nil {
		return c, nil
	}
	for secret, name := range secretSchemas {
		rules, err := schema.Builtin(name)
		if err != nil {
			return nil, err
		}
		if c.bySecret[secret], err = newJudge(options, rules); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// now returns the instant of a result for which verify has judged nothing.
func (c *Checker) now() time.Time {
	switch o := c.options.Verify; {
	case !o.At.IsZero():
		return o.At.UTC()
	case o.Clock != nil:
		return o.Clock().UTC()
	}
	return time.Now().UTC()
}

// judgeOf returns the judge of the licences in a Secret, "" for those that are in none.
func (c *Checker) judgeOf(secret string) *judge {
	if j, ok := c.bySecret[secret]; ok {
		return j
	}
	return c.judge
}

// judge judges licences by one schema: with a verifier or, if signatures are not
// checked, without.
type judge struct {
	rules      *schema.Schema
	signed     *verify.Verifier
	unverified *verify.UnverifiedJudge
}

func newJudge(options Options, rules *schema.Schema) (j *judge, err error) {
	j = &judge{rules: rules}
	options.Verify.Fields = rules
	if options.NoSignature {
		j.unverified, err = verify.NewUnverified(&options.Verify)
		return j, err
	}
	j.signed, err = verify.New(options.Trusted, &options.Verify)
	return j, err
}

func (j *judge) roles() licseal.Roles {
	if j.signed == nil {
		return j.unverified.Roles()
	}
	return j.signed.Roles()
}

// isSigned reports whether a trusted key has signed a licence, whatever else is wrong
// with it. It is false if signatures are not checked.
func (j *judge) isSigned(lic *licseal.License) bool {
	if j.signed == nil {
		return false
	}
	outcome, _ := j.signed.Report([]byte(lic.String())).Outcome(verify.StageSignature)
	return outcome.Stage == verify.StageSignature && outcome.Reason == ""
}

// verdict is a report of package verify, verified or not.
type verdict struct {
	license *licseal.License // nil if nothing of it may be used
	key     *licseal.TrustedKey
	time    time.Time // zero if license is nil
	state   verify.State
	licseal.Period
	graceEnd time.Time
	outcomes []verify.Outcome
}

// report judges a licence document.
func (j *judge) report(document []byte) verdict {
	if j.signed == nil {
		r := j.unverified.Report(document)
		return verdict{r.License, nil, r.Time, r.State, r.Period, r.GraceEnd, r.Outcomes()}
	}
	report := j.signed.Report(document)
	v := verdict{outcomes: report.Outcomes()}
	if r := report.Result(); r != nil {
		v.license, v.key, v.time, v.state, v.Period, v.graceEnd = r.License, &r.Key, r.Time, r.State, r.Period, r.GraceEnd
	}
	return v
}
