package ordered

import (
	"context"
	"iter"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What is not set, or cannot be, has a default; the least that can be set is kept.
func TestDefaults(t *testing.T) {
	def := Options{Workers: runtime.GOMAXPROCS(0), Batch: 64, Wait: 50 * time.Millisecond, BatchSize: 256 << 10}
	for _, test := range []struct{ given, want Options }{
		{Options{}, def},
		{Options{-1, -1, -1, -1}, def},
		{Options{1, 1, 1, 1}, Options{1, 1, 1, 1}},
		{Options{Workers: 500, BatchSize: 2}, Options{500, 64, 50 * time.Millisecond, 2}},
	} {
		if diff := cmp.Diff(test.want, test.given.withDefaults()); diff != "" {
			t.Errorf("%+v: %s", test.given, diff)
		}
	}
}

func count(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

// One worker works alone, several at once, and each is given at most a batch of the
// greatest number and size.
func TestWorkers(t *testing.T) {
	for _, workers := range []int{1, 3} {
		synctest.Test(t, func(t *testing.T) {
			var now, most atomic.Int64
			var sizes []int
			work := func(items, results []int) []int {
				n := now.Add(1)
				for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
				}
				time.Sleep(time.Second)
				now.Add(-1)
				return append(results, slices.Repeat([]int{len(items)}, len(items))...)
			}
			for n := range Map(t.Context(), count(40), func(int) int { return 10 }, Options{Workers: workers, Batch: 4, BatchSize: 1000}, work) {
				sizes = append(sizes, n)
			}
			if int(most.Load()) != workers {
				t.Errorf("%d of %d workers at once", most.Load(), workers)
			}
			if !slices.Equal(sizes, slices.Repeat([]int{4}, 40)) {
				t.Errorf("batches: %v", sizes)
			}
		})
	}
}

// The sizes of batches, by the sizes of their items.
func TestBatches(t *testing.T) {
	tests := []struct {
		sizes     []int
		batch, of int
		want      []int // the batch of each item has so many
	}{
		{[]int{10, 10, 10, 10}, 64, 20, []int{2, 2, 2, 2}},
		{[]int{10, 10, 10}, 64, 19, []int{1, 1, 1}},
		{[]int{10, 11, 9}, 64, 20, []int{1, 2, 2}},
		{[]int{100, 1, 100}, 64, 20, []int{1, 1, 1}},
		{[]int{1, 100, 1, 1}, 64, 20, []int{1, 1, 2, 2}},
		{[]int{0, 0, 0, 20, 0}, 64, 20, []int{5, 5, 5, 5, 5}},
		{[]int{1, 1, 1, 1, 1}, 2, 20, []int{2, 2, 2, 2, 1}},
		{[]int{9, 9, 9, 9}, 2, 20, []int{2, 2, 2, 2}},
	}
	for _, test := range tests {
		work := func(items, results []int) []int {
			return append(results, slices.Repeat([]int{len(items)}, len(items))...)
		}
		got := slices.Collect(Map(context.Background(), slices.Values(test.sizes), func(n int) int { return n }, Options{Batch: test.batch, BatchSize: test.of, Wait: time.Hour}, work))
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%v: %s", test.sizes, diff)
		}
	}
}

// Without a func for sizes, they do not matter.
func TestNoSizes(t *testing.T) {
	work := func(items, results []int) []int {
		return append(results, slices.Repeat([]int{len(items)}, len(items))...)
	}
	got := slices.Collect(Map(context.Background(), count(8), nil, Options{Batch: 4, BatchSize: 1, Wait: time.Hour}, work))
	if !slices.Equal(got, slices.Repeat([]int{4}, 8)) {
		t.Errorf("batches: %v", got)
	}
}

// A batch that is used again holds nothing of what it held, so that this can be freed.
func TestReuse(t *testing.T) {
	p := newPipe[*int, *int](context.Background(), nil, Options{Workers: 1, Batch: 2}.withDefaults())
	b := p.newBatch()
	b.items, b.results = append(b.items, new(int), new(int)), append(b.results, new(int), new(int), new(int))
	p.reuse(b)
	if len(b.items)+len(b.results) > 0 || slices.ContainsFunc(b.items[:2], isSet) || slices.ContainsFunc(b.results[:3], isSet) {
		t.Errorf("it holds %v, %v", b.items[:2], b.results[:3])
	}
	if again := p.newBatch(); again != b {
		t.Error("another batch is made")
	}
	for range 10 { // no more are kept than are in use
		p.reuse(&batch[*int, *int]{})
	}
	if n := len(p.free); n != cap(p.free) || n != 2 {
		t.Errorf("%d batches are kept", n)
	}
}

func isSet(p *int) bool { return p != nil }

// An item does not wait for others longer than the options say.
func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := func(yield func(int) bool) {
			yield(1)
			time.Sleep(time.Hour)
		}
		start := time.Now()
		for range Map(t.Context(), in, nil, Options{Wait: time.Minute}, func(items, results []int) []int { return append(results, items...) }) {
			if waited := time.Since(start); waited != time.Minute {
				t.Errorf("it waited %v", waited)
			}
		}
	})
}
