package verify

import (
	"github.com/licseal/licseal"
)

// revocation judges a licence by the revocation list. A licence whose signing
// key is revoked is vouched for by nobody, so revocation then reports true and
// nothing of the licence is kept.
func (v *Verifier) revocation(result *Result, s *stages, datesErr error) (keyRevoked bool) {
	list := v.options.Revocations
	if list == nil {
		s.pass(revocation)
		return false
	}
	if err := list.CheckFresh(later(result.Time, v.options.Floor), v.options.MaxListAge); err != nil {
		s.refuse(revocation, licseal.ReasonRevocationList, err)
	}
	id := licseal.KeyID(result.Key.Key)
	key, revoked := list.contents.Key(id)
	if revoked && (datesErr != nil || !result.NotBefore.Before(key.From)) {
		s.refuseOnce(revocation, licseal.ReasonRevoked, &RevokedError{KeyID: id, Reason: key.Reason, From: key.From})
		return true
	}
	v.revokedByID(result.License.Payload, s)
	return false
}

// revokedByID refuses a licence whose id is in the list, or that has none: nobody
// could ever revoke it.
func (v *Verifier) revokedByID(p licseal.Payload, s *stages) {
	id, ok := LicenseID(p, v.roles)
	if !ok {
		s.refuseOnce(revocation, licseal.ReasonSchema, &NoIDError{p.Position(v.roles.ID)})
		return
	}
	if reason, revoked := v.options.Revocations.contents.License(id); revoked {
		s.refuseOnce(revocation, licseal.ReasonRevoked, &RevokedError{License: id, Reason: reason})
		return
	}
	s.pass(revocation)
}
