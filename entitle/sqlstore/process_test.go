//go:build unix

package sqlstore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/entitle/sqlstore"
	"github.com/licseal/licseal/internal/sqldb/postgres"
	"github.com/licseal/licseal/internal/sqldb/sqlite"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/internal/testenv/pgtest"
)

// Tests run products: this test binary, told by a variable to be one.
const beProduct = "LICSEAL_TEST_BE_PRODUCT"

func TestMain(m *testing.M) {
	if text := os.Getenv(beProduct); text != "" {
		if err := runProduct(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// product is a process that uses a licence.
type product struct {
	Store   string // as licseald takes it
	Limit   int64
	Batch   bool
	Workers int
	Uses    int           // of each worker, 1 to 3 at a time; 0: one at a time, until it is killed
	Pause   time.Duration // after each use, if it is to be killed
	Base    time.Duration // from the clock of the machine to that of the test
	Ahead   time.Duration // by how much the product's clock is ahead of that of the test
	Levels  bool          // "requests" is a level: take and give back, and lease
}

// noonOn returns how far noon of a day of this month is from now; 0 is the last day of the
// month before.
func noonOn(day int) time.Duration {
	now := time.Now().UTC()
	return time.Date(now.Year(), now.Month(), day, 12, 0, 0, 0, time.UTC).Sub(now)
}

// runProduct runs a product. One that is to be killed writes a byte for each use
// that is allowed; another prints how many were, at its end.
func runProduct(text string) error {
	var p product
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return err
	}
	ctx := context.Background()
	db, err := openDB(ctx, p.Store)
	if err != nil {
		return err
	}
	store, err := sqlstore.New(ctx, db)
	if err != nil {
		return err
	}
	data, err := license(p.Limit, time.Now().Add(p.Base))
	if err != nil {
		return err
	}
	guard, err := entitle.Open(ctx, entitle.Text(data), trusted, &entitle.Options{
		Store: store, Batch: p.Batch, Clock: func() time.Time { return time.Now().Add(p.Base + p.Ahead) },
		MaxClockLead: 48 * time.Hour, Levels: p.levels(), Lapse: p.lapse(), StoreTimeout: time.Minute,
	})
	if err != nil {
		return err
	}
	switch {
	case p.Levels && p.Uses == 0:
		return p.leaseForEver(ctx, guard)
	case p.Levels:
		return errors.Join(p.takeAndGive(ctx, guard), guard.Close())
	case p.Uses == 0:
		return p.useForEver(ctx, guard)
	}
	var group sync.WaitGroup
	allowed := make([]int64, p.Workers)
	for i := range p.Workers {
		group.Go(func() { allowed[i] = p.use(ctx, guard) })
	}
	group.Wait()
	if err := guard.Close(); err != nil {
		return err
	}
	var sum int64
	for _, n := range allowed {
		sum += n
	}
	_, err = fmt.Println(sum)
	return err
}

func (p *product) use(ctx context.Context, guard *entitle.Guard) (allowed int64) {
	for range p.Uses {
		n := 1 + rand.Int64N(3)
		err := guard.Use(ctx, "requests", n)
		var limit *entitle.LimitError
		switch {
		case err == nil:
			allowed += n
		case !errors.As(err, &limit):
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	return allowed
}

func (p *product) useForEver(ctx context.Context, guard *entitle.Guard) error {
	for {
		if err := guard.Use(ctx, "requests", 1); err != nil {
			return err
		}
		if _, err := os.Stdout.Write([]byte{'.'}); err != nil {
			return err
		}
		time.Sleep(p.Pause)
	}
}

// start starts the product. Its output is complete once it has been waited for.
func (p product) start(t *testing.T) (*exec.Cmd, *output) {
	t.Helper()
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	out := new(output)
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), beProduct+"="+string(text))
	c.Stdout, c.Stderr = out, os.Stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill() })
	return c, out
}

// output is what a product wrote, and how much of it there was when.
type output struct {
	mu    sync.Mutex
	text  bytes.Buffer
	marks []mark
}

