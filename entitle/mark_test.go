package entitle_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/verify"
)

// swapped is a store in whose place another can be put.
type swapped struct{ now atomic.Pointer[entitle.Store] }

func newSwapped() *swapped {
	s := new(swapped)
	s.put(entitle.NewMemory())
	return s
}

func (s *swapped) put(store entitle.Store) { s.now.Store(&store) }

func (s *swapped) used(t *testing.T) int64 {
	t.Helper()
	totals, err := (*s.now.Load()).Totals(t.Context(), installation, month("2026-11"))
	if err != nil {
		t.Fatal(err)
	}
	return totals.Counts["requests"]
}

// withStateFile returns options with a state file.
func withStateFile(t *testing.T) *entitle.Options {
	t.Helper()
	file := filepath.Join(t.TempDir(), "licence.state")
	if err := state.Create(file, verify.Memory{}); err != nil {
		t.Fatal(err)
	}
	return &entitle.Options{
		Clock:    at("2026-11-21").now,
		Remember: func(change func(*verify.Memory) error) (*verify.Memory, error) { return state.Update(file, change) },
	}
}

// older returns a store as it was when so many requests were used.
func older(t *testing.T, used int64) entitle.Store {
	t.Helper()
	store := entitle.NewMemory()
	if _, err := store.Apply(t.Context(), entitle.Batch{Installation: installation, Writer: "old", Seq: 1, Time: instant("2026-11-20"),
		Adds: []entitle.Add{{Month: month("2026-11"), Name: "requests", N: used, Limit: 990}}}); err != nil {
		t.Fatal(err)
	}
	return store
}

// A store that is deleted, or replaced by an older copy, gives nothing back: neither
// between two runs, nor while the product runs.
func TestStoreGivesNothingBack(t *testing.T) {
	for _, batch := range []bool{false, true} {
		for _, running := range []bool{false, true} {
			for _, left := range []int64{0, 500} {
				opts, store, heard := withStateFile(t), newSwapped(), new(events)
				opts.Batch, opts.Notify = batch, heard.notify
				source := entitle.Text(signed(t, plan()))
				start := func() *entitle.Guard {
					opts.Store = forward{store}
					return open(t, source, opts)
				}
				g := start()
				if err := errors.Join(g.Use(t.Context(), "requests", 900), g.Flush(t.Context())); err != nil {
					t.Fatal(err)
				}
				if !running {
					g.Close()
				}
				store.put(older(t, left))
				if !running {
					g = start()
				}
				g.Tick(t.Context())
				if got := store.used(t); got != 900 || g.Remaining("requests") != 90 {
					t.Errorf("batch %v, running %v: the store of %d has %d, and %d remain", batch, running, left, got, g.Remaining("requests"))
				}
				if diff := cmp.Diff([]entitle.EventKind{entitle.UsageRestored}, heard.take()); diff != "" {
					t.Errorf("batch %v, running %v: %s", batch, running, diff)
				}
				if err := g.Use(t.Context(), "requests", 91); !isLimit(err) {
					t.Errorf("more than remained: %v", err)
				}
				if err := errors.Join(g.Use(t.Context(), "requests", 90), g.Flush(t.Context())); err != nil || store.used(t) != 990 {
					t.Errorf("all that remained: %v, the store has %d", err, store.used(t))
				}
			}
		}
	}
}

// Several processes that notice it count it once.
func TestLostUsesAreCountedOnce(t *testing.T) {
	store := newSwapped()
	var guards []*entitle.Guard
	for range 4 {
		guards = append(guards, open(t, entitle.Text(signed(t, plan())), &entitle.Options{Clock: at("2026-11-21").now, Store: forward{store}}))
	}
	if err := guards[0].Use(t.Context(), "requests", 700); err != nil {
		t.Fatal(err)
	}
	for _, g := range guards {
		g.Tick(t.Context())
	}
	store.put(older(t, 100))
	done := make(chan bool)
	for _, g := range guards {
		go func() { g.Tick(t.Context()); done <- true }()
	}
	for range guards {
		<-done
	}
	for _, g := range guards {
		g.Tick(t.Context())
	}
	if got := store.used(t); got != 700 {
		t.Errorf("the store has %d", got)
	}
}

