package verify

import (
	"fmt"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/revoke"
)

// Memory is what a verifier remembers from one run to the next, so that neither
// its clock nor an old revocation list can take it back. Package state keeps it in
// a file.
type Memory struct {
	// Latest is the latest instant ever seen.
	Latest time.Time

	// Generation, Digest, Issued and Signer are of the newest revocation list
	// that was accepted: its number, the SHA-256 of its payload in hex, when it
	// was issued, and the fingerprint of the key that signed it. A generation of
	// 0 means that there was none.
	Generation int64
	Digest     string
	Issued     time.Time
	Signer     string

	// RevokedKeys are the signing keys on that list. None of them can sign
	// the list that takes it off.
	RevokedKeys []revoke.Key
}

// Floor returns the latest instant that is known to have passed, for
// [Options].Floor.
func (m *Memory) Floor() time.Time { return later(m.Latest, m.Issued) }

// Observe remembers what the clock says, and a revocation list unless it is nil,
// which it judges by the lists seen earlier: one that is older, that is another
// of the same generation, or that is signed by a key which the newest list
// revokes is a [*ListError]. The generation is of no account if the list revokes
// the key that signed the newest one, and was not issued before it: whoever stole a
// key and signed a list of the greatest generation must not have the last word. A
// list that was issued more than maxSkew after now
// is a [*ClockError], because one of the two clocks is wrong; a maxSkew of zero
// is [DefaultMaxClockSkew].
//
// On an error m is unchanged. Latest never runs backwards, and a clock that is
// behind it is no error here: [License] judges it, by Options.Floor.
func (m *Memory) Observe(now time.Time, list *RevocationList, maxSkew time.Duration) error {
	if list == nil {
		m.Latest = later(m.Floor(), now)
		return nil
	}
	if err := m.checkList(list); err != nil {
		return err
	}
	issued := list.contents.Issued
	if now.Before(issued.Add(-orDefault(maxSkew))) {
		return &ClockError{wall(now), issued, KnownFromList}
	}
	m.Latest = later(later(m.Latest, now), issued)
	m.Generation, m.Digest, m.Issued = list.contents.Generation, list.digest, issued
	m.Signer, m.RevokedKeys = licseal.KeyID(list.key.Key), list.contents.Keys()
	return nil
}

func (m *Memory) checkList(list *RevocationList) error {
	generation, issued := list.contents.Generation, list.contents.Issued
	switch {
	case m.Generation == 0 || generation == m.Generation && list.digest == m.Digest:
		return nil
	case m.disownedBy(list):
	case generation < m.Generation:
		return &ListError{ListReplayed, fmt.Sprintf("the revocation list has generation %d, and generation %d was seen already: get the newest one", generation, m.Generation)}
	case generation == m.Generation:
		return &ListError{ListForked, fmt.Sprintf("another revocation list of generation %d was seen already; whoever issues them must join the two in one of generation %d", generation, generation+1)}
	case issued.Before(m.Issued):
		return &ListError{ListReplayed, fmt.Sprintf("the revocation list was issued at %s, before the one of generation %d, at %s", format(issued), m.Generation, format(m.Issued))}
	}
	id := licseal.KeyID(list.key.Key)
	for _, key := range m.RevokedKeys {
		if key.ID == id && !issued.Before(key.From) {
			return &ListError{ListSignerRevoked, fmt.Sprintf("the key that signed the revocation list, %s, was revoked by the list of generation %d", id, m.Generation)}
		}
	}
	return nil
}

// disownedBy reports whether a list says that the newest one seen was not to be
// believed when it was issued.
func (m *Memory) disownedBy(list *RevocationList) bool {
	key, revoked := list.contents.Key(m.Signer)
	return revoked && !m.Issued.Before(key.From) && !list.contents.Issued.Before(m.Issued)
}
