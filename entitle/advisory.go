package entitle

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

// advised is what a guard with Options.Advisory has allowed although it would be refused.
type advised struct {
	calls atomic.Int64
	mu    sync.Mutex
	told  map[string]string // by the name of the entitlement, the reason that was reported last
}

// maxAdvisedNames bounds what is remembered of names, which may be anything.
const maxAdvisedNames = 1000

// advise returns nil for a refusal, if the guard only advises, after it was counted and
// reported. Mistakes of the caller stay errors.
func (g *Guard) advise(name string, refusal error, count func()) error {
	if refusal == nil || !g.opts.Advisory || !isRefusal(refusal) {
		return refusal
	}
	if g.closed.Load() {
		return ErrClosed
	}
	if count != nil {
		count()
	}
	g.advised.calls.Add(1)
	g.noteAdvised(name, refusal)
	return nil
}

// isRefusal reports whether an error is one of the licence, of a limit or of the store.
func isRefusal(err error) bool {
	return isStore(err) || errors.Is(err, ErrNoLicense) || errors.As(err, new(*LimitError)) || errors.As(err, new(*InactiveError)) ||
		errors.As(err, new(*NotIncludedError)) || errors.As(err, new(*MachinesError))
}

// noteAdvised reports a refusal, if the one before for this entitlement had another reason.
func (g *Guard) noteAdvised(name string, refusal error) {
	reason := g.problemOf(refusal).Reason
	a := &g.advised
	a.mu.Lock()
	if len(a.told) >= maxAdvisedNames {
		clear(a.told)
	}
	isTold := a.told[name] == reason
	a.told[name] = reason
	a.mu.Unlock()
	if !isTold {
		g.note(func(*notes) []Event { return g.event(WouldRefuse, refusal) })
	}
}

// countAdvised counts uses that would be refused. If the store fails, they are counted in
// memory, and written later.
func (g *Guard) countAdvised(ctx context.Context, name string, n int64) {
	grant, err := g.grantOf(name, false)
	if err == nil && isStore(g.record(ctx, grant, n)) {
		grant.counter.add(g.now(), n, MaxCount, anyShare)
	}
}
