package entitle_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/verify"
)

// Over any interleaving of uses, months, new licences, reading and writing: what
// was allowed is what the store has in the end, and no month has more than its
// limit.
func TestInterleavings(t *testing.T) {
	for _, batch := range []bool{false, true} {
		t.Run(fmt.Sprint(batch), func(t *testing.T) {
			store, c := entitle.NewMemory(), at("2026-03-31T23:59:59Z")
			g := open(t, entitle.Text(signed(t, plan().limit("requests", 3000))), &entitle.Options{Store: store, Clock: c.now, Batch: batch})
			var allowed, refused atomic.Int64
			var users, others sync.WaitGroup
			for range 8 {
				users.Go(func() {
					for i := range 600 {
						n := 1 + rand.Int64N(4)
						switch err := g.Use(context.Background(), "requests", n); {
						case err == nil:
							allowed.Add(n)
						case isLimit(err):
							refused.Add(1)
						default:
							t.Error(err)
						}
						if i%100 == 0 && g.Remaining("requests") < 0 {
							t.Error("less than nothing remains")
						}
					}
				})
			}
			stop := make(chan struct{})
			others.Go(func() {
				for month := 4; ; month++ {
					select {
					case <-stop:
						return
					case <-time.After(2 * time.Millisecond):
					}
					if month <= 7 {
						c.set(fmt.Sprintf("2026-%02d-01", month))
					}
					g.Tick(context.Background())
				}
			})
			users.Wait()
			close(stop)
			others.Wait()
			if err := g.Close(); err != nil {
				t.Error(err)
			}
			usage, err := store.Usage(t.Context(), installation)
			if err != nil {
				t.Fatal(err)
			}
			var counted int64
			for _, u := range usage {
				if u.Count > 3300 {
					t.Errorf("%s has %d, past the limit", u.Month, u.Count)
				}
				counted += u.Count
			}
			if counted != allowed.Load() || counted == 0 {
				t.Errorf("%d were allowed, %d counted", allowed.Load(), counted)
			}
			t.Logf("%d allowed in %d months, %d refused", counted, len(usage), refused.Load())
		})
	}
}

// lossy is a store behind a line that breaks: it does what it is asked, or not, and
// answers with an error either way.
type lossy struct {
	entitle.Store
	broken atomic.Bool
}

var errLine = errors.New("the line is broken")

func (l *lossy) Apply(ctx context.Context, b entitle.Batch) (entitle.Applied, error) {
	if !l.broken.Load() {
		return l.Store.Apply(ctx, b)
	}
	if rand.IntN(2) == 0 {
		l.Store.Apply(ctx, b)
	}
	return entitle.Applied{}, errLine
}

// later is a clock for bubbles, which begin in the year 2000.
func later() time.Time { return time.Now().AddDate(26, 6, 0) }

// sleepy is a source that takes its time, but for the first one.
type sleepy struct {
	entitle.Source
	loads atomic.Int64
	takes time.Duration
}

func (s *sleepy) Load() ([]byte, time.Time, error) {
	if s.loads.Add(1) > 1 {
		time.Sleep(s.takes)
	}
	return s.Source.Load()
}

// What was allowed in a batch is in the store within a second, by the clock of the
// machine, however slow sources and the state file are: whatever then happens to the
// process, it is not lost.
func TestBatchWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := entitle.NewMemory()
		var m verify.Memory
		g := open(t, &sleepy{Source: entitle.Text(signed(t, plan())), takes: 3 * time.Second}, &entitle.Options{
			Store: store, Batch: true, Clock: later,
			Remember: func(change func(*verify.Memory) error) (*verify.Memory, error) {
				time.Sleep(3 * time.Second)
				return &m, change(&m)
			},
		})
		for i := range 30 {
			time.Sleep(time.Duration(i) * 37 * time.Millisecond)
			if err := g.Use(t.Context(), "requests", 1); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			usage, err := store.Usage(t.Context(), installation)
			if err != nil {
				t.Fatal(err)
			}
			want := []entitle.Usage{{Month: month("2026-07"), Name: "requests", Count: int64(i + 1)}}
			if diff := cmp.Diff(want, usage); diff != "" {
				t.Errorf("a second after use %d (-want +got):\n%s", i+1, diff)
			}
		}
		g.Close()
		time.Sleep(time.Minute) // until nothing goes on in the bubble
	})
}

