package entitle

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

// A level is how much of an entitlement is in use at once, such as monitored hosts. It is
// taken and given back, and knows no months. Every change is in the store before it is
// allowed, with and without Options.Batch.

// LevelError says that an entitlement is a level and was asked for as a monthly count, or
// the other way round. See [Options].Levels.
type LevelError struct {
	Name    string
	IsLevel bool
}

func (e *LevelError) Error() string {
	if e.IsLevel {
		return fmt.Sprintf("%q is a level: use Take, Give, Set or Lease", e.Name)
	}
	return fmt.Sprintf("%q is counted by month: use Use, or list it in Options.Levels", e.Name)
}

// Take takes n more of a level, at least 1. They are allowed if the error is nil.
// Otherwise it is one of those of [Guard.Use], or a [*LevelError].
func (g *Guard) Take(ctx context.Context, name string, n int64) error {
	return g.TakeOnce(ctx, "", name, n)
}

// TakeOnce is Take, and takes them once for an idempotency key, however often it is called
// within a day: after a [*StoreError], the same call may be repeated. If the key was used
// for something else, the error wraps [ErrKeyReused].
func (g *Guard) TakeOnce(ctx context.Context, key, name string, n int64) error {
	if n < 1 || n > MaxCount {
		return fmt.Errorf("%d cannot be taken; take at least 1", n)
	}
	return g.raiseLevel(ctx, name, LevelChange{By: n, Key: key})
}

// raiseLevel changes a level, unless the licence is not good or the limit exceeded.
func (g *Guard) raiseLevel(ctx context.Context, name string, c LevelChange) error {
	grant, err := g.level(name)
	if err == nil {
		err = g.changeLevel(ctx, grant, c)
	}
	return g.advise(name, err, func() {
		if grant, err := g.grantOf(name, true); err == nil {
			g.changeLevel(ctx, grant.withoutBound(), c)
		}
	})
}

// withoutBound returns a grant of the same without a limit.
func (grant *grant) withoutBound() *grant {
	free := *grant
	free.bound = MaxCount
	return &free
}

// Give gives n of a level back, at least 1, down to nothing. It works whether or not the
// licence is good.
func (g *Guard) Give(ctx context.Context, name string, n int64) error {
	return g.GiveOnce(ctx, "", name, n)
}

// GiveOnce is Give with an idempotency key; see [Guard.TakeOnce].
func (g *Guard) GiveOnce(ctx context.Context, key, name string, n int64) error {
	if n < 1 || n > MaxCount {
		return fmt.Errorf("%d cannot be given back; give back at least 1", n)
	}
	grant, err := g.grantOf(name, true)
	if err != nil {
		return err
	}
	return g.changeLevel(ctx, grant, LevelChange{By: -n, Key: key})
}

// Set sets a level to n, without the leases, such as to what the product finds when it
// starts. A level that is not higher than before is always allowed.
func (g *Guard) Set(ctx context.Context, name string, n int64) error {
	if n < 0 || n > MaxCount {
		return fmt.Errorf("a level cannot be %d", n)
	}
	if grant, err := g.grantOf(name, true); err == nil && n <= g.levelOf(grant) {
		return g.changeLevel(ctx, grant, LevelChange{By: n, Set: true})
	}
	return g.raiseLevel(ctx, name, LevelChange{By: n, Set: true})
}

// level returns what the licence grants of a level, if it is good now.
func (g *Guard) level(name string) (*grant, error) {
	grant, _, err := g.permit(name)
	if err == nil && !g.isLevel(name) {
		err = &LevelError{name, false}
	}
	return grant, err
}

func (g *Guard) isLevel(name string) bool { return slices.Contains(g.opts.Levels, name) }

func (g *Guard) levelOf(grant *grant) int64 {
	if used, ok := g.levels.Load(grant.name); ok {
		return used.(*atomic.Int64).Load()
	}
	return 0
}

func (g *Guard) noteLevel(name string, used int64) {
	at, _ := g.levels.LoadOrStore(name, new(atomic.Int64))
	at.(*atomic.Int64).Store(used)
}

// changeLevel changes a level in the store.
func (g *Guard) changeLevel(ctx context.Context, grant *grant, c LevelChange) error {
	if g.closed.Load() {
		return ErrClosed
	}
	if !grant.counted {
		return nil
	}
	var level Level
	err := g.bounded(ctx, func(ctx context.Context) (err error) {
		level, err = g.applyLevel(ctx, grant, c)
		return err
	})
	if err != nil {
		return err
	}
	if !level.OK {
		return &LimitError{Name: grant.name, Limit: grant.bound, Used: level.Used, N: c.By, IsLevel: true}
	}
	return nil
}

