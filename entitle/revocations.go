package entitle

import (
	"bytes"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/verify"
)

// revocations is the revocation list in use.
type revocations struct {
	list  *revoke.List // nil if revocation is not checked
	data  []byte       // the document that it was read from
	stamp fs.FileInfo  // of its source at that time
}

// loadRevocations reads the revocation list, if there is a source of one, and takes
// it if it has changed and is good. The caller has locked g.loading.
func (g *Guard) loadRevocations() error {
	if g.opts.Revocations == nil {
		return nil
	}
	r := g.revocations
	if r.list == nil { // also one that was forgotten with its signer
		g.listDue.Store(0)
	}
	seen := stampOf(g.opts.Revocations)
	if r.list != nil && isUnchanged(seen, r.stamp) {
		return nil // a list may be large
	}
	data, _, err := g.opts.Revocations.Load()
	if err != nil {
		return fmt.Errorf("reading the revocation list: %w", err)
	}
	if r.list != nil && bytes.Equal(data, r.data) {
		r.stamp = seen
		return nil
	}
	list, err := revoke.Verify(data, g.trusted)
	if err != nil {
		return fmt.Errorf("the revocation list: %w", err)
	}
	if err := g.remember(list); err != nil {
		return fmt.Errorf("the revocation list: %w", err)
	}
	r.list, r.data, r.stamp = list, data, seen
	g.listIssued.Store(nanos(list.Contents().Issued))
	g.listDue.Store(nanos(dueOf(list, g.opts.MaxListAge)))
	g.tellSoon()
	g.verifier, g.mustJudge = nil, true
	return nil
}

// dueOf returns from when on a list is not used.
func dueOf(list *revoke.List, maxAge time.Duration) time.Time {
	due := list.Contents().NextUpdate
	if byAge := list.Contents().Issued.Add(maxAge); maxAge > 0 && byAge.Before(due) {
		return byAge
	}
	return due
}

// isStale reports whether the list is too old to judge by.
func (r *revocations) isStale(now time.Time, maxAge time.Duration) bool {
	return r.list != nil && r.list.CheckFresh(now, maxAge) != nil
}

// rememberNow remembers the time.
func (g *Guard) rememberNow() error {
	now := g.now()
	err := g.remember(nil)
	if err != nil {
		err = fmt.Errorf("remembering the time: %w", err)
	} else {
		g.remembered.Store(now)
	}
	g.noteRemember(err)
	return err
}

// remember remembers the time, and a revocation list unless it is nil. The list is
// refused if a newer one is remembered.
func (g *Guard) remember(list *revoke.List) error {
	g.remembering.Lock()
	defer g.remembering.Unlock()
	now, marks, unwritten := g.now(), g.marks(), g.unwritten()
	m, err := g.opts.Remember(func(m *verify.Memory) error {
		if err := g.followIn(m); err != nil {
			return err
		}
		before := m.Latest
		if err := m.Observe(timeOf(now), list, 0); err != nil {
			return err
		}
		m.Latest = latest(before, m.List.Issued, timeOf(g.shared())) // not what only this host shows
		m.Lead = g.leadToRemember()
		m.Used = mergeMarks(m.Used, marks)
		m.Unwritten = mergeUnwritten(m.Unwritten, *g.confessed.Load(), unwritten)
		return nil
	})
	if err != nil {
		return err
	}
	g.learned(m.Latest)
	g.marked.Store(&marks)
	g.confessed.Store(&unwritten)
	g.markedAt.Store(time.Now().UnixNano())
	return nil
}

// recall gets the time, and what is to be known of it, from the last run.
func (g *Guard) recall() error {
	m, err := g.opts.Remember(func(*verify.Memory) error { return nil })
	if err != nil {
		return fmt.Errorf("remembering the time: %w", err)
	}
	g.toldMu.Lock()
	g.recalled, g.lastMarks, g.lastLost = m.Lead, m.Used, m.Unwritten
	g.toldMu.Unlock()
	g.learned(m.Floor())
	return nil
}

// leadToRemember returns what the next run is to know of the clock of this host.
func (g *Guard) leadToRemember() verify.Lead {
	g.toldMu.Lock()
	defer g.toldMu.Unlock()
	lead := verify.Lead{Sum: g.told.clock.Lead, At: g.told.clock.LeadAt}
	for _, h := range g.told.clock.Hosts {
		if h.Host == g.host {
			lead.Since = h.AheadSince
		}
	}
	return lead
}

// inMemory returns an [Options].Remember that forgets when the process ends.
func inMemory() func(func(*verify.Memory) error) (*verify.Memory, error) {
	var mu sync.Mutex
	var m verify.Memory
	return func(change func(*verify.Memory) error) (*verify.Memory, error) {
		mu.Lock()
		defer mu.Unlock()
		if err := change(&m); err != nil {
			return nil, err
		}
		now := m
		return &now, nil
	}
}