// stuck is a store that does not answer, but for the first while.
type stuck struct {
	entitle.Store
	isStuck atomic.Bool
}

func (s *stuck) wait(ctx context.Context) error {
	if s.isStuck.Load() {
		<-ctx.Done()
	}
	return ctx.Err()
}

func (s *stuck) Apply(ctx context.Context, b entitle.Batch) (entitle.Applied, error) {
	if err := s.wait(ctx); err != nil {
		return entitle.Applied{}, err
	}
	return s.Store.Apply(ctx, b)
}

func (s *stuck) Usage(ctx context.Context, installation string) ([]entitle.Usage, error) {
	if err := s.wait(ctx); err != nil {
		return nil, err
	}
	return s.Store.Usage(ctx, installation)
}

func (s *stuck) Hold(ctx context.Context, seat entitle.Seat) (entitle.Held, error) {
	if err := s.wait(ctx); err != nil {
		return entitle.Held{}, err
	}
	return s.Store.Hold(ctx, seat)
}

// A store that does not answer holds nobody for longer than StoreTimeout.
func TestStoreTimeout(t *testing.T) {
	for _, batch := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			const timeout = 50 * time.Millisecond
			store := &stuck{Store: entitle.NewMemory()}
			g := open(t, entitle.Text(signed(t, plan())), &entitle.Options{Store: store, Batch: batch, Clock: later, StoreTimeout: timeout})
			store.isStuck.Store(true)
			use := func(ctx context.Context) error { return g.Use(ctx, "requests", 1) }
			for name, f := range map[string]func(context.Context) error{
				"Use":     use,
				"Flush":   func(ctx context.Context) error { return errors.Join(use(ctx), g.Flush(ctx)) },
				"Monthly": func(ctx context.Context) error { _, err := g.Monthly(ctx, "requests"); return err },
				"Bind":    func(ctx context.Context) error { _, err := g.Bind(ctx, "m1"); return err },
			} {
				var failed *entitle.StoreError
				start := time.Now()
				if err := f(t.Context()); !errors.As(err, &failed) && !(batch && name == "Use") {
					t.Errorf("batch %v: %s: %v", batch, name, err)
				}
				if took := time.Since(start); took > 2*timeout { // Flush in the strict mode waits for two calls
					t.Errorf("batch %v: %s took %v", batch, name, took)
				}
			}
			store.isStuck.Store(false)
			if err := g.Flush(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// However many wait for a store that hangs, none waits longer than for half as long again
// as StoreTimeout, whatever the store makes of its context.
func TestStoreTimeoutOfMany(t *testing.T) {
	for _, deaf := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			const timeout = time.Second
			hang := make(chan struct{})
			store := &hanging{Store: entitle.NewMemory(), end: hang, deaf: deaf}
			strict := open(t, entitle.Text(signed(t, plan())), &entitle.Options{Store: store, Clock: later, StoreTimeout: timeout})
			batch := open(t, entitle.Text(signed(t, plan())), &entitle.Options{Store: store, Batch: true, Clock: later, StoreTimeout: timeout})
			store.hangs.Store(true)
			var group sync.WaitGroup
			for i := range 400 {
				group.Go(func() {
					time.Sleep(time.Duration(i) * 10 * time.Millisecond)
					for _, call := range []func() error{
						func() error { return strict.Use(t.Context(), "requests", 1) },
						func() error { return batch.Use(t.Context(), "requests", 500) }, // more than may be unwritten
						func() error { return batch.Flush(t.Context()) },
						func() error { _, err := strict.Bind(t.Context(), fmt.Sprint(i)); return err },
						func() error { _, err := batch.Monthly(t.Context(), "requests"); return err },
					} {
						start := time.Now()
						if err := call(); !errors.As(err, new(*entitle.StoreError)) {
							t.Errorf("found %v", err)
						}
						if took := time.Since(start); took > timeout*3/2 {
							t.Errorf("it took %v", took)
						}
					}
				})
			}
			group.Wait()
			store.hangs.Store(false)
			close(hang)
			time.Sleep(time.Minute)
			if err := strict.Use(t.Context(), "requests", 1); err != nil {
				t.Errorf("the store works again: %v", err)
			}
			strict.Close()
			batch.Close()
			time.Sleep(time.Minute)
		})
	}
}

