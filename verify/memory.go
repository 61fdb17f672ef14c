package verify

import (
	"time"

	"github.com/licseal/licseal/revoke"
)

// Memory is what a verifier remembers from one run to the next, so that neither a
// clock set back nor an old revocation list can undo what it has seen. Package state
// keeps it in a file.
type Memory struct {
	// Latest is the latest instant ever seen.
	Latest time.Time

	// List describes the newest revocation list that was accepted. It is zero if
	// there was none.
	List revoke.Seen
}

// Floor returns the latest instant that is known to have passed, for
// [Options].Floor.
func (m *Memory) Floor() time.Time { return later(m.Latest, m.List.Issued) }

// Observe remembers what the clock says, and a revocation list unless it is nil. A
// list that must not replace the newest one seen is a [*revoke.Error]; see
// [revoke.Seen.Check]. A list that was issued more than maxSkew after now is a
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
