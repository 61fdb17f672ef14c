package entitle

import (
	"bytes"
	"fmt"
	"sync"
	"time"

	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/verify"
)

// revocations is the revocation list in use.
type revocations struct {
	list    *revoke.List // nil if none is asked for
	data    []byte       // what it was read from
	stamp   string       // of its source then
	changed bool         // what the licence in use is judged by, since it was
}

// loadRevocations reads the revocation list, if one is asked for, and takes it if
// it is another and a good one. The caller has locked g.loading.
func (g *Guard) loadRevocations() error {
	if g.opts.Revocations == nil {
		return nil
	}
	r := g.revocations
	seen := stamp(g.opts.Revocations)
	if r.list != nil && seen != "" && seen == r.stamp {
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
	r.list, r.data, r.stamp, r.changed = list, data, seen, true
	return nil
}

// isStale reports whether the list is too old to be judged by.
func (r *revocations) isStale(now time.Time, maxAge time.Duration) bool {
	if r.list == nil {
		return false
	}
	contents := r.list.Contents()
	return !now.Before(contents.NextUpdate) || maxAge > 0 && now.Sub(contents.Issued) > maxAge
}

// rememberNow notes what time it is.
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

// remember notes what time it is, and a revocation list unless it is nil, which is
// refused if a newer one is remembered.
func (g *Guard) remember(list *revoke.List) error {
	now := g.now()
	m, err := g.opts.Remember(func(m *verify.Memory) error { return m.Observe(timeOf(now), list, 0) })
	if err != nil {
		return err
	}
	g.raiseFloor(nanos(m.Latest))
	return nil
}

// inMemory returns what remembers until the process ends.
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