// hanging is a store that answers nothing while it hangs. If it is deaf, it does not even
// look at its context.
type hanging struct {
	entitle.Store
	hangs atomic.Bool
	end   chan struct{}
	deaf  bool
}

func (s *hanging) wait(ctx context.Context) error {
	if !s.hangs.Load() {
		return nil
	}
	if s.deaf {
		ctx = context.Background()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-s.end:
		return errors.New("the connection was closed")
	}
}

func (s *hanging) Apply(ctx context.Context, b entitle.Batch) (entitle.Applied, error) {
	if err := s.wait(ctx); err != nil {
		return entitle.Applied{}, err
	}
	return s.Store.Apply(ctx, b)
}

func (s *hanging) Totals(ctx context.Context, installation string, m entitle.Month) (entitle.Totals, error) {
	if err := s.wait(ctx); err != nil {
		return entitle.Totals{}, err
	}
	return s.Store.Totals(ctx, installation, m)
}

func (s *hanging) Version(ctx context.Context, installation string) (int64, time.Time, error) {
	if err := s.wait(ctx); err != nil {
		return 0, time.Time{}, err
	}
	return s.Store.Version(ctx, installation)
}

func (s *hanging) Usage(ctx context.Context, installation string) ([]entitle.Usage, error) {
	if err := s.wait(ctx); err != nil {
		return nil, err
	}
	return s.Store.Usage(ctx, installation)
}

func (s *hanging) Hold(ctx context.Context, seat entitle.Seat) (entitle.Held, error) {
	if err := s.wait(ctx); err != nil {
		return entitle.Held{}, err
	}
	return s.Store.Hold(ctx, seat)
}

// Somebody who goes away says nothing of the store.
func TestFlushCancelled(t *testing.T) {
	heard := new(events)
	store := &stuck{Store: entitle.NewMemory()}
	g := open(t, entitle.Text(signed(t, plan())), &entitle.Options{Store: store, Batch: true, Clock: at("2026-11-21").now, Notify: heard.notify})
	if err := g.Use(t.Context(), "requests", 1); err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.Flush(gone); !errors.Is(err, context.Canceled) || g.Status().StoreErr != nil || len(heard.take()) > 0 {
		t.Errorf("it is told %v, the store is said to be %v", err, g.Status().StoreErr)
	}
}

// A store that does not answer holds Close for ten seconds, and no longer.
func TestCloseWithStuckStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &stuck{Store: entitle.NewMemory()}
		g := open(t, entitle.Text(signed(t, plan())), &entitle.Options{Store: store, Batch: true, Clock: later})
		store.isStuck.Store(true)
		if err := g.Use(t.Context(), "requests", 1); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second) // it is being written
		start := time.Now()
		var failed *entitle.StoreError
		if err := g.Close(); !errors.As(err, &failed) || time.Since(start) > 10*time.Second {
			t.Errorf("Close took %v: %v", time.Since(start), err)
		}
	})
}

// A source that does not answer keeps Close from nothing but its own.
func TestCloseWithSlowSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := entitle.NewMemory()
		g := open(t, &sleepy{Source: entitle.Text(signed(t, plan())), takes: time.Minute}, &entitle.Options{Store: store, Batch: true, Clock: later})
		time.Sleep(time.Second)
		if err := g.Use(t.Context(), "requests", 1); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := g.Close(); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 10*time.Second {
			t.Errorf("Close took %v: %v", time.Since(start), err)
		}
		time.Sleep(time.Minute)
		usage, err := store.Usage(t.Context(), installation)
		if diff := cmp.Diff([]entitle.Usage{{Month: month("2026-07"), Name: "requests", Count: 1}}, usage); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}

