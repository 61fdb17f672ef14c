package entitle_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/entitle"
)

// levels is a licence in which "requests" is a level of 10, with 10 % more.
func levels(t *testing.T) entitle.Source {
	return entitle.Text(signed(t, plan().limit("requests", 10)))
}

// A level is taken and given back, in every mode; it knows no months, and outlives the
// process.
func TestLevels(t *testing.T) {
	for _, batch := range []bool{false, true} {
		store, c := entitle.NewMemory(), at("2026-11-30")
		opts := &entitle.Options{Store: store, Clock: c.now, Batch: batch, Levels: []string{"requests", "hosts", "reports"}, MaxClockLead: 60 * day}
		g := open(t, levels(t), opts)
		is := func(want int64) {
			t.Helper()
			limit := g.Limits()[0]
			if limit.Used != want || limit.Remaining != 11-want || g.Remaining("requests") != 11-want || limit.Reached != (want >= 11) || !limit.Level {
				t.Errorf("%d of 11: %+v", want, limit)
			}
		}
		for _, step := range []struct {
			name  string
			err   error
			after int64
		}{
			{"take 4", g.Take(t.Context(), "requests", 4), 4},
			{"give 1", g.Give(t.Context(), "requests", 1), 3},
			{"give more than there is", g.Give(t.Context(), "requests", 5), 0},
			{"set to 11", g.Set(t.Context(), "requests", 11), 11},
			{"without a limit", g.Take(t.Context(), "hosts", 1000), 11},
			{"not counted", g.Take(t.Context(), "reports", 1000), 11},
		} {
			if step.err != nil {
				t.Errorf("%s: %v", step.name, step.err)
			}
		}
		is(11)
		want := &entitle.LimitError{Name: "requests", Limit: 11, Used: 11, N: 1, IsLevel: true}
		var got *entitle.LimitError
		if err := g.Take(t.Context(), "requests", 1); !errors.As(err, &got) || !cmp.Equal(want, got) {
			t.Errorf("past the limit: %v", err)
		}
		if err := g.Set(t.Context(), "requests", 12); !isLimit(err) {
			t.Errorf("set past the limit: %v", err)
		}
		c.set("2026-12-01")
		g.Tick(t.Context())
		is(11)
		g.Close()
		g = open(t, levels(t), opts)
		is(11)
		// What was taken under a larger licence stays, and can be given back.
		small := open(t, entitle.Text(signed(t, plan().limit("requests", 1))), opts)
		if err := errors.Join(small.Set(t.Context(), "requests", 9), small.Give(t.Context(), "requests", 3)); err != nil {
			t.Error(err)
		}
		g.Tick(t.Context())
		is(6)
		// An expired licence keeps nobody from giving back.
		c.set("2027-01-11")
		if err := errors.Join(g.Give(t.Context(), "requests", 1), g.Set(t.Context(), "requests", 2)); err != nil {
			t.Error(err)
		}
		if err := g.Take(t.Context(), "requests", 1); !errors.As(err, new(*entitle.InactiveError)) {
			t.Errorf("taken: %v", err)
		}
	}
}

// Nothing is not taken or given back, and no more than a count can be.
func TestBoundsOfLevels(t *testing.T) {
	const most = entitle.MaxCount
	g := open(t, levels(t), &entitle.Options{Levels: []string{"hosts"}})
	type change func(context.Context, string, int64) error
	for _, test := range []struct {
		name   string
		change change
		n      int64
		ok     bool
	}{
		{"Set", g.Set, -1, false}, {"Set", g.Set, most + 1, false}, {"Set", g.Set, most, true}, {"Set", g.Set, 0, true},
		{"Take", g.Take, -1, false}, {"Take", g.Take, 0, false}, {"Take", g.Take, most + 1, false}, {"Take", g.Take, most, true},
		{"Give", g.Give, -1, false}, {"Give", g.Give, 0, false}, {"Give", g.Give, most + 1, false}, {"Give", g.Give, 1, true}, {"Give", g.Give, most, true},
	} {
		err := test.change(t.Context(), "hosts", test.n)
		if (err == nil) != test.ok || isLimit(err) {
			t.Errorf("%s %d: %v", test.name, test.n, err)
		}
	}
}

// A level is no monthly count, and a count no level; what is not granted is neither.
func TestLevelsAndCounts(t *testing.T) {
	g := open(t, entitle.Text(signed(t, plan())), &entitle.Options{Clock: at("2026-11-21").now, Levels: []string{"hosts", "none"}})
	var level *entitle.LevelError
	for _, err := range []error{
		g.Use(t.Context(), "hosts", 1), g.Record(t.Context(), "hosts", 1), g.UseOnce(t.Context(), "k", "hosts", 1), g.Take(t.Context(), "requests", 1),
		g.Give(t.Context(), "requests", 1), g.Set(t.Context(), "requests", 1),
	} {
		if !errors.As(err, &level) {
			t.Errorf("found %v", err)
		}
	}
	if _, err := g.Lease(t.Context(), "requests"); !errors.As(err, &level) {
		t.Errorf("found %v", err)
	}
	for _, err := range []error{g.Take(t.Context(), "none", 1), g.Give(t.Context(), "none", 1)} {
		if !errors.As(err, new(*entitle.NotIncludedError)) {
			t.Errorf("found %v", err)
		}
	}
	for _, n := range []int64{0, -1, entitle.MaxCount + 1} {
		if g.Take(t.Context(), "hosts", n) == nil || g.Give(t.Context(), "hosts", n) == nil {
			t.Errorf("%d was taken or given back", n)
		}
	}
}

