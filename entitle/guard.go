package entitle

import (
	"context"
	"crypto/rand"
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/trust"
	"github.com/licseal/licseal/verify"
)

// Guard answers what a licence allows. It is safe for concurrent use.
type Guard struct {
	source Source
	opts   Options
	store  Store
	writer string // this guard, in the store
	read   func() reading

	current    atomic.Pointer[license] // nil if no licence is in use
	host       Host
	sharedLead atomic.Int64 // as lead, of the latest instant that the store knows; noTime if none
	listDue    atomic.Int64 // when the revocation list is due; 0 if there is none
	listIssued atomic.Int64 // of the revocation list; 0 if there is none
	lead       atomic.Int64 // by how much the latest instant seen was ahead of reading.ran, less up to leadStep

	chain      atomic.Pointer[trust.Chain] // nil if the trusted keys do not come from one
	chainAhead atomic.Bool                 // what is remembered goes further

	countersMu sync.Mutex
	counters   map[string]*counter

	warned   warned
	changing sync.Mutex // held while the licence may change, until that is reported

	loading      sync.Mutex // guards this block
	loaded       []byte     // the document that current was read from
	trusted      []licseal.TrustedKey
	chainData    []byte // what the source of the chain had
	chainRefusal error  // why that was refused
	revocations  *revocations
	verifier     *verify.Verifier // of the two above; nil if one of them has changed
	mustJudge    bool             // so that the licence in use must be judged again

	writing lock // guards this block, and what buckets say of the store
	seq     int64
	unsent  *unsent // was sent, and may or may not be written
	fresh   fresh
	clockAt int64 // the last instant that was written

	telling  lock       // held while the store is told of the clock
	toldMu   sync.Mutex // guards this block
	told     told
	recalled verify.Lead // from the last run

	remembering sync.Mutex // held while something is remembered

	lastMarks []verify.Mark                 // the counts of the last run
	lastLost  []verify.Mark                 // and what it left unwritten
	confessed atomic.Pointer[[]verify.Mark] // what of this run was remembered as unwritten
	flushedAt atomic.Int64                  // when nothing was unwritten
	marked    atomic.Pointer[[]verify.Mark] // the counts that were remembered last
	markedAt  atomic.Int64

	remembered atomic.Int64 // the last instant that was remembered

	seatsMu  lock
	seats    []*Binding
	unseated atomic.Int32 // how many of them are not held

	levels   sync.Map // by name, how much is in use: *atomic.Int64
	leasesMu sync.Mutex
	leases   []*Lease

	notes   notes
	advised advised

	requests chan *request // for uses that are written at once
	closed   atomic.Bool
	done     <-chan struct{} // is closed when no more requests are served
	cancel   context.CancelFunc
	writers  sync.WaitGroup // goroutines that write to the store
	watcher  sync.WaitGroup // the goroutine that reads the sources
}

// Open verifies the licence of a source against the trusted keys, or those of the chain
// of [Options].TrustRoot, and returns a guard that answers what it allows. If the licence is expired, not yet valid or
// revoked, Open succeeds, and the guard allows nothing. opts may be nil.
//
// The errors are those of [verify.License], whose refusal of a field is a
// [*FieldError]; those of the source; and a [*StoreError].
//
// The guard must be closed. Until then it reads its source twice a second.
func Open(ctx context.Context, source Source, trusted []licseal.TrustedKey, opts *Options) (*Guard, error) {
	g := newGuard(source, trusted, opts)
	if g.opts.TrustRoot != nil && trusted != nil {
		return nil, errTwoTrusts
	}
	if g.opts.Installation == "" && g.opts.Store != nil {
		return nil, errNoInstallation
	}
	if err := g.learn(ctx); err != nil {
		return nil, err
	}
	if err := g.rememberNow(); err != nil {
		return nil, err
	}
	if err := g.reload(); err != nil && !g.mayOpen(err) {
		return nil, err
	}
	g.noteInForce()
	if err := g.flush(ctx); err != nil {
		return nil, err
	}
	g.noteUnwritten()
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
		writing: newLock(), seatsMu: newLock(), telling: newLock(),
	}
	if opts != nil {
		g.opts = *opts
	}
	g.store, g.read = g.opts.Store, clockOf(&g.opts)
	if g.opts.Installation == "" {
		g.opts.Installation = productName()
	}
	if g.store == nil {
		g.store = NewMemory()
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
	g.opts.WarnAt, g.opts.WarnBefore = orDefault(g.opts.WarnAt, defaultWarnAt), orDefault(g.opts.WarnBefore, defaultWarnBefore)
	g.advised.told = make(map[string]string)
	g.warned = warned{make(map[string]int64), make(map[string]warnedEnd)}
	if g.opts.MaxUnwritten <= 0 {
		g.opts.MaxUnwritten = defaultMaxUnwritten
	}
	g.confessed.Store(new([]verify.Mark))
	g.lead.Store(noTime)
	g.sharedLead.Store(noTime)
	g.host = hostOf(g.opts.Host)
	if g.opts.MaxClockLead <= 0 {
		g.opts.MaxClockLead = defaultClockLead
	}
	return g
}

// noTime is a lead before any time. No difference from it overflows.
const noTime = math.MinInt64 / 2

// learn gets the latest instant from what is remembered and from the store, before
// anything is judged by the clock.
func (g *Guard) learn(ctx context.Context) error {
	if err := g.recall(); err != nil {
		return err
	}
	ctx, cancel := g.inTime(ctx)
	defer cancel()
	if err := g.share(ctx); err != nil {
		return &StoreError{err}
	}
	return nil
}

// mayOpen reports whether an error of reload lets a guard open: if the chain of trust was
// refused, the licence was judged by what was in force.
func (g *Guard) mayOpen(err error) bool {
	return errors.As(err, new(*chainError)) || g.mayStartWithout(err)
}

// mayStartWithout reports whether an error of reload lets a guard open without a
// licence. A licence that exists and is refused does not.
func (g *Guard) mayStartWithout(err error) bool {
	var absent *absentError
	return g.opts.MayBeMissing && errors.As(err, &absent)
}

// Close writes what is not yet written, releases the machine's seats and ends
// the guard, which allows nothing from then on. It takes ten seconds at most. A
// [*StoreError] means that some of the last uses were not written, or that a seat was
// not released; another error means that [Options].Remember failed.
func (g *Guard) Close() error {
	if g.closed.Swap(true) {
		return ErrClosed
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	g.cancel()
	await(ctx, func() error { g.writers.Wait(); return nil })
	g.sealAll(ctx)
	written := errors.Join(g.flush(ctx), g.releaseAll(ctx), g.releaseLeases(ctx))
	return errors.Join(written, await(ctx, func() error {
		g.watcher.Wait()
		return g.rememberNow()
	}))
}

// closeTimeout is how long Close may take.
const closeTimeout = 10 * time.Second

// await calls f and returns its error, or that of ctx if ctx ends first.
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
