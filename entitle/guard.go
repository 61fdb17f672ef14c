package entitle

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/verify"
)

// Options says how a guard works. The zero value, like nil, is the strictest.
type Options struct {
	// Store keeps what outlives the process. If nil, nothing does.
	Store Store

	// Installation is the name under which usage, machines and the clock
	// are kept in the store. All processes of one name count together.
	Installation string

	// Batch counts in memory and writes every half second, in place of
	// writing each use before it is allowed. See the package's documentation
	// for what that may lose.
	Batch bool

	// MayBeMissing lets a guard open without a licence, in the state
	// Missing, which allows nothing.
	MayBeMissing bool

	// Revocations is where a signed revocation list comes from, such as
	// [File]. If nil, nothing is revoked. If not, there must be a list: one
	// that is missing, forged or stale is an error of Open. One that turns so
	// while the guard is open replaces nothing, lets no other licence in, and is
	// in Status.
	Revocations Source

	// MaxListAge is for how long after its issue the list is used. If zero,
	// until its next update.
	MaxListAge time.Duration

	// Remember, if not nil, keeps the latest instant and the newest revocation
	// list for the next start, beside what the store keeps: without it, an
	// older list is refused for as long as the guard is open. It changes what
	// is remembered and returns what that is then, as package state does:
	//
	//	Remember: func(change func(*verify.Memory) error) (*verify.Memory, error) {
	//		return state.Update("licence.state", change)
	//	}
	Remember func(change func(*verify.Memory) error) (*verify.Memory, error)

	// Issuer is a pattern that one of the principals of the signing key must
	// match, as "*@vendor.example". If empty, any trusted key will do.
	Issuer string

	// Lapse is after how long without a word a machine's seat is free again.
	// If zero, ten minutes; two seconds at least.
	Lapse time.Duration

	// StoreTimeout is how long the store may take for one thing. If zero,
	// five seconds.
	StoreTimeout time.Duration

	// Notify, if not nil, is told what happens while nobody asks, one event
	// after the other. It may ask for Status and Limits, and must not call
	// what counts, writes, loads or closes. It must be quick: until it returns,
	// what it was told by does not go on, which may be the writing of usage.
	Notify func(Event)

	// Clock tells the time. If nil, time.Now does.
	Clock func() time.Time
}

// Event is something that happened while nobody asked.
type Event struct {
	Kind  EventKind
	State State // of the licence now
	Err   error // what went wrong, if anything did
}

// EventKind is a stable word for what happened.
type EventKind string

// What may happen.
const (
	Loaded         EventKind = "loaded"          // another licence is in use
	LoadFailed     EventKind = "load failed"     // the source has something else, which is not used: Err says why
	LoadWorks      EventKind = "load works"      // again: the source has the licence that is in use
	StateChanged   EventKind = "state changed"   // the licence has expired, say
	ClockBehind    EventKind = "clock behind"    // the clock was set back; time stands still until it has caught up
	StoreFailed    EventKind = "store failed"    // usage could not be written; it is kept and tried again
	StoreWorks     EventKind = "store works"     // again
	RememberFailed EventKind = "remember failed" // what Options.Remember keeps could not be written; it is tried again
	RememberWorks  EventKind = "remember works"  // again
	SeatLost       EventKind = "seat lost"       // other machines have taken this one's place: Err is a *MachinesError
)

// Guard answers what a licence allows. It is safe for concurrent use.
type Guard struct {
	source  Source
	trusted []licseal.TrustedKey // guarded by loading
	opts    Options
	store   Store
	writer  string // this guard, in the store
	clock   func() time.Time

	current atomic.Pointer[license] // nil if there is none
	floor   atomic.Int64            // the latest instant seen, less floorStep at most

	countersMu sync.Mutex
	counters   map[string]*counter

	changing sync.Mutex // one after the other: what may change the licence, and tells of that

	loading     sync.Mutex // guards this block
	loaded      []byte     // the document that current was read from
	revocations *revocations

	writing sync.Mutex // guards this block, and what buckets say of the store
	seq     int64
	unsent  *unsent // tried, and not known to be written
	clockAt int64   // the instant that was last written

	remembered atomic.Int64 // the instant that was last remembered

	seatsMu sync.Mutex
	seats   []*Binding

	notes notes

	requests chan *request // for uses that are written at once
	closed   atomic.Bool
	done     <-chan struct{} // is closed when no more requests are served
	cancel   context.CancelFunc
	writers  sync.WaitGroup // what writes to the store
	watcher  sync.WaitGroup // what reads the sources
}