// What could not be written, or perhaps was, is written later, and once.
func TestStoreFails(t *testing.T) {
	store, c, heard := &lossy{Store: entitle.NewMemory()}, at("2026-11-30T23:00:00Z"), new(events)
	g := open(t, entitle.Text(signed(t, plan())), &entitle.Options{Store: store, Clock: c.now, Batch: true, Notify: heard.notify})
	var want int64
	for round := range 40 {
		store.broken.Store(round%4 != 3)
		for range 3 {
			if err := g.Use(t.Context(), "requests", 1); err != nil {
				t.Fatal(err)
			}
			want++
		}
		if round == 20 {
			c.set("2026-12-01")
		}
		g.Tick(t.Context())
		if err := g.Status().StoreErr; (err == nil) != (round%4 == 3) {
			t.Errorf("round %d: %v", round, err)
		}
	}
	kinds := heard.take()
	if len(kinds) != 20 || kinds[0] != entitle.StoreFailed || kinds[1] != entitle.StoreWorks {
		t.Errorf("it was told %v", kinds)
	}
	// It is broken at the end: Close says so, and loses nothing that was written.
	store.broken.Store(true)
	if err := g.Use(t.Context(), "requests", 1); err != nil {
		t.Fatal(err)
	}
	var failed *entitle.StoreError
	if err := g.Close(); !errors.As(err, &failed) {
		t.Errorf("Close: %v", err)
	}
	usage, err := store.Usage(t.Context(), installation)
	if err != nil {
		t.Fatal(err)
	}
	var counted int64
	for _, u := range usage {
		counted += u.Count
	}
	if len(usage) != 2 || counted != want && counted != want+1 { // the last may have come through
		t.Errorf("%d were allowed, the store has %v", want, usage)
	}
}

// Without batches, what cannot be written is not allowed.
func TestStrictStoreFails(t *testing.T) {
	store := &lossy{Store: entitle.NewMemory()}
	g := open(t, entitle.Text(signed(t, plan())), &entitle.Options{Store: store, Clock: at("2026-11-21").now})
	store.broken.Store(true)
	var failed *entitle.StoreError
	if err := g.Use(t.Context(), "requests", 1); !errors.As(err, &failed) || !errors.Is(err, errLine) {
		t.Errorf("the store is broken: %v", err)
	}
	if err := g.Use(t.Context(), "reports", 1); err != nil {
		t.Errorf("what is not counted needs no store: %v", err)
	}
	store.broken.Store(false)
	if err := g.Use(t.Context(), "requests", 1); err != nil {
		t.Error(err)
	}
}

// Who is told, and takes long over it, keeps nobody else waiting; what happens
// meanwhile is told after it, in its order.
func TestSlowNotify(t *testing.T) {
	store, heard := &lossy{Store: entitle.NewMemory()}, new(events)
	gate, told := make(chan struct{}), make(chan struct{}, 1)
	g := open(t, entitle.Text(signed(t, plan())), &entitle.Options{Store: store, Clock: at("2026-11-21").now, Notify: func(e entitle.Event) {
		if e.Kind == entitle.StoreFailed {
			told <- struct{}{}
			<-gate
		}
		heard.notify(e)
	}})
	store.broken.Store(true)
	failed := make(chan error, 1)
	go func() { failed <- g.Use(context.Background(), "requests", 1) }()
	<-told
	store.broken.Store(false)
	within(t, "Flush", func() {
		if err := g.Flush(t.Context()); err != nil {
			t.Error(err)
		}
	})
	close(gate)
	if err := <-failed; err == nil {
		t.Error("a use that could not be written was allowed")
	}
	within(t, "Close", func() { g.Close() })
	if diff := cmp.Diff([]entitle.EventKind{entitle.StoreFailed, entitle.StoreWorks}, heard.take()); diff != "" {
		t.Error(diff)
	}
}

