package check

import (
	"errors"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/verify"
)

// signature checks the signature, and reports whether the rest may be looked at.
func (j *judgement) signature(lic *licseal.License, text []byte) bool {
	if j.options.NoSignature {
		j.Signature = SignatureNotChecked
		j.add(Finding{CodeSignatureNotChecked, StageSignature, Note, licseal.Position{},
			"the signature was not checked: anyone may have written this licence", "name the trusted keys with -t to have it checked"})
		return true
	}
	result, err := verify.License(text, j.options.Trusted, &j.options.Verify)
	var refused *verify.RefusedError
	if errors.As(err, &refused) {
		result = refused.Result
	}
	if err != nil {
		j.refused(err, text)
	}
	if result == nil {
		return false
	}
	j.Signature, j.Key, j.Time = SignatureGood, &result.Key, result.Time
	return true
}

// refused reports why verify refuses a licence, unless it is for its dates, which
// are judged after its fields.
func (j *judgement) refused(err error, text []byte) {
	var (
		signature *verify.SignatureError
		list      *verify.ListError
		revoked   *verify.RevokedError
		noID      *verify.NoIDError
		clock     *verify.ClockError
		issuer    *verify.IssuerError
		date      *licseal.DateError
		state     *verify.StateError
	)
	f := Finding{Severity: Error, Found: err.Error()}
	switch {
	case errors.As(err, &date), errors.As(err, &state):
		return
	case errors.As(err, &signature):
		j.Signature = SignatureBad
		f.Code, f.Stage, f.Position = CodeSignature, StageSignature, memberPosition(text, "/license/signature")
		f.Remedy = "take the licence from whoever issued it once more, and see that -t names their keys; what Kong has signed can only be checked with --no-signature"
	case errors.As(err, &revoked):
		j.Signature = SignatureBad // unless it is the licence that is revoked, and the key is believed
		f.Code, f.Stage, f.Remedy = CodeRevoked, StageRevocation, "ask whoever issued the licence for another one"
	case errors.As(err, &list):
		f.Code, f.Stage, f.Remedy = CodeRevocationList, StageRevocation, "get a newer revocation list from whoever issued it"
	case errors.As(err, &noID):
		f.Code, f.Stage, f.Position, f.Remedy = CodeNoID, StageSchema, noID.Position, "ask whoever issued the licence for one with an id"
	case errors.As(err, &clock):
		f.Code, f.Stage, f.Remedy = CodeClock, StageDates, "set the clock of this machine"
	case errors.As(err, &issuer):
		f.Code, f.Stage, f.Remedy = CodeIssuer, StageRequirement, "install a licence of that issuer, or change the requirement"
	default:
		f.Code, f.Stage, f.Remedy = CodeRefused, StageRevocation, "ask whoever issued the licence"
	}
	j.add(f)
}
