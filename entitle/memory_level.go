package entitle

import (
	"context"
	"time"
)

// levels are the levels of an installation in memory.
type levels struct {
	taken  map[string]int64
	leases map[leaseKey]time.Time // when each lapses
	keys   map[string]usedKey
}

type leaseKey struct{ name, holder string }

type usedKey struct {
	name string
	n    int64
	at   time.Time
}

// used returns a level, with its leases but that of one holder.
func (in *installation) used(name, but string) int64 {
	n := in.levels.taken[name]
	for key, end := range in.levels.leases {
		if key.name == name && key.holder != but && end.After(in.clock.Latest) {
			n++
		}
	}
	return n
}

// once reports whether a key was used before, and notes it. For something else, it is an
// error.
func (in *installation) once(key, name string, n int64) (bool, error) {
	if key == "" {
		return false, nil
	}
	for key, used := range in.levels.keys {
		if in.clock.Latest.Sub(used.at) > keyLife {
			delete(in.levels.keys, key)
		}
	}
	used, isUsed := in.levels.keys[key]
	if isUsed && (used.name != name || used.n != n) {
		return true, ErrKeyReused
	}
	return isUsed, nil
}

func (in *installation) keep(key, name string, n int64) {
	if key != "" {
		in.levels.keys[key] = usedKey{name, n, in.clock.Latest}
	}
}

func (m *memory) Change(_ context.Context, c LevelChange) (Level, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	in := m.get(c.Installation)
	in.see(c.Time)
	key, n := c.Once()
	isUsed, err := in.once(key, c.Name, n)
	if err != nil {
		return Level{}, err
	}
	ok := isUsed || in.change(c)
	if ok && !isUsed {
		in.keep(key, c.Name, n)
	}
	return Level{ok, in.used(c.Name, ""), in.clock.Latest}, nil
}

// change changes a level, unless that would exceed its limit.
func (in *installation) change(c LevelChange) bool {
	if c.Lease != "" {
		key := leaseKey{c.Name, c.Lease}
		if c.Lapse <= 0 {
			delete(in.levels.leases, key)
			return true
		}
		if in.used(c.Name, c.Lease) >= c.Limit {
			delete(in.levels.leases, key)
			return false
		}
		in.levels.leases[key] = in.clock.Latest.Add(c.Lapse)
		return true
	}
	before := in.levels.taken[c.Name]
	after, isLess := c.After(before)
	if leased := in.used(c.Name, "") - before; !isLess && after > c.Limit-leased {
		return false
	}
	in.levels.taken[c.Name] = after
	return true
}

// After returns what is taken after a change, without leases, and whether that is no more
// than before.
func (c *LevelChange) After(taken int64) (after int64, isLess bool) {
	after = c.By
	if !c.Set {
		after = max(0, taken+c.By)
	}
	return after, after <= taken
}

// Once returns the key that a store keeps for a change, "" if it keeps none, and the number
// that it keeps with the key and the name: another change of the same name has another number.
func (c *LevelChange) Once() (key string, n int64) {
	const set = 2 * (MaxCount + 1) // more than any change by a number
	switch {
	case c.Lease != "":
		return "", 0
	case c.Set:
		return c.Key, set + c.By
	}
	return c.Key, c.By
}

func (m *memory) Levels(_ context.Context, installation string) (map[string]int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	in := m.get(installation)
	all := make(map[string]int64)
	for name := range in.levels.taken {
		all[name] = in.used(name, "")
	}
	for key := range in.levels.leases {
		all[key.name] = in.used(key.name, "")
	}
	return all, nil
}
