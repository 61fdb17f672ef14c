package entitle

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// defaultWarnAt and defaultWarnBefore are Options.WarnAt and WarnBefore if they are nil.
var (
	defaultWarnAt     = []int64{80, 100}
	defaultWarnBefore = []time.Duration{30 * 24 * time.Hour, 7 * 24 * time.Hour, 24 * time.Hour}
)

// NearError says that a limit is nearly used up, or is.
type NearError struct {
	Name    string
	Percent int64 // the one of Options.WarnAt that is reached
	Used    int64
	Limit   int64 // with the tolerance
}

func (e *NearError) Error() string {
	return fmt.Sprintf("%d of %d of %q are used, which is %d %% or more", e.Used, e.Limit, e.Name, e.Percent)
}

// EndError says that something ends soon: the licence, its grace, or the time for which the
// revocation list is used.
type EndError struct {
	What   string        // "the licence", "the grace of the licence" or "the revocation list"
	End    time.Time     // when it ends
	Before time.Duration // the one of Options.WarnBefore that is reached
}

func (e *EndError) Error() string {
	return fmt.Sprintf("%s ends at %s, in less than %v", e.What, format(e.End), e.Before)
}

// warned is what was warned of last. Guard.changing guards it.
type warned struct {
	near map[string]int64 // by name, the percentage
	ends map[string]warnedEnd
}

type warnedEnd struct {
	end    time.Time
	before time.Duration
}

// noteWarnings reports what is nearly used up, and what ends soon, once for each step.
func (g *Guard) noteWarnings() {
	g.changing.Lock()
	defer g.changing.Unlock()
	if l := g.current.Load(); l != nil {
		for _, limit := range g.limitsOf(l) {
			g.noteNear(limit, l.grants[limit.Name].bound)
		}
	}
	for _, end := range g.ends() {
		g.noteEnd(end)
	}
}

// noteNear reports how much of a limit, tolerance included, is used.
func (g *Guard) noteNear(limit Limit, bound int64) {
	if !limit.Bounded || limit.Max == 0 {
		return
	}
	var reached int64
	for _, percent := range g.opts.WarnAt {
		if float64(limit.Used) >= float64(bound)*float64(percent)/100 {
			reached = max(reached, percent)
		}
	}
	before := g.warned.near[limit.Name]
	g.warned.near[limit.Name] = reached
	if reached > before {
		err := &NearError{limit.Name, reached, limit.Used, bound}
		g.note(func(*notes) []Event { return g.event(LimitNear, err) })
	}
}

// ending is something that ends, and how long it lasts in all.
type ending struct {
	what string
	end  time.Time
	life time.Duration
}

func (g *Guard) ends() (all []ending) {
	if l := g.current.Load(); l != nil {
		switch l.stateAt(g.now()) {
		case Active:
			all = append(all, ending{"the licence", l.result.NotAfter, l.result.NotAfter.Sub(l.result.NotBefore)})
		case Grace:
			all = append(all, ending{"the grace of the licence", l.result.GraceEnd, l.result.GraceEnd.Sub(l.result.NotAfter)})
		}
	}
	if due := timeOrZero(g.listDue.Load()); !due.IsZero() {
		all = append(all, ending{"the revocation list", due, due.Sub(timeOf(g.listIssued.Load()))})
	}
	return all
}

// noteEnd reports an end that has come nearer than one of the options. Those that are more
// than half of the whole time say nothing.
func (g *Guard) noteEnd(e ending) {
	left := e.end.Sub(timeOf(g.now()))
	var reached time.Duration
	for _, before := range g.opts.WarnBefore {
		if left <= before && before <= e.life/2 {
			reached = min(cmp.Or(reached, before), before)
		}
	}
	if left < 0 {
		return // that is reported otherwise
	}
	last := g.warned.ends[e.what]
	g.warned.ends[e.what] = warnedEnd{e.end, reached}
	if reached == 0 || last.end.Equal(e.end) && last.before == reached {
		return
	}
	err := &EndError{e.what, e.end, reached}
	g.note(func(*notes) []Event { return g.event(EndNear, err) })
}

func orDefault[T any](given, usual []T) []T {
	if given == nil {
		return usual
	}
	return slices.Clone(given)
}
