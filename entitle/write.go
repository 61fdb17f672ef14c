package entitle

import (
	"context"
	"slices"
	"time"
)

const (
	// interval is how often the source is read and usage is written.
	interval = 500 * time.Millisecond

	// storeTimeout is how long the store may take for one thing.
	storeTimeout = 5 * time.Second

	// clockInterval is how often an idle guard writes down what time it is.
	clockInterval = time.Minute
)

// run does what is to be done while nobody asks, until the guard is closed.
func (g *Guard) run(ctx context.Context) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			g.tick(ctx)
		case <-ctx.Done():
			return
		}
	}
}

func (g *Guard) tick(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	g.reloadAndNote()
	g.flush(ctx)
	g.beat(ctx)
	g.noteState()
}

// unsent is a batch, and the buckets whose uses are in it.
type unsent struct {
	Batch
	buckets []*bucket
}

// Flush writes now what [Options].Batch has not yet written, rather than within
// half a second. The error is a [*StoreError]; what was not written is kept.
func (g *Guard) Flush(ctx context.Context) error {
	if g.closed.Load() {
		return ErrClosed
	}
	return g.flush(ctx)
}

// flush writes what is not yet written, and learns what others have used. A batch
// of which it is not known whether it was written is tried again as it is: the
// store takes it once.
func (g *Guard) flush(ctx context.Context) error {
	g.writing.Lock()
	defer g.writing.Unlock()
	var err error
	if g.unsent != nil {
		err = g.send(ctx) // what came since goes after it
	}
	if err == nil {
		err = g.send(ctx)
	}
	if err == nil {
		err = g.refresh(ctx)
	}
	if err == nil {
		err = g.rememberClock()
	}
	if err != nil {
		err = &StoreError{err}
	}
	g.noteStore(err)
	return err
}

// rememberClock notes what time it is, now and then, and at the end. The caller has
// locked g.writing.
func (g *Guard) rememberClock() error {
	now := g.now()
	if now-g.remembered < int64(clockInterval) && !g.closed.Load() {
		return nil
	}
	g.remembered = now
	return g.remember(nil)
}

// send writes what is not yet written. The caller has locked g.writing.
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
	if !applied.Granted { // a count would pass MaxCount, where counting stops
		g.unsent = g.unsent.cut(applied.Counts, g.nextSeq())
		if applied, err = g.store.Apply(ctx, g.unsent.Batch); err != nil {
			return err
		}
	}
	if applied.Granted {
		for i, b := range g.unsent.buckets {
			b.written += g.unsent.Adds[i].N
		}
		g.clockAt = nanos(g.unsent.Time)
		g.unsent = nil
	}
	return nil
}

// cut returns a batch that leaves each count within MaxCount.
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

// collect makes a batch of what is not yet written; nil if that is nothing, and
// the clock was written not long ago.
func (g *Guard) collect() *unsent {
	now := g.now()
	u := &unsent{Batch: Batch{Installation: g.opts.Installation, Writer: g.writer, Time: timeOf(now)}}
	for _, c := range g.allCounters() {
		for _, b := range c.takeEnded() {
			u.add(c.name, b, b.final)
		}
		b := c.current.Load()
		u.add(c.name, b, b.used.Load())
	}
	if len(u.Adds) == 0 && g.clockAt != 0 && now-g.clockAt < int64(clockInterval) && !g.closed.Load() {
		return nil
	}
	u.Seq = g.nextSeq()
	return u
}

func (u *unsent) add(name string, b *bucket, used int64) {
	if used > b.written {
		u.Adds = append(u.Adds, Add{b.month, name, used - b.written, MaxCount})
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

// refresh learns what others have used, and how late it is. The caller has
// locked g.writing.
func (g *Guard) refresh(ctx context.Context) error {
	month := MonthOf(timeOf(g.now()))
	totals, err := g.store.Totals(ctx, g.opts.Installation, month)
	if err != nil {
		return err
	}
	if !totals.Latest.IsZero() {
		g.raiseFloor(nanos(totals.Latest))
	}
	for _, c := range g.allCounters() {
		c.roll(g.now())
		if b := c.current.Load(); b.month == month {
			b.learn(totals.Counts[c.name])
		}
	}
	return nil
}

// write adds uses to the store, all or none.
func (g *Guard) write(adds []Add) (Applied, error) {
	// Whoever asked may have gone: what they asked for is written, or refused.
	ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
	defer cancel()
	g.writing.Lock()
	defer g.writing.Unlock()
	now := g.now()
	applied, err := g.store.Apply(ctx, Batch{
		Installation: g.opts.Installation, Writer: g.writer, Seq: g.nextSeq(), Time: timeOf(now), Adds: adds,
	})
	if err != nil {
		err = &StoreError{err}
		g.noteStore(err)
		return Applied{}, err
	}
	g.noteStore(nil)
	g.clockAt = now
	for i, add := range adds {
		c := g.counter(add.Name)
		c.roll(now)
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
func (g *Guard) sealAll() {
	g.writing.Lock()
	defer g.writing.Unlock()
	for _, c := range g.allCounters() {
		c.close()
	}
}
