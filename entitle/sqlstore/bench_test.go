//go:build unix

package sqlstore_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/entitle/sqlstore"
)

// Uses a second while the store is written twice a second, and of
// the strict mode, where each use is on the disk before it is allowed.
func BenchmarkUse(b *testing.B) {
	for _, mode := range []struct {
		name     string
		batch    bool
		together int // goroutines on each core
	}{{"batch", true, 1}, {"strict", false, 1}, {"strict, 64 together", false, 64}} {
		b.Run(mode.name, func(b *testing.B) {
			db, err := openDB(b.Context(), "sqlite:"+b.TempDir()+"/usage.db")
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			store, err := sqlstore.New(b.Context(), db)
			if err != nil {
				b.Fatal(err)
			}
			data, err := license(1<<50, time.Now())
			if err != nil {
				b.Fatal(err)
			}
			guard, err := entitle.Open(b.Context(), entitle.Text(data), trusted, &entitle.Options{Store: store, Batch: mode.batch})
			if err != nil {
				b.Fatal(err)
			}
			ctx := context.Background()
			var uses atomic.Int64
			b.SetParallelism(mode.together)
			b.RunParallel(func(p *testing.PB) {
				n := int64(0)
				for ; p.Next(); n++ {
					if err := guard.Use(ctx, "requests", 1); err != nil {
						b.Error(err)
					}
				}
				uses.Add(n)
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "uses/s")
			if err := guard.Close(); err != nil {
				b.Fatal(err)
			}
			usage, err := store.Usage(ctx, installation)
			if err != nil || len(usage) != 1 || usage[0].Count != uses.Load() {
				b.Errorf("%d uses, counted %v: %v", uses.Load(), usage, err)
			}
		})
	}
}
