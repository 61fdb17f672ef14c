package entitle

import (
	"errors"
	"sync"
	"time"

	"github.com/licseal/licseal/revoke"
)

// notes is the last known outcome of everything that goes on in the background, so that
// each change is reported once.
type notes struct {
	mu          sync.Mutex
	loadErr     error
	storeErr    error
	rememberErr error
	state       State
	behind      bool
	clockErr    error
	ahead       string // the hosts that clockErr names

	queue   []Event // to be reported
	telling bool    // a goroutine is reporting them
}

// fill sets the errors of a status.
func (n *notes) fill(s *Status) {
	n.mu.Lock()
	defer n.mu.Unlock()
	s.LoadErr, s.StoreErr, s.RememberErr, s.ClockErr = n.loadErr, n.storeErr, n.rememberErr, n.clockErr
}

// note changes the notes, and reports the events that change returns, in the order of the
// changes.
func (g *Guard) note(change func(*notes) []Event) {
	n := &g.notes
	n.mu.Lock()
	defer n.mu.Unlock()
	events := change(n)
	if g.opts.Notify == nil {
		return
	}
	n.queue = append(n.queue, events...)
	if n.telling {
		return // that goroutine also reports these
	}
	n.telling = true
	for len(n.queue) > 0 {
		next := n.queue[0]
		n.queue = n.queue[1:]
		func() {
			n.mu.Unlock()
			defer n.mu.Lock()
			g.opts.Notify(next)
		}()
	}
	n.telling = false
}

// event returns an event of this moment.
func (g *Guard) event(kind EventKind, err error) []Event {
	state := Missing
	if l := g.current.Load(); l != nil {
		state = l.stateAt(g.now())
	}
	return []Event{{kind, state, err}}
}

// reloadAndNote reads the source, and reports what has changed.
func (g *Guard) reloadAndNote() error {
	g.changing.Lock()
	defer g.changing.Unlock()
	before := g.current.Load()
	err := g.reload()
	if before == nil && g.mayStartWithout(err) {
		err = nil
	}
	g.noteLoad(before, err)
	return err
}

// noteLoad reports a licence that has replaced the one before, or an error of loading.
// The caller has locked g.changing.
func (g *Guard) noteLoad(before *license, err error) {
	g.note(func(n *notes) []Event {
		last := n.loadErr
		n.loadErr = err
		switch {
		case err != nil && !sameFailure(last, err):
			return g.event(LoadFailed, err)
		case isAnother(before, g.current.Load()):
			return g.event(Loaded, nil)
		case err == nil && last != nil:
			return g.event(LoadWorks, nil)
		}
		return nil
	})
}

// sameFailure reports whether two errors differ at most in the instant of judgement.
func sameFailure(a, b error) bool {
	var state, other *InactiveError
	if errors.As(a, &state) && errors.As(b, &other) {
		return state.State == other.State && state.Since.Equal(other.Since)
	}
	var list, otherList *revoke.Error
	if errors.As(a, &list) && errors.As(b, &otherList) {
		return list.Reason == otherList.Reason
	}
	return a != nil && b != nil && a.Error() == b.Error()
}

// isAnother reports whether after is a different licence, and not the same one judged
// again.
func isAnother(before, after *license) bool {
	return after != before && (before == nil || !before.result.License.Payload.Equal(after.result.License.Payload))
}

func (g *Guard) noteStore(err error) {
	g.note(func(n *notes) []Event { return g.failure(&n.storeErr, err, StoreFailed, StoreWorks) })
}

func (g *Guard) noteRemember(err error) {
	g.note(func(n *notes) []Event { return g.failure(&n.rememberErr, err, RememberFailed, RememberWorks) })
}

// failure notes whether something failed, and returns an event if that has changed.
func (g *Guard) failure(last *error, err error, failed, works EventKind) []Event {
	before := *last
	*last = err
	switch {
	case err != nil && before == nil:
		return g.event(failed, err)
	case err == nil && before != nil:
		return g.event(works, nil)
	}
	return nil
}

// clockTolerance is how far the clock may be behind before that is reported: the clocks
// of several machines always differ a little.
const clockTolerance = time.Minute

// noteState reports a new state of the licence, and a clock that was set back.
func (g *Guard) noteState() {
	s := g.Status()
	g.note(func(n *notes) (events []Event) {
		if n.state != "" && n.state != s.State {
			events = append(events, g.event(StateChanged, nil)...)
		}
		isBehind := s.ClockBehind > clockTolerance
		if isBehind && !n.behind {
			events = append(events, g.event(ClockBehind, nil)...)
		}
		n.state, n.behind = s.State, isBehind
		return events
	})
}
