package entitle_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/internal/benchratio"
)

// thousand is how often an operation is done at a time: one alone is shorter than
// what a clock can tell.
const thousand = 1000

func thousandTimes(f func()) func() {
	return func() {
		for range thousand {
			f()
		}
	}
}

// The cost of asking, beside an atomic add, and beside reading the clock, which
// is most of it. ns/op is of a thousand.
func BenchmarkGuard(b *testing.B) {
	g := open(b, entitle.Text(signed(b, plan().with("expiry", "2100-01-01T00:00:00.000Z").limit("requests", 1<<50))), &entitle.Options{Batch: true})
	var counter atomic.Int64
	var now time.Time
	add := thousandTimes(func() { counter.Add(1) })
	clock := thousandTimes(func() { now = time.Now() })
	_ = now
	ctx := context.Background()
	operations := []struct {
		name string
		run  func()
	}{
		{"Allows", func() {
			if !g.Allows("requests") {
				b.Fatal("not allowed")
			}
		}},
		{"Use", func() {
			if err := g.Use(ctx, "requests", 1); err != nil {
				b.Fatal(err)
			}
		}},
		{"Remaining", func() {
			if g.Remaining("requests") == 0 {
				b.Fatal("nothing remains")
			}
		}},
	}
	for _, op := range operations {
		full := thousandTimes(op.run)
		b.Run(op.name+"/beside an atomic add", func(b *testing.B) { benchratio.Run(b, add, full) })
		b.Run(op.name+"/beside the clock", func(b *testing.B) { benchratio.Run(b, clock, full) })
	}
}

// All cores on one counter.
func BenchmarkUseParallel(b *testing.B) {
	g := open(b, entitle.Text(signed(b, plan().with("expiry", "2100-01-01T00:00:00.000Z"))), &entitle.Options{Batch: true})
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if err := g.Use(context.Background(), "hosts", 1); err != nil {
				b.Error(err)
			}
		}
	})
}

func TestNoAllocations(t *testing.T) {
	if benchratio.Race {
		t.Skip("the race detector allocates")
	}
	g := open(t, entitle.Text(signed(t, plan().with("expiry", "2100-01-01T00:00:00.000Z").limit("requests", 1<<50))), &entitle.Options{Batch: true})
	for name, f := range map[string]func(){
		"Allows":    func() { g.Allows("reports") },
		"Remaining": func() { g.Remaining("requests") },
		"Use": func() {
			if err := g.Use(context.Background(), "requests", 1); err != nil {
				t.Error(err)
			}
		},
	} {
		if n := testing.AllocsPerRun(1000, f); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}