type mark struct {
	at time.Time
	n  int
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(b)
	o.marks = append(o.marks, mark{time.Now(), o.text.Len()})
	return len(b), nil
}

// before returns how much was written before an instant.
func (o *output) before(t time.Time) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for _, m := range o.marks {
		if m.at.Before(t) {
			n = m.n
		}
	}
	return n
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func openDB(ctx context.Context, store string) (*sqlstore.DB, error) {
	if file, ok := strings.CutPrefix(store, "sqlite:"); ok {
		return sqlite.Open(ctx, file)
	}
	return postgres.Open(ctx, store)
}

// counted returns what the store has, of all months: one may end while a test runs.
func counted(t *testing.T, name string) (sum int64) {
	t.Helper()
	db, err := openDB(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	store, err := sqlstore.New(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	usage, err := store.Usage(t.Context(), installation)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range usage {
		sum += u.Count
	}
	return sum
}

// onEach runs a test on a new SQLite file and on a new PostgreSQL database.
func onEach(t *testing.T, test func(t *testing.T, store string)) {
	t.Run("SQLite", func(t *testing.T) { test(t, "sqlite:"+filepath.Join(t.TempDir(), "usage.db")) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, pgtest.Database(t)) })
}

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
			var outputs []*output
			var commands []*exec.Cmd
			for range 3 {
				c, out := p.start(t)
				commands, outputs = append(commands, c), append(outputs, out)
			}
			for i, c := range commands {
				if err := c.Wait(); err != nil {
					t.Fatal(err)
				}
				var n int64
				if _, err := fmt.Sscan(outputs[i].String(), &n); err != nil {
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
		db, err := openDB(t.Context(), store)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		usage, err := sqlstore.New(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
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
			c.Process.Kill()
			c.Wait()
			waitForServer(t, store)
			got, allowed := counted(t, store)-before, int64(len(out.String()))
			if got < allowed || got > allowed+1 {
				t.Errorf("%d were allowed before it was killed, %d are counted", allowed, got)
			}
			before += got
		}
		t.Logf("%d uses in %d rounds", before, rounds)
	})
}

// waitForServer waits until PostgreSQL has nothing left to do for clients that are
// gone: it may commit what a killed one sent last after that one has ended.
func waitForServer(t *testing.T, store string) {
	t.Helper()
	if strings.HasPrefix(store, "sqlite:") {
		return
	}
	db, err := openDB(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	testenv.WaitUntil(t, "no client that was killed is connected", func() bool {
		var others int
		err := db.QueryRow(`SELECT COUNT(*) FROM pg_stat_activity
			WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`).Scan(&others)
		if err != nil {
			t.Fatal(err)
		}
		return others == 0
	})
}

func waitForOutput(t *testing.T, out *output) {
	t.Helper()
	testenv.WaitUntil(t, "the product uses the licence", func() bool { return len(out.String()) > 0 })
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
			c.Process.Kill()
			c.Wait()
			waitForServer(t, store)
			got, allowed := counted(t, store)-before, int64(len(out.String()))
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

// reached returns when so much was written.
func (o *output) reached(n int) time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, m := range o.marks {
		if m.n >= n {
			return m.at
		}
	}
	return o.marks[len(o.marks)-1].at
}

// PostgreSQL stops and starts again while products use the licence. In batches they
// go on, and each use is counted once. In the strict mode they are told, and nothing
// that was allowed is lost.
func TestDatabaseStops(t *testing.T) {
	server := pgtest.Start(t)
	for _, batch := range []bool{true, false} {
		t.Run(fmt.Sprint("batch ", batch), func(t *testing.T) {
			name := server.NewDatabase(t)
			db, err := openDB(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			store, err := sqlstore.New(t.Context(), db)
			if err != nil {
				t.Fatal(err)
			}
			data, err := license(1<<40, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			guard, err := entitle.Open(t.Context(), entitle.Text(data), trusted, &entitle.Options{Store: store, Batch: batch})
			if err != nil {
				t.Fatal(err)
			}
			defer guard.Close()
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