func (g *Guard) applyLevel(ctx context.Context, grant *grant, c LevelChange) (Level, error) {
	if err := g.share(ctx); err != nil {
		return Level{}, err
	}
	c.Installation, c.Name, c.Time, c.Limit = g.opts.Installation, grant.name, timeOf(g.shared()), grant.bound
	level, err := g.store.Change(ctx, c)
	if err != nil {
		return Level{}, err
	}
	g.learned(level.Latest)
	g.noteLevel(grant.name, level.Used)
	return level, nil
}

// refreshLevels learns what others have taken.
func (g *Guard) refreshLevels(ctx context.Context) error {
	if len(g.opts.Levels) == 0 {
		return nil
	}
	levels, err := g.store.Levels(ctx, g.opts.Installation)
	if err != nil {
		return err
	}
	for _, name := range g.opts.Levels {
		g.noteLevel(name, levels[name])
	}
	return nil
}

// Lease is one of a level, such as a floating seat of a user. The guard renews it four
// times in [Options].Lapse, until it is released. If its holder dies, it lapses.
type Lease struct {
	guard  *Guard
	name   string
	holder string
	held   atomic.Bool
	heard  atomic.Int64 // when it was last renewed; see reading.ran
	since  time.Time    // the same by the clock of the process
	isLost bool         // this was reported
}

// Lease takes one of a level for as long as it is not released. The errors are those of
// [Guard.Take].
func (g *Guard) Lease(ctx context.Context, name string) (*Lease, error) {
	if g.closed.Load() {
		return nil, ErrClosed
	}
	l := &Lease{guard: g, name: name, holder: rand.Text()}
	grant, err := g.level(name)
	if err == nil {
		err = l.renew(ctx, grant)
	}
	if err = g.advise(name, err, nil); err != nil {
		return nil, err
	}
	g.leasesMu.Lock()
	defer g.leasesMu.Unlock()
	g.leases = append(g.leases, l)
	return l, nil
}

// renew takes the lease, or keeps it.
func (l *Lease) renew(ctx context.Context, grant *grant) error {
	g, now := l.guard, time.Now() // before the store counts the time
	err := g.changeLevel(ctx, grant, LevelChange{Lease: l.holder, Lapse: g.opts.Lapse, By: 1})
	if err == nil {
		l.since = now
		l.heard.Store(g.read().ran)
	}
	if !isStore(err) {
		l.held.Store(err == nil)
	}
	return err
}

// Held reports whether the lease is held. It is false after Release, if the store could
// not be reached for so long that it has lapsed, and if the licence allows fewer now; the
// guard keeps trying to get it back.
func (l *Lease) Held() bool {
	return l.held.Load() && time.Duration(l.guard.read().ran-l.heard.Load()) < l.guard.opts.Lapse
}

// Release gives the lease back. The error is a [*StoreError]; the lease lapses later.
func (l *Lease) Release(ctx context.Context) error {
	g := l.guard
	g.leasesMu.Lock()
	g.leases = slices.DeleteFunc(g.leases, func(other *Lease) bool { return other == l })
	g.leasesMu.Unlock()
	return l.giveBack(ctx)
}

func (l *Lease) giveBack(ctx context.Context) error {
	l.held.Store(false)
	return l.guard.bounded(ctx, func(ctx context.Context) error {
		_, err := l.guard.applyLevel(ctx, &grant{name: l.name}, LevelChange{Lease: l.holder})
		return err
	})
}

// keepLeases renews the leases that are due, and reports one that was lost.
func (g *Guard) keepLeases(ctx context.Context) {
	g.leasesMu.Lock()
	all := slices.Clone(g.leases)
	g.leasesMu.Unlock()
	for _, l := range all {
		if l.Held() && time.Since(l.since) < g.opts.Lapse/4 {
			continue
		}
		grant, err := g.level(l.name)
		if err == nil {
			err = l.renew(ctx, grant)
		} else {
			l.held.Store(false)
		}
		if !l.Held() && !l.isLost {
			g.note(func(*notes) []Event { return g.event(LeaseLost, err) })
		}
		l.isLost = !l.Held()
	}
}

func (g *Guard) releaseLeases(ctx context.Context) error {
	g.leasesMu.Lock()
	all := g.leases
	g.leases = nil
	g.leasesMu.Unlock()
	for _, l := range all {
		if err := l.giveBack(ctx); err != nil {
			return err
		}
	}
	return nil
}
