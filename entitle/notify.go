package entitle

import (
	"errors"
	"sync"
	"time"

	"github.com/licseal/licseal/revoke"
)

// notes is what happened while nobody asked, so that it is told once.
type notes struct {
	mu          sync.Mutex
	loadErr     error
	storeErr    error
	rememberErr error
	state       State
	behind      bool

	queue   []Event // to be told
	telling bool    // somebody does, one event after the other
}

// fill says what went wrong last.
func (n *notes) fill(s *Status) {
	n.mu.Lock()
	defer n.mu.Unlock()
	s.LoadErr, s.StoreErr, s.RememberErr = n.loadErr, n.storeErr, n.rememberErr
}

// note changes what is noted, and tells of the events that change returns, in the
// order in which they were noted.
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
		return // whoever does goes on with these
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

// reloadAndNote reads the source, and tells of what is new about it.
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

// noteLoad tells of another licence than before, or of why there is none. The caller
// has locked g.changing.
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

// sameFailure reports whether two errors say the same, but for what time it is.
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

// isAnother reports whether after is not the same licence, judged again.
func isAnother(before, after *license) bool {
	return after != before && (before == nil || !before.result.License.Payload.Equal(after.result.License.Payload))
}

func (g *Guard) noteStore(err error) {
	g.note(func(n *notes) []Event { return g.failure(&n.storeErr, err, StoreFailed, StoreWorks) })
}

func (g *Guard) noteRemember(err error) {
	g.note(func(n *notes) []Event { return g.failure(&n.rememberErr, err, RememberFailed, RememberWorks) })
}

// failure notes whether something failed, and returns what is new about that.
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

// clockTolerance is how far the clock may be behind before that is told: the
// clocks of several machines are never quite the same.
const clockTolerance = time.Minute

// noteState tells of a licence that has expired, say, and of a clock set back.
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
