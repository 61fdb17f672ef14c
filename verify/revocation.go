package verify

import (
	"fmt"
	"time"

	"github.com/licseal/licseal"
)

// RevokedError says that a licence, or the key that signed it, is revoked.
type RevokedError struct {
	License string // the id of the licence, if it is the licence that is revoked
	KeyID   string // the signing key, if it is the key
	Reason  string // what the list gives as the reason; may be empty

	// From is the instant from which licences that the key signed are not
	// trusted, by their creation. The zero time refuses all of them.
	From time.Time
}

func (e *RevokedError) Error() string {
	text := fmt.Sprintf("the licence %q is revoked", e.License)
	switch {
	case e.KeyID != "" && e.From.IsZero():
		text = fmt.Sprintf("the key that signed it, %s, is revoked", e.KeyID)
	case e.KeyID != "":
		text = fmt.Sprintf("the key that signed it, %s, is revoked for licences created from %s on", e.KeyID, format(e.From))
	}
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

// NoIDError says that a licence has no id to look up in a revocation list. It is
// refused: nobody could ever revoke it.
type NoIDError struct {
	licseal.Position // zero if nothing says which field is the id
}

func (e *NoIDError) Error() string {
	if e.Position == (licseal.Position{}) {
		return "no schema says which field is the id to look up in the revocation list"
	}
	return e.Position.String() + ": the licence has no id (a string or a number) to look up in the revocation list"
}

// revocation judges a licence by the revocation list. A licence whose signing
// key is revoked is vouched for by nobody, so revocation then reports true and
// nothing of the licence is kept.
func (v *Verifier) revocation(result *Result, s *stages, datesErr error) (keyRevoked bool) {
	list := v.options.Revocations
	if list == nil {
		s.pass(revocation)
		return false
	}
	if reason, err := v.options.checkList(result.Time); err != nil {
		s.refuse(revocation, reason, err)
	}
	id := licseal.KeyID(result.Key.Key)
	key, revoked := list.Contents().Key(id)
	if revoked && (datesErr != nil || key.Refuses(result.NotBefore)) {
		s.refuse(revocation, licseal.ReasonRevoked, &RevokedError{KeyID: id, Reason: key.Reason, From: key.From})
		return true
	}
	v.revokedByID(result.License.Payload, s)
	return false
}

// checkList refuses a list that is stale at the latest instant known to have passed. If
// the clock is behind that instant, it is the clock that is refused: one of the two is
// wrong, and a newer list may not exist.
func (o *Options) checkList(now time.Time) (licseal.Reason, error) {
	stale := o.Revocations.CheckFresh(later(now, o.Floor), o.MaxListAge)
	if stale == nil {
		return "", nil
	}
	if err := o.checkClock(now, time.Time{}); err != nil {
		return licseal.ReasonClock, err
	}
	return licseal.ReasonRevocationList, stale
}

// revokedByID refuses a licence whose id is in the list, or that has none: nobody
// could ever revoke it.
func (v *Verifier) revokedByID(p licseal.Payload, s *stages) {
	roles := v.rolesOf(p)
	if roles.ID == "" {
		s.refuse(revocation, licseal.ReasonSchema, &NoIDError{})
		return
	}
	id, ok := p.ID(roles)
	if !ok {
		s.refuse(revocation, licseal.ReasonSchema, &NoIDError{p.Position(roles.ID)})
		return
	}
	if reason, revoked := v.options.Revocations.Contents().License(id); revoked {
		s.refuse(revocation, licseal.ReasonRevoked, &RevokedError{License: id, Reason: reason})
		return
	}
	s.pass(revocation)
}

func later(a, b time.Time) time.Time {
	if a, b = wall(a), wall(b); a.Before(b) {
		return b
	}
	return a
}
