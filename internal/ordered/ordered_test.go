package ordered_test

import (
	"context"
	"iter"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/internal/ordered"
)

func numbers(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

func double(batch, results []int) []int {
	for _, n := range batch {
		results = append(results, 2*n)
	}
	return results
}

// Results come in the order of the items, whatever the sizes.
func TestOrder(t *testing.T) {
	for _, n := range []int{0, 1, 63, 64, 65, 1000} {
		for _, opts := range []ordered.Options{{}, {Workers: 1}, {Workers: 7, Batch: 1}, {BatchSize: 3}} {
			slow := func(batch, results []int) []int {
				time.Sleep(rand.N(200 * time.Microsecond))
				return double(batch, results)
			}
			size := func(int) int { return 1 }
			got := slices.Collect(ordered.Map(context.Background(), numbers(n), size, opts, slow))
			want := double(slices.Collect(numbers(n)), nil)
			if len(got) != n || n > 0 && !cmp.Equal(got, want) {
				t.Errorf("%d items, %+v: got %v", n, opts, got)
			}
		}
	}
}

// However slow the reader of the results is, few items are in flight.
func TestBounded(t *testing.T) {
	var taken atomic.Int64
	in := func(yield func(int) bool) {
		for i := range 10_000 {
			taken.Add(1)
			if !yield(i) {
				return
			}
		}
	}
	const workers, batch = 2, 8
	seen := int64(0)
	for range ordered.Map(context.Background(), in, nil, ordered.Options{Workers: workers, Batch: batch}, double) {
		if seen++; seen%1000 == 0 {
			time.Sleep(5 * time.Millisecond)
		}
		// Batches in each queue, with each worker, at both ends, and the one being filled.
		if ahead, most := taken.Load()-seen, int64((2*workers+workers+4)*batch); ahead > most {
			t.Fatalf("%d items ahead, want at most %d", ahead, most)
		}
	}
	if seen != 10_000 {
		t.Errorf("%d items came out", seen)
	}
}

// A batch is closed before the sizes of its items are more than asked for.
func TestBatchSize(t *testing.T) {
	work := func(batch, results []int) []int {
		if total := len(batch) * 10; total > 30 {
			t.Errorf("a batch of %d bytes", total)
		}
		return append(results, batch...)
	}
	for range ordered.Map(context.Background(), numbers(100), func(int) int { return 10 }, ordered.Options{BatchSize: 35}, work) {
	}
}

// Items that come slowly do not wait for a batch to fill.
func TestSlowItems(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := func(yield func(int) bool) {
			for i := range 3 {
				if !yield(i) {
					return
				}
				time.Sleep(time.Hour)
			}
		}
		start := time.Now()
		next, stop := iter.Pull(ordered.Map(t.Context(), in, nil, ordered.Options{}, double))
		defer stop()
		for i := range 3 {
			n, ok := next()
			if want := time.Duration(i)*time.Hour + time.Second; !ok || n != 2*i || time.Since(start) > want {
				t.Errorf("item %d: got %v, %v after %v", i, n, ok, time.Since(start))
			}
		}
	})
}

// When the caller breaks off, nothing goes on.
func TestBreak(t *testing.T) {
	before := runtime.NumGoroutine()
	ended := false
	in := func(yield func(int) bool) {
		defer func() { ended = true }()
		for i := 0; yield(i); i++ {
		}
	}
	for n := range ordered.Map(context.Background(), in, nil, ordered.Options{}, double) {
		if n == 1000 {
			break
		}
	}
	if !ended {
		t.Error("the input was not ended")
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines, %d before", after, before)
	}
}

// When the caller panics, all ends after the next item.
func TestPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which fails if goroutines are left
		in := func(yield func(int) bool) {
			for i := 0; yield(i); i++ {
			}
		}
		defer func() {
			if recover() != "enough" {
				t.Error("no panic")
			}
		}()
		for range ordered.Map(context.Background(), in, nil, ordered.Options{}, double) {
			panic("enough")
		}
	})
}

// However many workers there are, few items are in flight.
func TestBoundedWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		taken := 0
		in := func(yield func(int) bool) {
			for i := 0; i < 10_000; i++ {
				taken++
				if !yield(i) {
					return
				}
			}
		}
		for range ordered.Map(t.Context(), in, nil, ordered.Options{Workers: 32, Batch: 1}, double) {
			synctest.Wait() // until all is full
			if taken > 32+8 {
				t.Errorf("%d items are in flight", taken)
			}
			break
		}
	})
}

// A cancelled context ends the sequence, also while the input gives nothing.
func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		release := make(chan struct{})
		in := func(yield func(int) bool) {
			if yield(1) {
				<-release
				yield(2)
			}
		}
		got := 0
		for range ordered.Map(ctx, in, nil, ordered.Options{}, double) {
			got++
			cancel()
		}
		if got != 1 || ctx.Err() == nil {
			t.Errorf("%d items", got)
		}
		close(release)
	})
}

// What was cancelled before it began does nothing.
func TestCancelledBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range ordered.Map(ctx, numbers(1000), nil, ordered.Options{}, double) {
		t.Fatal("an item came")
	}
}

// Maps can follow each other.
func TestChain(t *testing.T) {
	ctx := context.Background()
	twice := ordered.Map(ctx, ordered.Map(ctx, numbers(500), nil, ordered.Options{}, double), nil, ordered.Options{Batch: 7}, double)
	i := 0
	for n := range twice {
		if n != 4*i {
			t.Fatalf("item %d is %d", i, n)
		}
		i++
	}
	if i != 500 {
		t.Errorf("%d items", i)
	}
}