// Open verifies the licence of a source against the trusted keys and returns a
// guard that answers what it allows. A licence that is expired, not yet valid or
// suspended opens: the guard is in that state, and allows nothing. opts may be nil.
//
// The errors are those of [verify.License] for what is no licence or not signed
// by a trusted key, a [*FieldError] for one that is no entitlement licence, those
// of the source, and a [*StoreError].
//
// The guard must be closed. Until then it reads its source twice a second.
func Open(ctx context.Context, source Source, trusted []licseal.TrustedKey, opts *Options) (*Guard, error) {
	g := newGuard(source, trusted, opts)
	if err := g.learn(ctx); err != nil {
		return nil, err
	}
	if err := g.rememberNow(); err != nil {
		return nil, err
	}
	if err := g.reload(); err != nil && !g.mayStartWithout(err) {
		return nil, err
	}
	if err := g.flush(ctx); err != nil {
		return nil, err
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	g.cancel, g.done = cancel, running.Done()
	g.noteState()
	g.watcher.Go(func() { every(running, g.look) })
	g.writers.Go(func() { every(running, g.keep) })
	if !g.opts.Batch {
		g.writers.Go(func() { g.serve(running) })
	}
	return g, nil
}

func newGuard(source Source, trusted []licseal.TrustedKey, opts *Options) *Guard {
	g := &Guard{
		source: source, trusted: trusted, writer: rand.Text(), revocations: new(revocations),
		counters: make(map[string]*counter), requests: make(chan *request),
	}
	if opts != nil {
		g.opts = *opts
	}
	g.store, g.clock = g.opts.Store, g.opts.Clock
	if g.store == nil {
		g.store = NewMemory()
	}
	if g.clock == nil {
		g.clock = time.Now
	}
	if g.opts.Remember == nil {
		g.opts.Remember = inMemory()
	}
	if g.opts.Lapse <= 0 {
		g.opts.Lapse = defaultLapse
	}
	g.opts.Lapse = max(g.opts.Lapse, 4*interval)
	if g.opts.StoreTimeout <= 0 {
		g.opts.StoreTimeout = defaultStoreTimeout
	}
	g.floor.Store(math.MinInt64 / 2) // no difference from it overflows
	return g
}

// learn takes the latest instant that was seen from the store, before anything is
// judged by the clock.
func (g *Guard) learn(ctx context.Context) error {
	ctx, cancel := g.inTime(ctx)
	defer cancel()
	totals, err := g.store.Totals(ctx, g.opts.Installation, MonthOf(g.clock()))
	if err != nil {
		return &StoreError{err}
	}
	if !totals.Latest.IsZero() {
		g.raiseFloor(nanos(totals.Latest))
	}
	return nil
}

// mayStartWithout reports whether a guard may open without a licence. One that
// is there and is not good is an error all the same.
func (g *Guard) mayStartWithout(err error) bool {
	var absent *absentError
	return g.opts.MayBeMissing && errors.As(err, &absent)
}

// reload reads the revocation list and the source, and takes what the source
// has, if that is another licence and is good, or if the one in use is not. The
// one in use is judged again when the list is another.
func (g *Guard) reload() error {
	g.loading.Lock()
	defer g.loading.Unlock()
	now := g.now()
	listErr := g.loadRevocations()
	data, modified, err := load(g.source)
	isLoaded := err == nil && g.loaded != nil && bytes.Equal(data, g.loaded)
	mustJudge := g.revocations.changed || g.revocations.isStale(timeOf(now), g.opts.MaxListAge)
	switch {
	case isLoaded && !mustJudge:
		return listErr
	case !isLoaded && listErr != nil:
		return listErr
	case err != nil:
		return err
	}
	next, err := g.judge(data, timeOf(now))
	if err != nil && isLoaded {
		return g.judgedAgain(err)
	}
	if err == nil && !isLoaded {
		err = g.mayReplace(next, now)
	}
	if err != nil {
		return named(g.source, err)
	}
	g.revocations.changed = false
	next.modified = modified
	g.put(next, data, now)
	return listErr
}

// judgedAgain takes in that the licence in use, which was good, now is refused:
// nobody vouches any longer for the key that signed it.
func (g *Guard) judgedAgain(err error) error {
	var revoked *verify.RevokedError
	var signature *verify.SignatureError
	var issuer *verify.IssuerError
	if errors.As(err, &revoked) || errors.As(err, &signature) || errors.As(err, &issuer) {
		suspended := *g.current.Load()
		suspended.suspended = true
		g.current.Store(&suspended)
	}
	return err
}

// mayReplace refuses a licence that allows nothing in place of one that does.
func (g *Guard) mayReplace(next *license, now int64) error {
	current, state := g.current.Load(), next.stateAt(now)
	if current == nil || state.Good() || !current.stateAt(now).Good() {
		return nil
	}
	return next.stateError(state, now)
}

// put puts a licence in use. The caller has locked g.loading.
func (g *Guard) put(next *license, data []byte, now int64) {
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
	}
	if next.modified.IsZero() {
		next.modified = timeOf(now)
		if before := g.current.Load(); !isAnother(before, next) {
			next.modified = before.modified
		}
	}
	g.current.Store(next)
	g.loaded = bytes.Clone(data)
}

