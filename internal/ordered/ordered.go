// Package ordered works on a stream with all cores and keeps its order.
package ordered

import (
	"context"
	"iter"
	"runtime"
	"sync"
	"time"
)

// Options says how a stream is worked on. The zero value is right for items that
// each cost some microseconds.
type Options struct {
	// Workers is how many goroutines work. If zero, runtime.GOMAXPROCS(0).
	Workers int

	// Batch is how many items one worker takes at a time. If zero, 64.
	Batch int

	// BatchSize bounds the sum of the sizes of the items of one batch, as
	// far as one item alone does not exceed it. If zero, 256 KiB.
	BatchSize int
}

// maxAhead is how many batches at most lie ready for the workers, beside those that they
// have at hand. With many cores, more would take memory and save no time.
const maxAhead = 4

// maxWait is how long an item waits for others to make up a batch.
const maxWait = 50 * time.Millisecond

func (o Options) withDefaults() Options {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Batch <= 0 {
		o.Batch = 64
	}
	if o.BatchSize <= 0 {
		o.BatchSize = 256 << 10
	}
	return o
}

// Map yields what work makes of the items of in, in their order. Several
// goroutines call work, each with a batch of items; it appends a result for each to
// results, and keeps neither slice, for they are used again. size returns the size of
// an item in bytes; nil stands for none. What is in flight is bounded: a batch for each
// worker, and a few more.
//
// in is read by a goroutine of its own. When ctx is cancelled, the sequence ends
// early, and ctx.Err says so; in may then still wait for its next item, and ends
// after it, as it does when the caller panics. When the caller breaks off, in has
// ended too.
func Map[I, O any](ctx context.Context, in iter.Seq[I], size func(I) int, opts Options, work func(items []I, results []O) []O) iter.Seq[O] {
	return func(yield func(O) bool) {
		inner, cancel := context.WithCancel(ctx)
		defer cancel() // should yield panic
		p := newPipe[I, O](inner, size, opts.withDefaults())
		p.start(in, work)
		for {
			b := p.next(ctx)
			if b == nil {
				break
			}
			for _, result := range b.results {
				if !yield(result) {
					cancel()
					p.all.Wait()
					return
				}
			}
			p.reuse(b)
		}
		cancel()
		if ctx.Err() == nil {
			p.all.Wait()
		}
	}
}

// batch is some items that follow each other, and what work made of them.
type batch[I, O any] struct {
	items   []I
	results []O
	done    chan struct{} // gets one element
}

type pipe[I, O any] struct {
	ctx     context.Context
	opts    Options
	size    func(I) int
	todo    chan *batch[I, O]
	inOrder chan *batch[I, O]
	free    chan *batch[I, O] // to be used again
	all     sync.WaitGroup

	mu      sync.Mutex   // guards what follows
	pending *batch[I, O] // it fills
	bytes   int
}

func newPipe[I, O any](ctx context.Context, size func(I) int, opts Options) *pipe[I, O] {
	queue := opts.Workers + min(opts.Workers, maxAhead)
	p := &pipe[I, O]{
		ctx: ctx, opts: opts, size: size,
		todo:    make(chan *batch[I, O], queue),
		inOrder: make(chan *batch[I, O], queue),
		free:    make(chan *batch[I, O], queue),
	}
	p.pending = p.newBatch()
	return p
}

// newBatch returns an empty batch.
func (p *pipe[I, O]) newBatch() *batch[I, O] {
	select {
	case b := <-p.free:
		return b
	default:
		return &batch[I, O]{items: make([]I, 0, p.opts.Batch), done: make(chan struct{}, 1)}
	}
}

// reuse keeps a batch whose results were taken, and nothing that they point to.
func (p *pipe[I, O]) reuse(b *batch[I, O]) {
	clear(b.items)
	clear(b.results)
	b.items, b.results = b.items[:0], b.results[:0]
	select {
	case p.free <- b:
	default:
	}
}

func (p *pipe[I, O]) start(in iter.Seq[I], work func([]I, []O) []O) {
	for range p.opts.Workers {
		p.all.Go(func() { p.work(work) })
	}
	stop := make(chan struct{})
	p.all.Go(func() { p.sendLate(stop) })
	p.all.Go(func() {
		defer close(p.inOrder)
		defer close(p.todo)
		defer p.send()
		defer close(stop)
		for item := range in {
			if !p.add(item) {
				return
			}
		}
	})
}

// next returns the next batch once it is done, or nil where there is none or ctx
// is cancelled.
func (p *pipe[I, O]) next(ctx context.Context) *batch[I, O] {
	select {
	case b, ok := <-p.inOrder:
		if !ok {
			return nil
		}
		select {
		case <-b.done:
			if ctx.Err() == nil {
				return b
			}
		case <-ctx.Done():
		}
	case <-ctx.Done():
	}
	return nil
}

func (p *pipe[I, O]) work(work func([]I, []O) []O) {
	for b := range p.todo {
		if p.ctx.Err() == nil {
			b.results = work(b.items, b.results)
		}
		b.done <- struct{}{}
	}
}

// add takes an item, and reports whether more are wanted.
func (p *pipe[I, O]) add(item I) bool {
	n := 0
	if p.size != nil {
		n = p.size(item)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bytes+n > p.opts.BatchSize && len(p.pending.items) > 0 {
		p.sendLocked()
	}
	p.pending.items, p.bytes = append(p.pending.items, item), p.bytes+n
	if len(p.pending.items) == p.opts.Batch {
		p.sendLocked()
	}
	return p.ctx.Err() == nil
}

// sendLate sends batches that do not fill, until stop is closed.
func (p *pipe[I, O]) sendLate(stop <-chan struct{}) {
	ticker := time.NewTicker(maxWait)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
			if p.mu.TryLock() {
				p.sendLocked()
				p.mu.Unlock()
			}
		}
	}
}

func (p *pipe[I, O]) send() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sendLocked()
}

// sendLocked sends the pending items on, unless there are none. The caller holds the
// lock, so that both channels have the same order.
func (p *pipe[I, O]) sendLocked() {
	if len(p.pending.items) == 0 {
		return
	}
	b := p.pending
	p.pending, p.bytes = p.newBatch(), 0
	select {
	case p.inOrder <- b:
	case <-p.ctx.Done():
		return
	}
	select {
	case p.todo <- b:
	case <-p.ctx.Done():
	}
}
