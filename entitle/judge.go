package entitle

import (
	"errors"
	"fmt"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/entitlement"
	"github.com/licseal/licseal/verify"
)

// fields judges the payload of an entitlement licence. It has the verdicts of the
// built-in schema of package schema.
type fields struct{}

// Roles implements [verify.Fields].
func (fields) Roles() licseal.Roles { return entitlement.Roles }

// Judge implements [verify.Fields]. The refusal is a [*FieldError].
func (fields) Judge(p licseal.Payload) (warnings []licseal.Violation, refusal error) {
	_, warnings, refusals := entitlement.Read(p)
	if len(refusals) > 0 {
		return warnings, &FieldError{refusals}
	}
	return warnings, nil
}

// judges returns the verifier of the trusted keys and the revocation list in use. The
// caller has locked g.loading.
func (g *Guard) judges() (*verify.Verifier, error) {
	if g.verifier != nil {
		return g.verifier, nil
	}
	v, err := verify.New(g.trusted, &verify.Options{
		Clock:  func() time.Time { return timeOf(g.now()) },
		Fields: fields{}, Issuer: g.opts.Issuer,
		Revocations: g.revocations.list, MaxListAge: g.opts.MaxListAge,
	})
	if err != nil {
		return nil, fmt.Errorf("judging the licence: %w", err)
	}
	g.verifier = v
	return v, nil
}

// judge verifies a licence document. A licence that is expired, not yet valid or
// revoked by its id can be in use, and is no error: its state says so. The caller has
// locked g.loading.
func (g *Guard) judge(data []byte) (*license, *verify.Report, error) {
	v, err := g.judges()
	if err != nil {
		return nil, nil, err
	}
	report := v.Report(data)
	if !canBeInUse(report) {
		return nil, report, report.Err()
	}
	return read(report.Result(), report.Reason() == licseal.ReasonRevoked), report, nil
}

// canBeInUse reports whether a licence has nothing against it that the guard does
// not judge on every call.
func canBeInUse(report *verify.Report) bool {
	for _, outcome := range report.Outcomes() {
		switch outcome.Reason {
		case "", licseal.ReasonRevoked, licseal.ReasonNotYetValid, licseal.ReasonExpired:
		default:
			return false
		}
	}
	return report.Result() != nil
}

// isDisowned reports whether nobody who is trusted vouches for a licence any longer: its
// signature or its signer is refused, or the chain of trust trusts no key.
func (g *Guard) isDisowned(report *verify.Report, err error) bool {
	if report == nil {
		return g.chain.Load() != nil && errors.Is(err, licseal.ErrNoTrustedKeys)
	}
	for _, outcome := range report.Outcomes() {
		switch outcome.Reason {
		case licseal.ReasonSignature, licseal.ReasonRevoked, licseal.ReasonRequirement:
			return true
		}
	}
	return false
}