// Reload reads the source now rather than within half a second, and says why
// what it has is not used.
func (g *Guard) Reload(ctx context.Context) error {
	if g.closed.Load() {
		return ErrClosed
	}
	if err := g.reloadAndNote(); err != nil {
		return err
	}
	return g.flush(ctx)
}

// Close writes what is not yet written, releases the machine's seats and ends
// the guard, which allows nothing from then on. It waits ten seconds at most. A
// [*StoreError] means that some of the last uses were not written, or a seat not
// released; another error, that [Options].Remember failed.
func (g *Guard) Close() error {
	if g.closed.Swap(true) {
		return ErrClosed
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	g.cancel()
	await(ctx, func() error { g.writers.Wait(); return nil })
	g.sealAll()
	written := errors.Join(g.flush(ctx), g.releaseAll(ctx))
	return errors.Join(written, await(ctx, func() error {
		g.watcher.Wait()
		return g.rememberNow()
	}))
}

// closeTimeout is how long Close may take.
const closeTimeout = 10 * time.Second

// await returns what f does, unless ctx ends before.
func await(ctx context.Context, f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Trust sets the trusted keys anew. The licence in use is judged by them within
// half a second; if its key is no longer among them, it is suspended.
func (g *Guard) Trust(trusted []licseal.TrustedKey) {
	g.loading.Lock()
	defer g.loading.Unlock()
	g.trusted = trusted
	g.revocations.changed = true
}

// permit returns what the licence says of an entitlement, if it is good now.
func (g *Guard) permit(name string) (*grant, int64, error) {
	l, now := g.current.Load(), g.now()
	if l == nil {
		return nil, now, ErrNoLicense
	}
	if state := l.stateAt(now); !state.Good() {
		g.raiseFloor(now)
		return nil, now, l.stateError(state, now)
	}
	if grant := l.grants[name]; grant != nil {
		return grant, now, nil
	}
	return nil, now, &NotIncludedError{name}
}

// Allows reports whether the licence is good now and includes an entitlement.
// It does not look at how much of it is used; one with a limit of zero is not
// included.
func (g *Guard) Allows(name string) bool {
	l, now := g.current.Load(), g.now()
	if l == nil || g.closed.Load() {
		return false
	}
	if !l.stateAt(now).Good() {
		g.raiseFloor(now)
		return false
	}
	grant := l.grants[name]
	return grant != nil && grant.max > 0
}

// Status is how a licence stands at an instant.
type Status struct {
	State State
	Time  time.Time // the instant of judgement

	// License was verified; nil if there is none. Key signed it.
	License *licseal.License
	Key     licseal.TrustedKey
	licseal.Period
	GraceEnd time.Time // the licence allows nothing from then on

	Modified  time.Time // when it was put where it was found
	Validated time.Time // when it was verified

	// ClockBehind is by how much the clock is behind the latest instant that
	// was seen: zero, unless it was set back.
	ClockBehind time.Duration

	LoadErr     error // why what the source has now is not used; nil if it is
	StoreErr    error // why usage could not be written; nil if it was
	RememberErr error // why Options.Remember failed; nil if it did not
}

// Status judges the licence now.
func (g *Guard) Status() Status { return g.statusOf(g.current.Load()) }

// statusOf judges a licence now; nil is none.
func (g *Guard) statusOf(l *license) Status {
	now := g.now()
	g.raiseFloor(now)
	s := Status{State: Missing, Time: timeOf(now)}
	if behind := now - nanos(g.clock()); behind > 0 && g.floor.Load() == now {
		s.ClockBehind = time.Duration(behind)
	}
	g.notes.fill(&s)
	if l == nil {
		return s
	}
	s.State = l.stateAt(now)
	s.License, s.Key, s.Period, s.GraceEnd = l.result.License, l.result.Key, l.result.Period, l.result.GraceEnd
	s.Modified, s.Validated = l.modified, l.validated
	return s
}
