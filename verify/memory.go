package verify

import (
	"fmt"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/trust"
)

// Memory is what a verifier remembers from one run to the next, so that neither a
// clock set back nor an old revocation list can undo what it has seen. Package state
// keeps it in a file.
type Memory struct {
	// Latest is the latest instant ever seen.
	Latest time.Time

	// Lead is how far a host whose clock nobody confirmed has moved Latest ahead; see
	// package entitle. It is zero elsewhere.
	Lead Lead

	// Used are counts of usage that a store had; see package entitle.
	Used []Mark

	// Unwritten are counts of usage that was allowed while a store failed, and not
	// written; see package entitle.
	Unwritten []Mark

	// List describes the newest revocation list that was accepted. It is zero if
	// there was none.
	List revoke.Seen

	// Trust describes the chain of trust that the verifier follows. It is zero if
	// the trusted keys do not come from a chain.
	Trust trust.Seen
}

// Mark is a count of usage that was reached.
type Mark struct {
	Installation string
	Month        string // such as 2026-11
	Name         string // of the entitlement
	Count        int64
}

// Lead describes clocks that are ahead.
type Lead struct {
	Sum   time.Duration // by how much Latest was moved ahead
	At    time.Time     // Latest after the last such move
	Since time.Time     // Latest when the clock of this host began to be far ahead; zero if it is not
}

// Floor returns the latest instant that is known to have passed, for
// [Options].Floor.
func (m *Memory) Floor() time.Time { return later(m.Latest, m.List.Issued) }

// Observe remembers what the clock says, and a revocation list unless it is nil. A
// list that must not replace the newest one seen is a [*revoke.Error]; see
// [revoke.Seen.Check], and so is one whose signer the chain of trust that is remembered
// does not trust. A list that was issued more than maxSkew after now is a
// [*ClockError], because one of the two clocks is wrong; a maxSkew of zero is
// [DefaultMaxClockSkew].
//
// If an error is returned, m is unchanged. Latest never runs backwards. A clock that is
// behind it is no error here: a [Verifier] judges it by Options.Floor.
func (m *Memory) Observe(now time.Time, list *revoke.List, maxSkew time.Duration) error {
	if list == nil {
		m.Latest = later(m.Floor(), now)
		return nil
	}
	if err := m.checkSigner(list); err != nil {
		return err
	}
	if err := m.List.Check(list); err != nil {
		return err
	}
	issued := list.Contents().Issued
	if now.Before(issued.Add(-orDefault(maxSkew))) {
		return &ClockError{wall(now), issued, KnownFromList}
	}
	m.Latest = later(later(m.Latest, now), issued)
	m.List = list.Seen()
	return nil
}

// checkSigner refuses a list whose signer is not trusted by the chain that is
// remembered: another process may have followed the chain further.
func (m *Memory) checkSigner(list *revoke.List) error {
	chain, err := m.Trust.Chain()
	if err != nil || chain == nil {
		return err
	}
	id := licseal.KeyID(list.Signer().Key)
	if chain.Trusts(id, list.Contents().Issued) {
		return nil
	}
	return &revoke.Error{Reason: revoke.Forged, Detail: fmt.Sprintf("the key that signed the revocation list, %s, is not trusted for it by generation %d of the chain of trust", id, chain.Generation())}
}

// Follow remembers a chain of trust, unless what is remembered goes further. c is nil
// for trusted keys that do not come from a chain. If a chain is remembered, other trust
// is refused: no chain, another anchor, and a chain that disagrees with it. The error is
// a [*trust.Error], and m is unchanged then.
//
// If the signer of the remembered revocation list is not trusted any longer, the list is
// forgotten, with what it revoked. The next one may have any generation, but must not be
// issued before the newest document of the chain. Follow never changes Latest.
func (m *Memory) Follow(c *trust.Chain) error {
	known, err := m.Trust.Chain()
	if err != nil {
		return err
	}
	if known != nil {
		if err := mayFollow(known, c); err != nil {
			return err
		}
	}
	if c == nil || known != nil && known.Generation() >= c.Generation() {
		return nil
	}
	m.Trust = c.Seen()
	if m.List.Generation > 0 && !c.Trusts(m.List.Signer, m.List.Issued) {
		m.List = revoke.Seen{NotBefore: c.Newest().Contents().Issued}
	}
	return nil
}

// Advance follows what load returns from the newest chain that is known: the one that is
// remembered, the origin's own, or current, which may be nil. It remembers the chain that
// is in force then, and returns it.
//
// A chain that cannot be loaded, or is refused, leaves the known one in force: Advance
// returns that together with the error. Without a chain in force, it returns nil and the
// error, and m is unchanged. load is nil if there is nothing to follow.
func (m *Memory) Advance(origin *trust.Origin, current *trust.Chain, load func() ([]byte, error)) (*trust.Chain, error) {
	seen, err := m.Trust.Chain()
	if err != nil {
		return nil, err
	}
	known, err := origin.Known(seen)
	if err != nil {
		return nil, err
	}
	if current != nil && (known == nil || known.Generation() < current.Generation()) {
		known = current
	}
	chain, refusal := extend(origin, known, load)
	if chain == nil {
		return nil, refusal
	}
	if err := m.Follow(chain); err != nil {
		return nil, err
	}
	return chain, refusal
}

// extend returns the chain that load leads to, or known and the reason why it does not.
func extend(origin *trust.Origin, known *trust.Chain, load func() ([]byte, error)) (*trust.Chain, error) {
	if load == nil {
		if known == nil {
			return nil, &trust.Error{Reason: trust.Gap, Detail: "only the digest of the first document is known, and there is no chain with the documents"}
		}
		return known, nil
	}
	data, err := load()
	if err != nil {
		return known, err
	}
	next, err := origin.Follow(known, data)
	if err != nil {
		return known, err
	}
	return next, nil
}

// mayFollow refuses trust that is not the chain that is known.
func mayFollow(known, c *trust.Chain) error {
	switch {
	case c == nil:
		return &trust.Error{Reason: trust.WrongAnchor, Detail: "a chain of trust was followed before, and trusted keys from elsewhere are not accepted in its place"}
	case c.Anchor() != known.Anchor():
		return &trust.Error{Reason: trust.WrongAnchor, Detail: fmt.Sprintf("the chain of trust that was followed before begins with %s, not with %s", known.Anchor(), c.Anchor())}
	case !known.Agrees(c):
		return &trust.Error{Reason: trust.Fork, Detail: "the chain of trust has another document of a generation that is known"}
	}
	return nil
}
