package entitle

import (
	"strings"
	"sync/atomic"
	"time"
)

// reading is a reading of the clock of the machine: what time it shows, and how long the
// guard has been running by the monotonic clock, which nobody can set. Both are in
// nanoseconds.
type reading struct{ shown, ran int64 }

// clockOf returns how a guard reads the clock.
func clockOf(opts *Options) func() reading {
	if opts.Clock == nil && opts.Uptime == nil {
		start := time.Now()
		return func() reading {
			now := time.Now()
			return reading{now.UnixNano(), int64(now.Sub(start))}
		}
	}
	clock, uptime := opts.Clock, opts.Uptime
	if clock == nil {
		clock = time.Now
	}
	if uptime != nil {
		start := uptime()
		return func() reading { return reading{nanos(clock()), int64(uptime() - start)} }
	}
	start := clock()
	if !strings.Contains(start.String(), " m=") { // no monotonic reading; see time.Time.String
		return func() reading { return reading{shown: nanos(clock())} }
	}
	return func() reading {
		now := clock()
		return reading{nanos(now), int64(now.Sub(start))}
	}
}

// now returns the time: what the clock shows, or the latest instant seen and what has
// passed since by the monotonic clock, if that is later. So neither a clock that was set
// back nor one that is held still stops it.
func (g *Guard) now() int64 {
	r := g.read()
	lead, most := r.shown-r.ran, g.lead.Load()
	if lead-most > leadStep {
		g.raiseLead(lead)
	}
	return max(lead, most) + r.ran
}

// shared returns the latest instant that the store knows, and what has passed since. It is
// the time of the installation, which the clock of this host alone cannot move far ahead.
func (g *Guard) shared() int64 { return g.sharedLead.Load() + g.read().ran }

// leadStep is how far the lead may be behind the latest instant. If every call raised
// it, all cores would write to the same memory. A refusal raises it exactly.
const leadStep = int64(time.Millisecond)

// saw notes that an instant has come, by the clock of this host.
func (g *Guard) saw(t int64) { g.raiseLead(t - g.read().ran) }

// learned notes that an instant has come, by the store.
func (g *Guard) learned(t time.Time) {
	if t.IsZero() {
		return
	}
	lead := nanos(t) - g.read().ran
	raise(&g.sharedLead, lead)
	g.raiseLead(lead)
}

func (g *Guard) raiseLead(lead int64) { raise(&g.lead, lead) }

func raise(at *atomic.Int64, value int64) {
	for {
		most := at.Load()
		if value <= most || at.CompareAndSwap(most, value) {
			return
		}
	}
}

// behind returns how far the clock is behind the latest instant and what has passed since.
func (g *Guard) behind() time.Duration {
	r := g.read()
	behind := g.lead.Load() + r.ran - r.shown
	if behind <= leadStep {
		return 0
	}
	return time.Duration(behind)
}
