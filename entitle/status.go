package entitle

import (
	"time"

	"github.com/licseal/licseal"
)

// permit returns what the licence says of an entitlement, if it is good now.
func (g *Guard) permit(name string) (*grant, int64, error) {
	l, now := g.current.Load(), g.now()
	if l == nil {
		return nil, now, ErrNoLicense
	}
	if state := l.stateAt(now); !state.Good() {
		g.saw(now)
		return nil, now, l.inactiveError(state, now)
	}
	if g.unseated.Load() > 0 {
		return nil, now, &MachinesError{l.maxMachines}
	}
	if grant := l.grants[name]; grant != nil {
		return grant, now, nil
	}
	return nil, now, &NotIncludedError{name}
}

// Allows reports whether the licence is good now and includes an entitlement,
// and whether this machine has its seat if it was bound, however much of it is used. An entitlement with a limit of zero is not included.
func (g *Guard) Allows(name string) bool {
	allowed := g.allows(name)
	if !allowed && g.opts.Advisory && !g.closed.Load() {
		_, _, err := g.permit(name)
		if err == nil {
			err = &NotIncludedError{name}
		}
		return g.advise(name, err, nil) == nil
	}
	return allowed
}

func (g *Guard) allows(name string) bool {
	l, now := g.current.Load(), g.now()
	if l == nil || g.closed.Load() || g.unseated.Load() > 0 {
		return false
	}
	if !l.stateAt(now).Good() {
		g.saw(now)
		return false
	}
	grant := l.grants[name]
	return grant != nil && grant.max > 0
}

// Status is the state of the licence in use, and of the guard, at an instant.
type Status struct {
	State State
	Time  time.Time // the instant of judgement

	// License is the verified licence, nil if there is none. Key signed it.
	License *licseal.License
	Key     licseal.TrustedKey
	licseal.Period
	GraceEnd time.Time // from then on, the licence allows nothing

	Modified  time.Time // when the licence was put in its source
	Validated time.Time // when it was verified

	// ClockBehind is how far the clock is behind the latest instant seen and what
	// has passed since. It is zero unless the clock was set back, or held still.
	ClockBehind time.Duration

	// ListDue is when the revocation list is due. It is zero if there is none.
	ListDue time.Time

	// Advisory says that nothing is refused; see [Options].Advisory. Advised is how
	// many calls were allowed by it.
	Advisory bool
	Advised  int64

	ClockErr    error // the hosts whose clocks are far ahead, each a *ClockLeadError; nil if there are none
	LoadErr     error // why the document of the source is not used; nil if it is
	StoreErr    error // why usage could not be written; nil if it was
	RememberErr error // why Options.Remember failed; nil if it did not
}

// Status judges the licence now.
func (g *Guard) Status() Status { return g.statusOf(g.current.Load()) }

// statusOf returns the status of a licence now, which is nil if there is none.
func (g *Guard) statusOf(l *license) Status {
	now := g.now()
	g.saw(now)
	s := Status{State: Missing, Time: timeOf(now), ClockBehind: g.behind(), ListDue: timeOrZero(g.listDue.Load()), Advisory: g.opts.Advisory, Advised: g.advised.calls.Load()}
	g.notes.fill(&s)
	if l == nil {
		return s
	}
	s.State = l.stateAt(now)
	s.License, s.Key, s.Period, s.GraceEnd = l.result.License, l.result.Key, l.result.Period, l.result.GraceEnd
	s.Modified, s.Validated = l.modified, l.validated
	return s
}