// A lease lapses when its holder dies, and not while it lives.
func TestLease(t *testing.T) {
	store, heard := entitle.NewMemory(), new(events)
	alive, dead := bothAt("2026-11-21"), bothAt("2026-11-21")
	opts := entitle.Options{Store: store, Lapse: time.Minute, Levels: []string{"requests"}, Notify: heard.notify}
	a, err := entitle.OpenStill(levels(t), trusted, alive.options(opts))
	if err != nil {
		t.Fatal(err)
	}
	b, err := entitle.OpenStill(levels(t), trusted, dead.options(opts)) // which never renews
	if err != nil {
		t.Fatal(err)
	}
	mine, err := a.Lease(t.Context(), "requests")
	if err != nil {
		t.Fatal(err)
	}
	var theirs *entitle.Lease
	for range 10 {
		if theirs, err = b.Lease(t.Context(), "requests"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.Lease(t.Context(), "requests"); !isLimit(err) {
		t.Errorf("a twelfth: %v", err)
	}
	for range 5 {
		alive.run(14*time.Second, 14*time.Second)
		dead.run(14*time.Second, 14*time.Second)
		a.RenewLeases(t.Context())
	}
	if !mine.Held() || theirs.Held() {
		t.Errorf("held: %v, and that of the dead: %v", mine.Held(), theirs.Held())
	}
	for range 10 { // those of the dead are free
		if _, err := a.Lease(t.Context(), "requests"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.Lease(t.Context(), "requests"); !isLimit(err) {
		t.Errorf("one more: %v", err)
	}
	if err := mine.Release(t.Context()); err != nil || mine.Held() {
		t.Errorf("released: %v", err)
	}
	if _, err := a.Lease(t.Context(), "requests"); err != nil {
		t.Error(err)
	}
	b.RenewLeases(t.Context()) // comes back to life
	if theirs.Held() || len(heard.take()) == 0 {
		t.Error("a lease was held twice, or its loss not reported")
	}
}

// Whatever is asked for at the same time, in whatever order, no level is above its limit,
// and in the end it is what was taken and not given back.
func TestLevelsTogether(t *testing.T) {
	store := entitle.NewMemory()
	var guards []*entitle.Guard
	for range 3 {
		guards = append(guards, open(t, levels(t), &entitle.Options{Store: store, Clock: at("2026-11-21").now, Levels: []string{"requests"}}))
	}
	var held atomic.Int64
	var group sync.WaitGroup
	for i := range 12 {
		g := guards[i%3]
		group.Go(func() {
			for range 100 {
				n := 1 + rand.Int64N(3)
				if g.Take(context.Background(), "requests", n) != nil {
					continue
				}
				if sum := held.Add(n); sum > 11 {
					t.Errorf("%d are in use", sum)
				}
				held.Add(-n)
				if err := g.Give(context.Background(), "requests", n); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if left, err := store.Levels(t.Context(), installation); err != nil || left["requests"] != 0 {
		t.Errorf("%v is left: %v", left, err)
	}
}

// A call that is repeated with its key counts once, even if the first answer was lost.
func TestOnce(t *testing.T) {
	store := &forgetful{Store: entitle.NewMemory()}
	for _, batch := range []bool{false, true} {
		key := map[bool]string{false: "strict", true: "batch"}[batch]
		g := open(t, entitle.Text(signed(t, plan())), &entitle.Options{Store: store, Clock: at("2026-11-21").now, Batch: batch, Levels: []string{"hosts"}})
		before, beforeLevel := g.Limits()[0].Used, g.Limits()[1].Used
		store.forgets.Store(true)
		if err := g.UseOnce(t.Context(), key, "requests", 5); !errors.As(err, new(*entitle.StoreError)) {
			t.Errorf("the answer was lost: %v", err)
		}
		if err := g.TakeOnce(t.Context(), key+" level", "hosts", 5); !errors.As(err, new(*entitle.StoreError)) {
			t.Errorf("the answer was lost: %v", err)
		}
		store.forgets.Store(false)
		for range 3 {
			if err := errors.Join(g.UseOnce(t.Context(), key, "requests", 5), g.TakeOnce(t.Context(), key+" level", "hosts", 5)); err != nil {
				t.Error(err)
			}
		}
		if after := g.Limits()[0].Used; after != before+5 {
			t.Errorf("%d were counted", after-before)
		}
		if after := g.Limits()[1].Used; after != beforeLevel+5 {
			t.Errorf("%d were taken", after-beforeLevel)
		}
		for _, err := range []error{
			g.UseOnce(t.Context(), key, "requests", 6), g.TakeOnce(t.Context(), key, "hosts", 5), g.GiveOnce(t.Context(), key+" level", "hosts", 5),
		} {
			if !errors.Is(err, entitle.ErrKeyReused) {
				t.Errorf("another call with the key: %v", err)
			}
		}
		// One that is granted to the last use is granted again, and no other is.
		left := g.Remaining("requests")
		if !batch {
			continue
		}
		for range 2 {
			if err := g.UseOnce(t.Context(), "the last", "requests", left); err != nil {
				t.Error(err)
			}
		}
		if err := g.UseOnce(t.Context(), "another", "requests", 1); !isLimit(err) {
			t.Errorf("past the limit: %v", err)
		}
	}
}

// forgetful is a store whose answers get lost.
type forgetful struct {
	entitle.Store
	forgets atomic.Bool
}

func (s *forgetful) Apply(ctx context.Context, b entitle.Batch) (entitle.Applied, error) {
	applied, err := s.Store.Apply(ctx, b)
	if s.forgets.Load() {
		err = errors.New("the connection was lost")
	}
	return applied, err
}

func (s *forgetful) Change(ctx context.Context, c entitle.LevelChange) (entitle.Level, error) {
	level, err := s.Store.Change(ctx, c)
	if s.forgets.Load() {
		err = errors.New("the connection was lost")
	}
	return level, err
}
