//go:build unix

package sqlstore_test

import (
	"context"
	"testing"

	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/entitle/sqlstore"
)

// Uses a second of one goroutine while the store is written twice a second, and of
// the strict mode, where each use is on the disk before it is allowed.
func BenchmarkUse(b *testing.B) {
	for _, batch := range []bool{true, false} {
		name := "strict"
		if batch {
			name = "batch"
		}
		b.Run(name, func(b *testing.B) {
			db, err := openDB(b.Context(), "sqlite:"+b.TempDir()+"/usage.db")
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			store, err := sqlstore.New(b.Context(), db)
			if err != nil {
				b.Fatal(err)
			}
			data, err := license(1 << 50)
			if err != nil {
				b.Fatal(err)
			}
			guard, err := entitle.Open(b.Context(), entitle.Text(data), trusted, &entitle.Options{Store: store, Batch: batch})
			if err != nil {
				b.Fatal(err)
			}
			ctx := context.Background()
			uses := int64(0)
			for b.Loop() {
				if err := guard.Use(ctx, "requests", 1); err != nil {
					b.Fatal(err)
				}
				uses++
			}
			b.ReportMetric(float64(uses)/b.Elapsed().Seconds(), "uses/s")
			if err := guard.Close(); err != nil {
				b.Fatal(err)
			}
			usage, err := store.Usage(ctx, "")
			if err != nil || len(usage) != 1 || usage[0].Count != uses {
				b.Errorf("%d uses, counted %v: %v", uses, usage, err)
			}
		})
	}
}
