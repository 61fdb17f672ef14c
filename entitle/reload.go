package entitle

import (
	"bytes"
	"context"
)

// reload reads the chain of trust, the revocation list and the source, in this order. A
// chain that is refused is an error, and does not keep the rest from being used.
func (g *Guard) reload() error {
	g.loading.Lock()
	defer g.loading.Unlock()
	chainErr := g.loadTrust()
	if chainErr != nil && g.chain.Load() == nil {
		return chainErr
	}
	if err := g.reloadLicense(); err != nil {
		return err
	}
	return chainErr
}

// reloadLicense reads the revocation list and the source. It takes the document of the
// source if that is another licence and allows something, or if the licence in use does
// not. The licence in use is judged again if the list or the trusted keys have changed.
// The caller has locked g.loading.
func (g *Guard) reloadLicense() error {
	now := g.now()
	listErr := g.loadRevocations()
	data, modified, err := load(g.source)
	isLoaded := err == nil && g.loaded != nil && bytes.Equal(data, g.loaded)
	mustJudge := g.mustJudge || g.revocations.isStale(timeOf(now), g.opts.MaxListAge)
	if mustJudge && !isLoaded {
		g.suspendDisowned()
	}
	switch {
	case isLoaded && !mustJudge:
		return listErr
	case !isLoaded && listErr != nil:
		return listErr
	case err != nil:
		return err
	}
	next, report, err := g.judge(data)
	if err != nil && isLoaded {
		if g.isDisowned(report, err) {
			g.suspend()
		}
		return err
	}
	if err == nil && !isLoaded {
		err = g.mayReplace(next, now)
	}
	if err != nil {
		return named(g.source, err)
	}
	g.mustJudge = false
	next.modified = modified
	g.put(next, data, now)
	return listErr
}

// suspendDisowned suspends the licence in use if nobody who is trusted vouches for it any
// longer, whatever the source has in its place.
func (g *Guard) suspendDisowned() {
	if g.loaded == nil {
		return
	}
	if _, report, err := g.judge(g.loaded); g.isDisowned(report, err) {
		g.suspend()
	}
}

// suspend suspends the licence in use.
func (g *Guard) suspend() {
	suspended := *g.current.Load()
	suspended.suspended = true
	g.current.Store(&suspended)
}

// mayReplace refuses an older licence, and one that allows nothing in place of one that
// does. The caller has locked g.loading.
func (g *Guard) mayReplace(next *license, now int64) error {
	if err := g.checkOlder(next); err != nil {
		return err
	}
	current, state := g.current.Load(), next.stateAt(now)
	if current == nil || state.Good() || !current.stateAt(now).Good() {
		return nil
	}
	return next.inactiveError(state, now)
}

// put puts a licence in use. The caller has locked g.loading.
func (g *Guard) put(next *license, data []byte, now int64) {
	g.give(next, now)
	g.loaded = bytes.Clone(data)
	g.takeMarks(g.lastMarks)
	g.takeUnwritten(g.lastLost)
}

// give gives a licence its counters, and makes it the one that is asked.
func (g *Guard) give(next *license, now int64) {
	g.countersMu.Lock()
	defer g.countersMu.Unlock()
	for name, grant := range next.grants {
		if !grant.counted {
			continue
		}
		if g.counters[name] == nil {
			g.counters[name] = newCounter(name, now)
		}
		grant.counter = g.counters[name]
		grant.counter.bounded.Store(grant.bounded)
	}
	if next.modified.IsZero() {
		next.modified = timeOf(now)
		if before := g.current.Load(); !isAnother(before, next) {
			next.modified = before.modified
		}
	}
	g.current.Store(next)
}

// Reload reads the source now instead of within half a second. The error says why
// the document of the source is not used.
func (g *Guard) Reload(ctx context.Context) error {
	if g.closed.Load() {
		return ErrClosed
	}
	if err := g.reloadAndNote(); err != nil {
		return err
	}
	return g.flush(ctx)
}
