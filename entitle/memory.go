package entitle

import (
	"context"
	"slices"
	"sync"
	"time"
)

// NewMemory returns a store that keeps everything in memory.
func NewMemory() Store {
	return &memory{installations: make(map[string]*installation)}
}

type memory struct {
	mu            sync.Mutex
	installations map[string]*installation
}

type installation struct {
	clock   Clock
	version int64 // see Store.Version
	levels  levels
	counts  map[countKey]int64
	last    map[string]int64      // the Seq of each writer's last batch
	seats   map[seatKey]time.Time // when each seat last reported
}

type countKey struct {
	month Month
	name  string
}

type seatKey struct{ fingerprint, writer string }

// get returns an installation; the caller has locked m.
func (m *memory) get(name string) *installation {
	in := m.installations[name]
	if in == nil {
		in = &installation{
			counts: make(map[countKey]int64),
			last:   make(map[string]int64),
			seats:  make(map[seatKey]time.Time),
			levels: levels{make(map[string]int64), make(map[leaseKey]time.Time), make(map[string]usedKey)},
		}
		m.installations[name] = in
	}
	return in
}

func (in *installation) see(t time.Time) {
	in.clock.Latest = latest(in.clock.Latest, t)
}

func (m *memory) Apply(_ context.Context, b Batch) (Applied, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	in := m.get(b.Installation)
	in.see(b.Time)
	in.version++
	applied := Applied{Granted: true, Counts: make([]int64, len(b.Adds)), Latest: in.clock.Latest}
	if b.Seq > in.last[b.Writer] {
		var err error
		if applied.Granted, err = in.add(b); err != nil {
			return Applied{}, err
		}
	}
	for i, add := range b.Adds {
		applied.Counts[i] = in.counts[countKey{add.Month, add.Name}]
	}
	return applied, nil
}

// add adds a batch that was not applied before, unless that would pass a limit, or a
// month has ended.
func (in *installation) add(b Batch) (granted bool, err error) {
	var adds []Add // but for those whose keys were used
	for _, add := range b.Adds {
		isUsed, err := in.once(add.Key, add.Name, add.N)
		if err != nil {
			return false, err
		}
		if !isUsed {
			adds = append(adds, add)
		}
	}
	for _, add := range adds {
		if b.Current && add.Month < MonthOf(in.clock.Latest) {
			return false, nil
		}
		if add.N > 0 && add.N > add.Limit-in.counts[countKey{add.Month, add.Name}] {
			return false, nil
		}
	}
	for _, add := range adds {
		in.counts[countKey{add.Month, add.Name}] += add.N
		in.keep(add.Key, add.Name, add.N)
	}
	in.last[b.Writer] = b.Seq
	return true, nil
}

func (m *memory) Totals(_ context.Context, installation string, month Month) (Totals, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	in := m.get(installation)
	totals := Totals{Latest: in.clock.Latest, Counts: make(map[string]int64)}
	for key, n := range in.counts {
		if key.month == month {
			totals.Counts[key.name] = n
		}
	}
	return totals, nil
}

func (m *memory) Version(_ context.Context, installation string) (int64, time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	in := m.get(installation)
	return in.version, in.clock.Latest, nil
}

func (m *memory) Usage(_ context.Context, installation string) ([]Usage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []Usage
	for key, n := range m.get(installation).counts {
		all = append(all, Usage{key.month, key.name, n})
	}
	SortUsage(all)
	return all, nil
}

func (m *memory) Hold(_ context.Context, s Seat) (Held, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	in := m.get(s.Installation)
	in.see(s.Time)
	others := make(map[string]struct{})
	for key, heard := range in.seats {
		switch {
		case in.clock.Latest.Sub(heard) >= s.Lapse:
			delete(in.seats, key)
		case key.fingerprint != s.Fingerprint:
			others[key.fingerprint] = struct{}{}
		}
	}
	if int64(len(others)) >= s.Max {
		delete(in.seats, seatKey{s.Fingerprint, s.Writer})
		return Held{Machines: int64(len(others))}, nil
	}
	in.seats[seatKey{s.Fingerprint, s.Writer}] = in.clock.Latest
	return Held{OK: true, Machines: int64(len(others)) + 1}, nil
}

func (m *memory) Release(_ context.Context, installation, fingerprint, writer string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.get(installation).seats, seatKey{fingerprint, writer})
	return nil
}

func (m *memory) See(_ context.Context, installation string, s Sighting) (Clock, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	in := m.get(installation)
	in.clock.See(s)
	return in.clock.clone(), nil
}

func (m *memory) Clock(_ context.Context, installation string) (Clock, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.get(installation).clock.clone(), nil
}

func (c *Clock) clone() Clock {
	clone := *c
	clone.Hosts = slices.Clone(c.Hosts)
	return clone
}

func (m *memory) SetClock(_ context.Context, installation string, t time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	in := m.get(installation)
	in.clock.Set(t, time.Now().UTC())
	for key, heard := range in.seats {
		in.seats[key] = earlier(heard, in.clock.Latest)
	}
	for key, end := range in.levels.leases {
		in.levels.leases[key] = earlier(end, in.clock.Latest)
	}
	for key, used := range in.levels.keys {
		used.at = earlier(used.at, in.clock.Latest)
		in.levels.keys[key] = used
	}
	return nil
}
