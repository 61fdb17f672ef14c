package entitle

import (
	"context"
	"slices"
	"time"
)

const (
	// interval is the time between two readings of the source, and two writings of
	// usage.
	interval = 500 * time.Millisecond

	// defaultStoreTimeout is how long a call may take because of the store.
	defaultStoreTimeout = 5 * time.Second

	// defaultMaxUnwritten is how much of what remains may be unwritten, in percent.
	defaultMaxUnwritten = 10

	// clockInterval is the time after which an idle guard writes the time.
	clockInterval = time.Minute
)

// every calls a func at each interval, until the guard is closed.
func every(ctx context.Context, do func(context.Context)) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if ctx.Err() == nil {
				do(ctx)
			}
		case <-ctx.Done():
			return
		}
	}
}

// look reads the sources. That may be slow, since keep runs at the same time.
func (g *Guard) look(context.Context) {
	g.reloadAndNote()
	g.noteInForce()
	g.noteWarnings()
	if g.now()-g.remembered.Load() >= int64(clockInterval) || g.marksAreDue() || g.unwrittenIsDue() {
		g.rememberNow()
	}
	g.noteState()
}

// keep writes usage, and keeps the seats.
func (g *Guard) keep(ctx context.Context) {
	g.flushAnd(ctx, g.refreshIfChanged)
	g.beat(ctx)
	g.keepLeases(ctx)
	g.noteState()
}

// inTime returns a context for one operation of the store.
func (g *Guard) inTime(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, g.opts.StoreTimeout)
}

// unsent is a batch, and the buckets that its uses are from.
type unsent struct {
	Batch
	buckets []*bucket
}

// Flush writes now what [Options].Batch would write within half a second. The error is a
// [*StoreError]; unwritten uses are kept.
func (g *Guard) Flush(ctx context.Context) error {
	if g.closed.Load() {
		return ErrClosed
	}
	return g.flush(ctx)
}

// flush writes unwritten uses, and learns what others have used. A batch that may or may
// not be written is sent again unchanged: the store applies it once.
func (g *Guard) flush(ctx context.Context) error { return g.flushAnd(ctx, g.refresh) }

// flushAnd writes unwritten uses, and refreshes what is known of the store.
func (g *Guard) flushAnd(ctx context.Context, refresh func(context.Context) error) error {
	err := g.bounded(ctx, func(ctx context.Context) error { return g.sendAll(ctx, refresh) }) // and the wait for others who write
	if err == nil {
		g.flushedAt.Store(time.Now().UnixNano())
	}
	if err == nil || ctx.Err() == nil { // a canceled request is not a failure of the store
		g.noteStore(err)
	}
	return err
}

func (g *Guard) sendAll(ctx context.Context, refresh func(context.Context) error) error {
	if err := g.writing.Lock(ctx); err != nil {
		return err
	}
	defer g.writing.Unlock()
	if err := g.share(ctx); err != nil {
		return err
	}
	if g.unsent != nil {
		if err := g.send(ctx); err != nil { // before the uses since then
			return err
		}
	}
	if err := g.send(ctx); err != nil {
		return err
	}
	return refresh(ctx)
}

// send writes unwritten uses. The caller has locked g.writing.
func (g *Guard) send(ctx context.Context) error {
	if g.unsent == nil {
		g.unsent = g.collect()
	}
	if g.unsent == nil {
		return nil
	}
	applied, err := g.store.Apply(ctx, g.unsent.Batch)
	if err != nil {
		return err
	}
	if !applied.Granted { // a count would exceed MaxCount, where counting stops
		g.unsent = g.unsent.cut(applied.Counts, g.nextSeq())
		if applied, err = g.store.Apply(ctx, g.unsent.Batch); err != nil {
			return err
		}
	}
	if applied.Granted {
		for i, b := range g.unsent.buckets {
			b.written += g.unsent.Adds[i].N
			raise(&b.known, b.written)
		}
		g.clockAt = nanos(g.unsent.Time)
		g.unsent = nil
	}
	return nil
}

// cut returns a batch that exceeds MaxCount nowhere.
func (u *unsent) cut(counts []int64, seq int64) *unsent {
	next := &unsent{u.Batch, u.buckets}
	next.Seq, next.Adds = seq, slices.Clone(u.Adds)
	for i := range next.Adds {
		next.Adds[i].N = min(next.Adds[i].N, MaxCount-counts[i])
	}
	return next
}

func (g *Guard) nextSeq() int64 {
	g.seq++
	return g.seq
}

