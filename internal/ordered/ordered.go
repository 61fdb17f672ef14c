// Package ordered processes a stream on all cores and keeps its order.
package ordered

import (
	"context"
	"iter"
	"runtime"
	"sync"
	"time"
)

// Options say how a stream is processed. The zero value is for items that take some
// microseconds each.
type Options struct {
	// Workers is how many goroutines work. If zero, runtime.GOMAXPROCS(0).
	Workers int

	// Batch is how many items one worker takes at a time. If zero, 64.
	Batch int

	// Wait is how long an item may wait for others to fill its batch. If zero, 50 ms.
	Wait time.Duration

	// BatchSize bounds the total size of the items of one batch, unless it has only
	// one. If zero, 256 KiB.
	BatchSize int
}

// maxAhead is how many batches may wait for the workers. More would take memory and
// save no time.
const maxAhead = 4

// maxWait is how long an item waits for others to fill its batch, unless the options say
// something else.
const maxWait = 50 * time.Millisecond

func (o Options) withDefaults() Options {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Batch <= 0 {
		o.Batch = 64
	}
	if o.Wait <= 0 {
		o.Wait = maxWait
	}
	if o.BatchSize <= 0 {
		o.BatchSize = 256 << 10
	}
	return o
}

// Map returns the results of work for the items of in, in their order. Many goroutines
// call work, each with a batch of items. work appends a result for each item to results;
// it must not keep either slice, because they are used again. size returns the size of
// an item in bytes; if nil, sizes do not matter. The number of items in flight is bounded:
// a batch for each worker, and a few more.
//
// Another goroutine reads in. If ctx is canceled, the sequence ends early, and ctx.Err
// tells why; in may then still wait for its next item, and ends after that. The same
// happens if the caller panics. If the caller stops early, in has ended too.
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

// batch is consecutive items and their results.
type batch[I, O any] struct {
	items   []I
	results []O
	done    chan struct{} // gets one element when the results are ready
}

type pipe[I, O any] struct {
	ctx     context.Context
	opts    Options
	size    func(I) int
	todo    chan *batch[I, O]
	inOrder chan *batch[I, O]
	free    chan *batch[I, O] // batches to use again
	all     sync.WaitGroup

	mu      sync.Mutex   // guards the fields below
	pending *batch[I, O] // the batch that is being filled
	bytes   int          // the size of its items
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

// reuse keeps a batch whose results were taken, without what they point to.
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

// next returns the next batch when it is done, or nil if there is none or ctx is
// canceled.
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

// add adds an item to the pending batch. It returns false if ctx is canceled.
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

// sendLate sends batches that are not filled in time, until stop is closed.
func (p *pipe[I, O]) sendLate(stop <-chan struct{}) {
	ticker := time.NewTicker(p.opts.Wait)
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

// sendLocked passes the pending items on, if there are any. The caller holds the lock,
// so that both channels have the same order.
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
