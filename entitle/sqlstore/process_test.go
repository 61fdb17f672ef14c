//go:build unix

package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/internal/testenv/pgtest"
)

// Three processes with several workers each use one licence: what they were allowed
// is what is counted. In the strict mode it never passes the limit, and all of
// it can be used.
func TestProcesses(t *testing.T) {
	onEach(t, func(t *testing.T, store string) {
		var total int64
		base := noonOn(10) // a limit is that of a month, which must not end
		run := func(p product) (allowed int64) {
			t.Helper()
			p.Store, p.Workers, p.Base = store, 4, base
			for _, text := range p.runTogether(t, 3) {
				var n int64
				if _, err := fmt.Sscan(text, &n); err != nil {
					t.Fatal(err)
				}
				allowed += n
			}
			total += allowed
			if got := counted(t, store); got != total {
				t.Errorf("%+v: %d were allowed, %d are counted", p, total, got)
			}
			return allowed
		}
		run(product{Uses: 25, Limit: 1 << 40})
		run(product{Uses: 20000, Limit: 1 << 40, Batch: true})
		used := total
		limit := (used + 100) * 10 / 11 // with its tolerance of 10 %, 100 more and a few
		bound := limit * 110 / 100
		run(product{Uses: 25, Limit: limit})
		if total > bound || total < bound-2 { // each asks for 3 at most
			t.Errorf("with room for %d, %d were used", bound, total)
		}
		if allowed := run(product{Uses: 5, Limit: used / 2}); allowed != 0 {
			t.Errorf("past the limit, %d more were allowed", allowed)
		}
	})
}

// A product whose clock was ahead, across the end of the month, and is set right
// again: the month that has begun goes on, and the licence that has expired stays so,
// until somebody says that the clock was wrong.
//
// The products are processes of their own, but it is Options.Clock that is ahead, and
// not the machine: Go reads the clock without the C library, so nothing can be put
// between, Linux has no namespace for the wall clock, and the machine's own is not a
// test's to set.
func TestClockMoved(t *testing.T) {
	onEach(t, func(t *testing.T, store string) {
		base := noonOn(0)
		run := func(uses int, ahead time.Duration) error {
			c, _ := product{Store: store, Limit: 1 << 40, Workers: 1, Uses: uses, Base: base, Ahead: ahead}.start(t)
			return c.Wait()
		}
		now := time.Now().Add(base).UTC()
		if err := run(3, 0); err != nil {
			t.Fatal(err)
		}
		const late = 23 * time.Hour // the licence is good for another day
		if err := run(3, late); err != nil {
			t.Fatal(err)
		}
		_, usage := openStore(t, store)
		totals, err := usage.Totals(t.Context(), installation, entitle.MonthOf(now.Add(late)))
		if err != nil || totals.Latest.Before(now.Add(late)) {
			t.Errorf("the latest instant is %v: %v", totals.Latest, err)
		}
		if err := run(3, 0); err != nil { // counts on, at the latest instant
			t.Error(err)
		}
		if after, err := usage.Totals(t.Context(), installation, entitle.MonthOf(now.Add(late))); err != nil || after.Counts["requests"] <= totals.Counts["requests"] || after.Latest.Before(totals.Latest) {
			t.Errorf("after the clock was set back, %+v: %v", after, err)
		}
		if err := run(1, 48*time.Hour); err == nil {
			t.Error("an expired licence was used")
		}
		if err := run(1, 0); err == nil {
			t.Error("an expired licence is good again with the clock set back")
		}
		if err := usage.SetClock(t.Context(), installation, now); err != nil {
			t.Fatal(err)
		}
		if err := run(1, 0); err != nil {
			t.Errorf("with the wrong instant forgotten: %v", err)
		}
	})
}

// A product that is killed again and again: in the strict mode, each use that was
// allowed is counted, and one more at most, which was under way.
func TestKillStrict(t *testing.T) {
	rounds := testenv.Rounds(3, 12)
	onEach(t, func(t *testing.T, store string) {
		var before int64
		for range rounds {
			c, out := product{Store: store, Limit: 1 << 40}.start(t)
			waitForOutput(t, out)
			time.Sleep(rand.N(150 * time.Millisecond))
			allowed := kill(t, store, c, out)
			got := counted(t, store) - before
			if got < allowed || got > allowed+1 {
				t.Errorf("%d were allowed before it was killed, %d are counted", allowed, got)
			}
			before += got
		}
		t.Logf("%d uses in %d rounds", before, rounds)
	})
}

// In batches, the use of the last second may be lost, and none before it. This test
// gives the machine another second, and is patient with one that is so busy that it is
// late all the same, but not always; TestBatchWithinASecond, with a clock of its own,
// gives no time.
func TestKillBatch(t *testing.T) {
	rounds := testenv.Rounds(1, 4)
	onEach(t, func(t *testing.T, store string) {
		t.Parallel()
		var before, lost int64
		var longest time.Duration
		for done, late := 0, 0; done < rounds; {
			c, out := product{Store: store, Limit: 1 << 40, Batch: true, Pause: 100 * time.Microsecond}.start(t)
			waitForOutput(t, out)
			time.Sleep(2500*time.Millisecond + rand.N(700*time.Millisecond))
			killed := time.Now()
			allowed := kill(t, store, c, out)
			got := counted(t, store) - before
			switch kept := int64(out.before(killed.Add(-2 * time.Second))); {
			case got > allowed+1 || got < kept && late == 3:
				t.Fatalf("of %d that were allowed, %d of them in good time, %d are counted", allowed, kept, got)
			case got < kept:
				late++
			default:
				done++
			}
			before, lost = before+got, lost+allowed-got
			longest = max(longest, killed.Sub(out.reached(int(got))))
		}
		t.Logf("%d counted, %d lost, all of the last %v, in %d rounds", before, lost, longest, rounds)
	})
}

// PostgreSQL stops and starts again while products use the licence. In batches they
// go on, and each use is counted once. In the strict mode they are told, and nothing
// that was allowed is lost.
func TestDatabaseStops(t *testing.T) {
	server := pgtest.Start(t)
	for _, batch := range []bool{true, false} {
		t.Run(fmt.Sprint("batch ", batch), func(t *testing.T) {
			name := server.NewDatabase(t)
			_, store := openStore(t, name)
			guard := openGuard(t, 1<<40, &entitle.Options{Store: store, Batch: batch})
			var allowed, uncertain int64
			stop, done := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(done)
				for {
					select {
					case <-stop:
						return
					case <-time.After(time.Millisecond):
					}
					var failed *entitle.StoreError
					switch err := guard.Use(context.Background(), "requests", 1); {
					case err == nil:
						allowed++
					case batch || !errors.As(err, &failed):
						t.Error(err)
						return
					default:
						uncertain++
					}
				}
			}()
			for range 2 {
				time.Sleep(200 * time.Millisecond)
				if err := server.Stop(); err != nil {
					t.Fatal(err)
				}
				testenv.WaitUntil(t, "the store is gone, and that is told", func() bool { return guard.Status().StoreErr != nil })
				if err := server.Start(); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(200 * time.Millisecond)
			close(stop)
			<-done
			if err := guard.Close(); err != nil {
				t.Fatal(err)
			}
			if got := counted(t, name); got < allowed || got > allowed+uncertain || allowed == 0 {
				t.Errorf("%d were allowed, %d more may have been counted, %d are", allowed, uncertain, got)
			}
			t.Logf("%d allowed, %d refused while the database was gone, %d counted", allowed, uncertain, counted(t, name))
		})
	}
}