// collect returns a batch of all unwritten uses. It is nil if there are none and the time
// was written recently.
func (g *Guard) collect() *unsent {
	now := g.shared()
	u := &unsent{Batch: Batch{Installation: g.opts.Installation, Writer: g.writer, Time: timeOf(now)}}
	for _, c := range g.allCounters() {
		for _, b := range c.takeEnded() {
			u.add(c.name, b, b.final.Load())
		}
		b := c.current.Load()
		u.add(c.name, b, b.used.Load())
	}
	if len(u.Adds) == 0 && now-g.clockAt < int64(clockInterval) && !g.closed.Load() {
		return nil
	}
	u.Seq = g.nextSeq()
	return u
}

func (u *unsent) add(name string, b *bucket, used int64) {
	if used > b.written {
		u.Adds = append(u.Adds, Add{Month: b.month, Name: name, N: used - b.written, Limit: MaxCount})
		u.buckets = append(u.buckets, b)
	}
}

func (g *Guard) allCounters() []*counter {
	g.countersMu.Lock()
	defer g.countersMu.Unlock()
	all := make([]*counter, 0, len(g.counters))
	for _, c := range g.counters {
		all = append(all, c)
	}
	return all
}

// refresh learns what others have used, and the latest instant that they have seen. The
// caller has locked g.writing.
func (g *Guard) refresh(ctx context.Context) error {
	version, _, err := g.store.Version(ctx, g.opts.Installation) // before the counts
	if err != nil {
		return err
	}
	month := MonthOf(timeOf(g.now()))
	totals, err := g.store.Totals(ctx, g.opts.Installation, month)
	if err != nil {
		return err
	}
	g.learned(totals.Latest)
	if err := g.restore(ctx, month, totals.Counts); err != nil {
		return err
	}
	for _, c := range g.allCounters() {
		c.roll(g.now())
		if b := c.current.Load(); b.month == month {
			b.learn(totals.Counts[c.name])
		}
	}
	g.fresh = fresh{version, month, time.Now()}
	return g.refreshLevels(ctx)
}

// fresh is what the counts were when they were last read. Guard.writing guards it.
type fresh struct {
	version int64
	month   Month
	at      time.Time
}

// refreshIfChanged is refresh, and reads the counts only if they may have changed: there
// may be many. The caller has locked g.writing.
func (g *Guard) refreshIfChanged(ctx context.Context) error {
	version, latest, err := g.store.Version(ctx, g.opts.Installation)
	if err != nil {
		return err
	}
	g.learned(latest)
	if version != g.fresh.version || MonthOf(timeOf(g.now())) != g.fresh.month || time.Since(g.fresh.at) > clockInterval {
		return g.refresh(ctx)
	}
	return g.refreshLevels(ctx)
}

// write adds uses that happen now to the store, all or none.
func (g *Guard) write(adds []Add) (Applied, error) {
	// Not the context of a request, which is answered together with others.
	ctx, cancel := g.inTime(context.Background())
	defer cancel()
	applied, err := g.apply(ctx, adds)
	if err != nil {
		err = &StoreError{err}
	}
	g.noteStore(err)
	return applied, err
}

func (g *Guard) apply(ctx context.Context, adds []Add) (Applied, error) {
	if err := g.writing.Lock(ctx); err != nil {
		return Applied{}, err
	}
	defer g.writing.Unlock()
	if err := g.share(ctx); err != nil {
		return Applied{}, err
	}
	now := g.shared()
	applied, err := g.store.Apply(ctx, Batch{
		Installation: g.opts.Installation, Writer: g.writer, Seq: g.nextSeq(), Time: timeOf(now), Adds: adds, Current: true,
	})
	if err != nil {
		return Applied{}, err
	}
	g.clockAt = now
	g.learned(applied.Latest)
	for i, add := range adds {
		c := g.counter(add.Name)
		c.roll(g.now())
		if b := c.current.Load(); b.month == add.Month {
			b.learn(applied.Counts[i])
		}
	}
	return applied, nil
}

func (g *Guard) counter(name string) *counter {
	g.countersMu.Lock()
	defer g.countersMu.Unlock()
	return g.counters[name]
}

// sealAll ends all counting.
func (g *Guard) sealAll(ctx context.Context) {
	if g.writing.Lock(ctx) != nil {
		return
	}
	defer g.writing.Unlock()
	for _, c := range g.allCounters() {
		c.close()
	}
}
