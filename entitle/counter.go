package entitle

import (
	"errors"
	"sync"
	"sync/atomic"
)

// counter counts the uses of one entitlement. A new licence continues the count.
type counter struct {
	name    string
	current atomic.Pointer[bucket]
	bounded atomic.Bool  // by the licence in use
	refused atomic.Int64 // when a use was last refused from memory; see pace

	mu    sync.Mutex
	ended []*bucket // of months that have ended, and may not be written completely
}

// bucket is the count of one month.
type bucket struct {
	month Month
	end   int64 // when the month ends; see nanos

	// used is how many uses this process knows of: those in the store when it was
	// last read, and its own since. It is sealed when the month or the guard has
	// ended, so that no use is added after the last write.
	used atomic.Int64

	// known is the highest count that the store is known to have had.
	known atomic.Int64

	// lost is how many uses processes before this one have left unwritten.
	lost atomic.Int64

	// final is the value of used when it was sealed. written is how many of the uses are in
	// the store; Guard.writing guards it.
	final   atomic.Int64
	written int64
}

const sealed = -1

func newBucket(m Month) *bucket { return &bucket{month: m, end: nanos((m + 1).Start())} }

func newCounter(name string, now int64) *counter {
	c := &counter{name: name}
	c.current.Store(newBucket(MonthOf(timeOf(now))))
	return c
}

var (
	errPastLimit = errors.New("past the limit")
	errUnwritten = errors.New("too much is not written yet")
)

// anyShare lets all that remains be unwritten.
const anyShare = 100

// add adds n to the count of the month, unless it would exceed bound, or more than a
// share of what remains, in percent, would not be in the store.
func (c *counter) add(now, n, bound, share int64) error {
	for {
		b := c.current.Load()
		used := b.used.Load()
		switch {
		case used == sealed && b == c.current.Load():
			return ErrClosed
		case used == sealed: // the month has just ended
		case now >= b.end:
			c.roll(now)
		case n > bound-used:
			return errPastLimit
		case share < anyShare && b.leavesTooMuch(used+n, bound, share):
			return errUnwritten
		case b.used.CompareAndSwap(used, used+n):
			return nil
		}
	}
}

// fill adds what is missing to the largest count.
func (c *counter) fill(now int64) error {
	for {
		missing := max(0, MaxCount-c.count(now))
		if err := c.add(now, missing, MaxCount, anyShare); err != errPastLimit {
			return err
		}
	}
}

// leavesTooMuch reports whether a count would leave more unwritten than a share of what
// remains, in percent, with what was lost before. MaxCount times 200 is still a number of 64
// bits.
func (b *bucket) leavesTooMuch(used, bound, share int64) bool {
	known := b.known.Load()
	return (used-known+b.lost.Load())*100 > (bound-known)*share
}

// roll begins a new month.
func (c *counter) roll(now int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.current.Load()
	if now < b.end || b.used.Load() == sealed {
		return
	}
	c.ended = append(c.ended, b)
	c.current.Store(newBucket(MonthOf(timeOf(now))))
}

// takeEnded seals the buckets of ended months and returns them. The caller has
// locked Guard.writing.
func (c *counter) takeEnded() []*bucket {
	c.mu.Lock()
	defer c.mu.Unlock()
	taken := c.ended
	c.ended = nil
	for _, b := range taken {
		b.seal()
	}
	return taken
}

func (b *bucket) seal() {
	if used := b.used.Swap(sealed); used != sealed {
		b.final.Store(used)
	}
}

// close seals the bucket of this month too, for good.
func (c *counter) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.current.Load()
	b.seal()
	c.ended = append(c.ended, b)
}

// learn adds the uses that others have written to the store, whose count is total. The
// caller has locked Guard.writing, so the bucket is not sealed at the same time.
func (b *bucket) learn(total int64) {
	raise(&b.known, total)
	total = max(total, b.known.Load())
	if b.used.Load() == sealed {
		return
	}
	b.used.Add(total - b.written)
	b.written = total
}

// count returns the uses in the month of an instant.
func (c *counter) count(now int64) int64 {
	b := c.current.Load()
	if now >= b.end {
		return 0
	}
	return max(0, b.used.Load())
}
