package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/datename"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/verdict"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/trust"
	"github.com/licseal/licseal/verify"
)

// now is the clock of the machine.
func now() time.Time { return time.Now() }

// judge judges all licences of one command line.
type judge struct {
	*verify.Verifier
	list string // the file of the revocation list
}

// newJudge reads what licences are judged by: first the keys or the chain of trust, then
// the revocation list, and last the state, which remembers all three.
func newJudge(o *options, p *printer) (j *judge, err error) {
	options := verify.Options{
		At: o.at, Clock: now, Grace: o.grace, Roles: o.roles,
		Issuer: o.issuer, MaxListAge: o.maxListAge, MaxClockSkew: o.maxSkew,
	}
	if o.roles == (licseal.Roles{}) {
		options.Fields = byName{}
	}
	var chain *trust.Chain
	var trusted []licseal.TrustedKey
	if o.trustRoot != "" {
		chain, trusted, err = followed(o, p)
	} else {
		trusted, err = loadKeys(o.keys)
	}
	if err != nil {
		return nil, err
	}
	if o.revocations != "" {
		if options.Revocations, err = loadList(o.revocations, trusted); err != nil {
			return nil, err
		}
	}
	if o.state != "" {
		if err := remember(o, &options, chain, p); err != nil {
			return nil, err
		}
	}
	v, err := verify.New(trusted, &options)
	return &judge{v, o.revocations}, err
}

// followed returns the chain of trust and its keys, and records in the state file that it
// was followed.
func followed(o *options, p *printer) (*trust.Chain, []licseal.TrustedKey, error) {
	chain, err := loadChain(o, p)
	if err != nil {
		return nil, nil, err
	}
	trusted := chain.Trusted()
	if len(trusted) == 0 {
		return nil, nil, fault.New(fault.ReasonTrust, "generation %d of the chain of trust trusts no key", chain.Generation())
	}
	if o.state != "" && !o.chosenAt {
		_, err = state.Update(o.state, func(m *verify.Memory) error { return m.Follow(chain) })
	}
	return chain, trusted, stateError(o.state, err)
}

// remember compares the clock and the list with the state file, which records both unless
// --at is given.
func remember(o *options, options *verify.Options, chain *trust.Chain, p *printer) error {
	m, err := state.Observe(o.state, options, chain)
	if errors.As(err, new(*revoke.Error)) {
		return listError(o.revocations, err)
	}
	if err != nil || o.chosenAt {
		return stateError(o.state, err)
	}
	options.Floor = m.Floor()
	if m.List.Generation > 0 && options.Revocations == nil {
		p.warn("%s has seen a revocation list (generation %d), but no list was given; revocation is not checked", o.state, m.List.Generation)
	}
	return nil
}

// judge judges one file.
func (j *judge) judge(file string) verdict.Verdict {
	data, err := readLicence(file)
	if err != nil {
		return verdict.Verdict{File: displayName(file), Err: err}
	}
	v := verdict.Of(displayName(file), 0, j.Report(data))
	if errors.As(v.Err, new(*revoke.Error)) {
		v.Err = fault.Because(licseal.ReasonRevocationList, fmt.Errorf("%s: %w", displayName(j.list), fault.Of(v.Err).Err))
	}
	return v
}

// byName finds the dates of a payload that has not Kong's by the names of its members,
// and judges no other field (SPEC.md, section 5.1).
type byName struct{}

// Roles returns the roles of Kong's payload.
func (byName) Roles() licseal.Roles { return licseal.Roles{}.WithDefaults() }

// RolesOf returns the roles of one payload.
func (b byName) RolesOf(p licseal.Payload) licseal.Roles {
	roles, _ := b.rolesOf(p)
	return roles
}

func (b byName) rolesOf(p licseal.Payload) (roles licseal.Roles, found bool) {
	_, begins := p.Field(b.Roles().NotBefore)
	_, ends := p.Field(b.Roles().NotAfter)
	if begins && ends {
		return b.Roles(), false
	}
	named := datename.Of(p)
	if roles, found = named.Roles(p); found {
		return roles, true
	}
	return b.Roles(), false
}

// Judge warns that nothing but the dates is judged.
func (b byName) Judge(p licseal.Payload) (warnings []licseal.Violation, refusal error) {
	if roles, found := b.rolesOf(p); found {
		return []licseal.Violation{datename.Warning(roles)}, nil
	}
	return nil, nil
}
