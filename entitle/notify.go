package entitle

import (
	"sync"
	"time"
)

// notes is what happened while nobody asked, so that it is told once.
type notes struct {
	mu       sync.Mutex
	loadErr  error
	storeErr error
	state    State
	behind   bool

	telling sync.Mutex // one event after the other
}

func (n *notes) errors() (load, store error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.loadErr, n.storeErr
}

// change runs f, which notes something.
func (n *notes) change(f func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f()
}

func (g *Guard) tell(kind EventKind, err error) {
	if g.opts.Notify == nil {
		return
	}
	state := Missing
	if l := g.current.Load(); l != nil {
		state = l.stateAt(g.now())
	}
	g.notes.telling.Lock()
	defer g.notes.telling.Unlock()
	g.opts.Notify(Event{kind, state, err})
}

// reloadAndNote reads the source, and tells of what is new about it.
func (g *Guard) reloadAndNote() error {
	before := g.current.Load()
	err := g.reload()
	if before == nil && g.mayStartWithout(err) {
		err = nil
	}
	var failed, works bool
	g.notes.change(func() {
		failed = err != nil && (g.notes.loadErr == nil || g.notes.loadErr.Error() != err.Error())
		works = err == nil && g.notes.loadErr != nil
		g.notes.loadErr = err
	})
	switch {
	case failed:
		g.tell(LoadFailed, err)
	case isAnother(before, g.current.Load()):
		g.tell(Loaded, nil)
	case works:
		g.tell(LoadWorks, nil)
	}
	return err
}

// isAnother reports whether after is not the same licence, judged again.
func isAnother(before, after *license) bool {
	return after != before && (before == nil || !before.result.License.Payload.Equal(after.result.License.Payload))
}

func (g *Guard) noteStore(err error) {
	var failed, works bool
	g.notes.change(func() {
		failed, works = err != nil && g.notes.storeErr == nil, err == nil && g.notes.storeErr != nil
		g.notes.storeErr = err
	})
	if failed {
		g.tell(StoreFailed, err)
	}
	if works {
		g.tell(StoreWorks, nil)
	}
}

// clockTolerance is how far the clock may be behind before that is told: the
// clocks of several machines are never quite the same.
const clockTolerance = time.Minute

// noteState tells of a licence that has expired, say, and of a clock set back.
func (g *Guard) noteState() {
	s := g.Status()
	var changed, behind bool
	g.notes.change(func() {
		changed = g.notes.state != "" && g.notes.state != s.State
		g.notes.state = s.State
		isBehind := s.ClockBehind > clockTolerance
		behind = isBehind && !g.notes.behind
		g.notes.behind = isBehind
	})
	if changed {
		g.tell(StateChanged, nil)
	}
	if behind {
		g.tell(ClockBehind, nil)
	}
}