// slow is a store that waits before it writes.
type slow struct {
	entitle.Store
	gate chan struct{}
}

func (s *slow) Apply(ctx context.Context, b entitle.Batch) (entitle.Applied, error) {
	if len(b.Adds) > 0 {
		<-s.gate
	}
	return s.Store.Apply(ctx, b)
}

// Uses that wait at the same time are written together. Where they do not all fit,
// as many are allowed as do.
func TestTogether(t *testing.T) {
	store := &slow{entitle.NewMemory(), make(chan struct{})}
	g := open(t, entitle.Text(signed(t, plan().limit("requests", 5).with("delay_max_uses_perc", 0))), &entitle.Options{Store: store, Clock: at("2026-11-21").now})
	var allowed atomic.Int64
	var users sync.WaitGroup
	for range 9 {
		users.Go(func() {
			switch err := g.Use(context.Background(), "requests", 1); {
			case err == nil:
				allowed.Add(1)
			case !isLimit(err):
				t.Error(err)
			}
		})
	}
	time.Sleep(20 * time.Millisecond) // so that most of them wait
	close(store.gate)
	users.Wait()
	if allowed.Load() != 5 {
		t.Errorf("%d of 5 were allowed", allowed.Load())
	}
}

// Who does not wait for the store gets no use, and the guard goes on.
func TestUseCancelled(t *testing.T) {
	store := &slow{entitle.NewMemory(), make(chan struct{})}
	g := open(t, entitle.Text(signed(t, plan())), &entitle.Options{Store: store, Clock: at("2026-11-21").now})
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	for range 2 { // one that is being written, and one that waits
		if err := g.Use(ctx, "requests", 1); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	close(store.gate)
	if err := g.Use(t.Context(), "requests", 1); err != nil {
		t.Error(err)
	}
}

// Counting stops at the largest count there is, for others too, and goes on
// elsewhere.
func TestMaxCount(t *testing.T) {
	store := entitle.NewMemory()
	opts := &entitle.Options{Store: store, Clock: at("2026-11-21").now, Batch: true}
	source := entitle.Text(signed(t, plan()))
	a, b := open(t, source, opts), open(t, source, opts)
	for _, g := range []*entitle.Guard{a, b} {
		if err := g.Use(t.Context(), "hosts", entitle.MaxCount-1); err != nil {
			t.Error(err)
		}
		if err := g.Use(t.Context(), "hosts", 2); err != nil { // it has no limit
			t.Errorf("past the largest count: %v", err)
		}
	}
	for range 2 {
		for _, g := range []*entitle.Guard{a, b} {
			if err := g.Use(t.Context(), "requests", 1); err != nil {
				t.Error(err)
			}
			g.Flush(t.Context())
		}
	}
	usage, err := store.Usage(t.Context(), installation)
	if err != nil || len(usage) != 2 || usage[0].Count != entitle.MaxCount || usage[1].Count != 4 {
		t.Errorf("%v, %v", usage, err)
	}
}

func TestMonthly(t *testing.T) {
	c := at("2026-02-10")
	g := open(t, entitle.Text(signed(t, plan())), &entitle.Options{Clock: c.now})
	expect := func(want string) {
		t.Helper()
		months, err := g.Monthly(t.Context(), "requests")
		if err != nil {
			t.Error(err)
		}
		got := ""
		for _, m := range months {
			got += fmt.Sprintf("%s:%d ", m.Month, m.Count)
		}
		if got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
	expect("")
	use := func(when string, n int64) {
		t.Helper()
		c.set(when)
		if err := g.Use(t.Context(), "requests", n); err != nil {
			t.Error(err)
		}
	}
	use("2026-02-11", 5)
	expect("2026-02:5 ")
	use("2026-05-11", 1)
	c.set("2026-07-01")
	expect("2026-02:5 2026-03:0 2026-04:0 2026-05:1 2026-06:0 2026-07:0 ")
}
