package main

import (
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/verdict"
)

// nextStep returns why a licence is refused, with what to do about it: every refusal has
// at least one hint.
func (j *judge) nextStep(v verdict.Verdict) error {
	if v.Err == nil || len(fault.Of(v.Err).Hints) > 0 {
		return v.Err
	}
	file := v.File
	if file == stdinName {
		file = "FILE"
	}
	switch fault.Of(v.Err).Reason {
	case licseal.ReasonParse:
		return hintCheck(v.Err, v.File)
	case licseal.ReasonSignature:
		return withHint(v.Err, "use the licence as it was issued, and the issuer's current public keys; 'licseal inspect %s' shows what it says", file)
	case licseal.ReasonRevocationList:
		return withHint(v.Err, "get the current revocation list from the issuer")
	case licseal.ReasonRevoked:
		return withHint(v.Err, "ask the issuer for another licence; 'licseal revoke show %s -t KEYS' prints the list", displayName(j.list))
	case licseal.ReasonSchema:
		return withHint(v.Err, "name the schema of this product with --schema, or ask the issuer for a corrected licence")
	case licseal.ReasonNotYetValid:
		return withHint(v.Err, "use the licence from then on; --at TIME verifies as of another time")
	case licseal.ReasonExpired:
		return withHint(v.Err, "ask the issuer for a renewal ('licseal renew'); --grace LENGTH accepts the licence for some time more")
	case licseal.ReasonRequirement:
		return withHint(v.Err, "use a licence from that issuer; 'licseal trust list KEYS' shows the issuers of the keys")
	case licseal.ReasonClock:
		return withHint(v.Err, "set the clock of this machine")
	}
	return v.Err
}