// What is remembered is of the month: another one begins at nothing.
func TestMarksAreOfTheMonth(t *testing.T) {
	opts := withStateFile(t)
	source := entitle.Text(signed(t, plan()))
	c := at("2026-11-30")
	opts.Clock = c.now
	g := open(t, source, opts)
	if err := g.Use(t.Context(), "requests", 990); err != nil {
		t.Fatal(err)
	}
	g.Close()
	c.set("2026-12-01")
	opts.Store = entitle.NewMemory()
	if err := open(t, source, opts).Use(t.Context(), "requests", 990); err != nil {
		t.Error(err)
	}
}

// forward is the store that is there now.
type forward struct{ *swapped }

func (f forward) store() entitle.Store { return *f.now.Load() }

func (f forward) Apply(ctx context.Context, b entitle.Batch) (entitle.Applied, error) {
	return f.store().Apply(ctx, b)
}

func (f forward) Totals(ctx context.Context, installation string, m entitle.Month) (entitle.Totals, error) {
	return f.store().Totals(ctx, installation, m)
}

func (f forward) Version(ctx context.Context, installation string) (int64, time.Time, error) {
	return f.store().Version(ctx, installation)
}

func (f forward) Usage(ctx context.Context, installation string) ([]entitle.Usage, error) {
	return f.store().Usage(ctx, installation)
}

func (f forward) Change(ctx context.Context, c entitle.LevelChange) (entitle.Level, error) {
	return f.store().Change(ctx, c)
}

func (f forward) Levels(ctx context.Context, installation string) (map[string]int64, error) {
	return f.store().Levels(ctx, installation)
}

func (f forward) Hold(ctx context.Context, s entitle.Seat) (entitle.Held, error) {
	return f.store().Hold(ctx, s)
}

func (f forward) Release(ctx context.Context, installation, fingerprint, writer string) error {
	return f.store().Release(ctx, installation, fingerprint, writer)
}

func (f forward) See(ctx context.Context, installation string, s entitle.Sighting) (entitle.Clock, error) {
	return f.store().See(ctx, installation, s)
}

func (f forward) Clock(ctx context.Context, installation string) (entitle.Clock, error) {
	return f.store().Clock(ctx, installation)
}

func (f forward) SetClock(ctx context.Context, installation string, t time.Time) error {
	return f.store().SetClock(ctx, installation, t)
}

// With the store locked, a product that counts in batches gets no more than a share of
// what remains; with a store that works, it gets all.
func TestMaxUnwritten(t *testing.T) {
	for _, test := range []struct{ percent, used, want int64 }{{0, 0, 99}, {0, 890, 10}, {50, 0, 495}, {100, 0, 990}, {1, 950, 0}} {
		store := &locked{Store: entitle.NewMemory()}
		g, err := entitle.OpenStill(entitle.Text(signed(t, plan())), trusted, &entitle.Options{
			Store: store, Batch: true, Clock: at("2026-11-21").now, MaxUnwritten: test.percent,
		})
		if err != nil {
			t.Fatal(err)
		}
		for range test.used {
			if err := g.Use(t.Context(), "requests", 1); err != nil {
				t.Fatal(err)
			}
		}
		if err := g.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		store.isLocked.Store(true)
		got := int64(0)
		for err = nil; err == nil && got < 1000; got++ {
			err = g.Use(t.Context(), "requests", 1)
		}
		if got--; got != test.want || test.percent < 100 && !errors.As(err, new(*entitle.StoreError)) {
			t.Errorf("%+v: %d were granted, then %v", test, got, err)
		}
		if err := g.Use(t.Context(), "hosts", 1); err != nil {
			t.Errorf("without a limit: %v", err)
		}
		store.isLocked.Store(false)
		if left := g.Remaining("requests"); left > 0 {
			if err := g.Use(t.Context(), "requests", left); err != nil {
				t.Errorf("%+v: with the store again: %v", test, err)
			}
		}
	}
}

// locked is a store that another program has locked at times.
type locked struct {
	entitle.Store
	isLocked atomic.Bool
}

func (s *locked) Apply(ctx context.Context, b entitle.Batch) (entitle.Applied, error) {
	if s.isLocked.Load() {
		return entitle.Applied{}, errors.New("the database is locked")
	}
	return s.Store.Apply(ctx, b)
}
