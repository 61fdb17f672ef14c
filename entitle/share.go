package entitle

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// defaultClockLead is Options.MaxClockLead if that is zero.
const defaultClockLead = 24 * time.Hour

// ClockLeadError says that the clock of a host is far ahead of the time of the
// installation. Only the processes on that host go by it.
type ClockLeadError struct {
	Host  Host
	Shown time.Time // by its clock
	Time  time.Time // of the installation, then
}

func (e *ClockLeadError) Error() string {
	return fmt.Sprintf("the clock of host %q is ahead: it shows %s, and the time of the installation is %s; correct it, or accept the time if it is right",
		e.Host.Name, format(e.Shown), format(e.Time))
}

// hostOf returns the machine on which a guard runs.
func hostOf(name string) Host {
	if name != "" {
		return Host{Name: name}
	}
	name, _ = os.Hostname()
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id") // only Linux has one
	return Host{name, strings.TrimSpace(string(boot))}
}

// shareStep is how far the clock of this host may be ahead of the time of the
// installation before the store is told.
const shareStep = 100 * time.Millisecond

// share tells the store what the clock shows, if that is ahead of the time of the
// installation, or was told a while ago. What the store refuses is told once a minute.
func (g *Guard) share(ctx context.Context) error {
	if err := g.telling.Lock(ctx); err != nil {
		return err
	}
	defer g.telling.Unlock()
	last := g.lastTold()
	ahead := time.Duration(g.now() - g.shared())
	since := max(time.Since(last.at), time.Duration(g.read().ran-last.ran))
	if since < clockInterval && (ahead < shareStep || ahead <= last.refused) {
		return nil
	}
	return g.tell(ctx)
}

// tellSoon makes share tell the store, whatever the clock shows.
func (g *Guard) tellSoon() {
	g.toldMu.Lock()
	defer g.toldMu.Unlock()
	g.told.at = time.Time{}
}

func (g *Guard) lastTold() told {
	g.toldMu.Lock()
	defer g.toldMu.Unlock()
	return g.told
}

// told is what the store was told last of the clock. Guard.toldMu guards it.
type told struct {
	at      time.Time
	ran     int64         // see reading
	refused time.Duration // how far ahead of the time of the installation the clock still was
	clock   Clock
}

// tell tells the store what the clock shows. The caller has locked g.telling.
func (g *Guard) tell(ctx context.Context) error {
	s := Sighting{Host: g.host, Shown: timeOf(g.now()), MaxLead: g.opts.MaxClockLead, Issued: timeOrZero(g.listIssued.Load())}
	if g.sharedLead.Load() > noTime {
		s.Known = timeOf(g.shared())
	}
	g.toldMu.Lock()
	s.Lead, s.LeadAt, s.AheadSince = g.recalled.Sum, g.recalled.At, g.recalled.Since
	g.toldMu.Unlock()
	s.License = g.inForce()
	clock, err := g.store.See(ctx, g.opts.Installation, s)
	if err != nil {
		return err
	}
	g.learned(clock.Latest)
	g.toldMu.Lock()
	g.told = told{time.Now(), g.read().ran, max(0, time.Duration(g.now()-g.shared())) + shareStep, clock}
	g.toldMu.Unlock()
	g.noteClocks(clock)
	return nil
}

func timeOrZero(nanos int64) time.Time {
	if nanos == 0 {
		return time.Time{}
	}
	return timeOf(nanos)
}

// noteClocks reports the hosts whose clocks are far ahead, if they are others than before.
func (g *Guard) noteClocks(clock Clock) {
	var names []string
	var errs []error
	for _, h := range clock.Ahead(g.opts.MaxClockLead) {
		names = append(names, h.Name)
		errs = append(errs, &ClockLeadError{h.Host, h.Shown, h.Seen})
	}
	err := errors.Join(errs...)
	now := strings.Join(names, "\n")
	g.note(func(n *notes) []Event {
		before := n.ahead
		n.clockErr, n.ahead = err, now
		switch {
		case now != before && err != nil:
			return g.event(ClockAhead, err)
		}
		return nil
	})
}
