//go:build unix

package sqlstore_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/entitle/sqlstore"
	"github.com/licseal/licseal/internal/testenv/pgtest"
)

// Uses a second of 60 workers in the strict mode, alone and next to 4 that ask again and
// again for what is used up. The two are measured in turns; "of-alone" is their ratio.
func BenchmarkRefusedAmongOthers(b *testing.B) {
	for _, name := range []string{"SQLite", "PostgreSQL"} {
		b.Run(name, func(b *testing.B) {
			store := "sqlite:" + b.TempDir() + "/usage.db"
			if name == "PostgreSQL" {
				store = pgtest.Database(b)
			}
			db, err := openDB(b.Context(), store)
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			usage, err := sqlstore.New(b.Context(), db)
			if err != nil {
				b.Fatal(err)
			}
			data, err := license(10, time.Now())
			if err != nil {
				b.Fatal(err)
			}
			data, err = withUnlimited(data)
			if err != nil {
				b.Fatal(err)
			}
			guard, err := entitle.Open(b.Context(), entitle.Text(data), trusted, &entitle.Options{Store: usage})
			if err != nil {
				b.Fatal(err)
			}
			defer guard.Close()
			if err := guard.Use(b.Context(), "requests", 11); err != nil {
				b.Fatal(err)
			}
			var alone, among float64
			rounds := 0
			for b.Loop() {
				alone += usesIn(b, guard, time.Second, 0)
				among += usesIn(b, guard, time.Second, 4)
				rounds++
			}
			b.ReportMetric(alone/float64(rounds), "alone/s")
			b.ReportMetric(among/float64(rounds), "among/s")
			b.ReportMetric(among/alone, "of-alone")
		})
	}
}

// usesIn returns how many uses 60 workers are granted in a time, next to others that are
// refused.
func usesIn(b *testing.B, guard *entitle.Guard, long time.Duration, refused int) float64 {
	var group sync.WaitGroup
	var ended atomic.Bool
	var n atomic.Int64
	for range 60 {
		group.Go(func() {
			for !ended.Load() {
				if err := guard.Use(b.Context(), "unlimited", 1); err != nil {
					b.Error(err)
					return
				}
				n.Add(1)
			}
		})
	}
	for range refused {
		group.Go(func() {
			for !ended.Load() {
				if err := guard.Use(b.Context(), "requests", 1); !errors.As(err, new(*entitle.LimitError)) {
					b.Error(err)
					return
				}
			}
		})
	}
	time.Sleep(long)
	ended.Store(true)
	group.Wait()
	return float64(n.Load()) / long.Seconds()
}

// withUnlimited returns a licence that also has an entitlement without a limit.
func withUnlimited(data []byte) ([]byte, error) {
	text := strings.Replace(string(data), `"entitlements":{`, `"entitlements":{"unlimited":{"is_limited":true,"max_uses":"unlimited","name":"Unlimited"},`, 1)
	return resign(strings.Replace(text, `"ordered_entitlements_keys":[`, `"ordered_entitlements_keys":["unlimited",`, 1))
}
