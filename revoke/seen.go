package revoke

import (
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/jsonread"
)

// Seen is what a verifier remembers of the newest list that it accepted. The zero
// value says that it has seen none.
type Seen struct {
	Generation int64
	Digest     string // the SHA-256 of the list's payload, in hex digits
	Issued     time.Time
	Signer     string // the fingerprint of the key that signed the list
	Keys       []Key  // the keys on the list; none of them can sign the list that clears it

	// NotBefore is set, and all else zero, after a list was forgotten because its
	// signer is no longer trusted: the next list must not be issued before it.
	NotBefore time.Time
}

// Seen returns what to remember of the list.
func (l *List) Seen() Seen {
	return Seen{
		Generation: l.contents.Generation, Digest: l.digest, Issued: l.contents.Issued,
		Signer: licseal.KeyID(l.signer.Key), Keys: l.contents.Keys(),
	}
}

// Check returns an [*Error] if a list must not replace the newest one seen: if it
// was signed by a key that the newest list revokes, is older, or is another list of
// the same generation; or if it was issued before NotBefore.
//
// Generations are ignored if the list revokes the key that signed the newest one,
// and was not issued before it. Otherwise a thief who signs a list of the greatest
// generation with a stolen key could not be revoked.
func (s Seen) Check(l *List) error {
	generation, issued := l.contents.Generation, l.contents.Issued
	switch {
	case s.Generation == 0 && issued.Before(s.NotBefore):
		return errorf(Replayed, "the revocation list was issued at %s, and a list must be issued at %s or later, when the signer of an earlier one lost its trust: get the newest one", jsonread.FormatTime(issued), jsonread.FormatTime(s.NotBefore))
	case s.Generation == 0 || generation == s.Generation && l.digest == s.Digest:
		return nil
	}
	if err := s.checkSigner(l); err != nil {
		return err
	}
	switch {
	case s.disownedBy(l):
		return nil
	case generation < s.Generation:
		return errorf(Replayed, "the revocation list has generation %d, and generation %d was seen already: get the newest one", generation, s.Generation)
	case generation == s.Generation:
		return errorf(Forked, "another revocation list of generation %d was seen already; its issuer must merge the two into one of generation %d", generation, generation+1)
	case issued.Before(s.Issued):
		return errorf(Replayed, "the revocation list was issued at %s, before the one of generation %d, at %s", jsonread.FormatTime(issued), s.Generation, jsonread.FormatTime(s.Issued))
	}
	return nil
}

// checkSigner refuses a list that was signed by a key which the newest one revokes.
// It comes first, so that the reason does not depend on when the lists were issued.
func (s Seen) checkSigner(l *List) error {
	id := licseal.KeyID(l.signer.Key)
	for _, key := range s.Keys {
		if key.ID == id && key.Refuses(l.contents.Issued) {
			return errorf(SignerRevoked, "the key that signed the revocation list, %s, was revoked by the list of generation %d", id, s.Generation)
		}
	}
	return nil
}

// disownedBy reports whether a list revokes the signer of the newest one seen from
// before that was issued.
func (s Seen) disownedBy(l *List) bool {
	key, revoked := l.contents.Key(s.Signer)
	return revoked && key.Refuses(s.Issued) && !l.contents.Issued.Before(s.Issued)
}
