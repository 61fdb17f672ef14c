package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/licseal/licseal/entitle"
)

func (s *suite) change(t *testing.T, store entitle.Store, c entitle.LevelChange) entitle.Level {
	t.Helper()
	c.Name = "hosts"
	if c.Time.IsZero() {
		c.Time = start
	}
	level, err := store.Change(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if level.Latest.Before(c.Time) {
		t.Errorf("the latest instant is %v, before %v", level.Latest, c.Time)
	}
	level.Latest = time.Time{}
	return level
}

func (s *suite) levelIs(t *testing.T, installation string, want int64) {
	t.Helper()
	levels, err := s.b.Levels(t.Context(), installation)
	if err != nil || levels["hosts"] != want {
		t.Errorf("the levels are %v, and %d is expected: %v", levels, want, err)
	}
}

func (s *suite) levels(t *testing.T) {
	for i, test := range []struct {
		change entitle.LevelChange
		want   entitle.Level
	}{
		{entitle.LevelChange{By: 11, Limit: 10}, entitle.Level{}},
		{entitle.LevelChange{By: 10, Limit: 10}, entitle.Level{OK: true, Used: 10}},
		{entitle.LevelChange{By: 1, Limit: 10}, entitle.Level{Used: 10}},
		{entitle.LevelChange{By: -3, Limit: 10}, entitle.Level{OK: true, Used: 7}},
		{entitle.LevelChange{By: 9, Set: true, Limit: 8}, entitle.Level{Used: 7}},
		{entitle.LevelChange{By: 6, Set: true, Limit: 5}, entitle.Level{OK: true, Used: 6}}, // less than before
		{entitle.LevelChange{By: -1, Limit: 2}, entitle.Level{OK: true, Used: 5}},
		{entitle.LevelChange{By: -100, Limit: 10}, entitle.Level{OK: true}},
		{entitle.LevelChange{By: entitle.MaxCount, Limit: entitle.MaxCount}, entitle.Level{OK: true, Used: entitle.MaxCount}},
		{entitle.LevelChange{By: entitle.MaxCount, Limit: entitle.MaxCount}, entitle.Level{Used: entitle.MaxCount}},
		{entitle.LevelChange{Set: true}, entitle.Level{OK: true}},
	} {
		test.change.Installation = "levels"
		if got := s.change(t, []entitle.Store{s.a, s.b}[i%2], test.change); got != test.want {
			t.Errorf("change %d, %+v: found %+v", i, test.change, got)
		}
		s.levelIs(t, "levels", test.want.Used)
	}
	if usage := s.usage(t, "levels"); len(usage) > 0 {
		t.Errorf("levels are counted by month: %v", usage)
	}
	s.levelIs(t, "other", 0)
}

func (s *suite) leases(t *testing.T) {
	lease := func(store entitle.Store, holder string, at time.Duration, lapse time.Duration) entitle.Level {
		t.Helper()
		return s.change(t, store, entitle.LevelChange{Installation: "leases", Lease: holder, Time: start.Add(at), Lapse: lapse, Limit: 3})
	}
	equal(t, entitle.Level{OK: true, Used: 1}, s.change(t, s.a, entitle.LevelChange{Installation: "leases", By: 1, Limit: 3}))
	equal(t, entitle.Level{OK: true, Used: 2}, lease(s.a, "a", 0, time.Minute))
	equal(t, entitle.Level{OK: true, Used: 2}, lease(s.b, "a", 0, time.Minute)) // the same
	equal(t, entitle.Level{OK: true, Used: 3}, lease(s.b, "b", 0, time.Minute))
	equal(t, entitle.Level{Used: 3}, lease(s.a, "c", 0, time.Minute))
	equal(t, entitle.Level{Used: 3}, s.change(t, s.a, entitle.LevelChange{Installation: "leases", By: 1, Limit: 3}))
	equal(t, entitle.Level{OK: true, Used: 2}, s.change(t, s.a, entitle.LevelChange{Installation: "leases", Set: true, Limit: 3})) // leases stay
	equal(t, entitle.Level{OK: true, Used: 3}, lease(s.a, "c", 0, time.Minute))
	equal(t, entitle.Level{OK: true, Used: 2}, lease(s.b, "c", 0, 0)) // given back
	equal(t, entitle.Level{OK: true, Used: 2}, lease(s.b, "c", 0, 0))
	equal(t, entitle.Level{OK: true, Used: 2}, lease(s.a, "b", 59*time.Second, time.Minute)) // is kept
	s.levelIs(t, "leases", 2)
	equal(t, entitle.Level{OK: true, Used: 1}, lease(s.a, "b", time.Minute, time.Minute)) // a has lapsed
	s.levelIs(t, "leases", 1)
	equal(t, entitle.Level{OK: true, Used: 2}, lease(s.b, "a", time.Minute, time.Minute))
	fewer := entitle.LevelChange{Installation: "leases", Lease: "b", Time: start.Add(time.Minute), Lapse: time.Minute, Limit: 1}
	equal(t, entitle.Level{Used: 1}, s.change(t, s.a, fewer)) // who may not keep one has none then
	s.levelIs(t, "leases", 1)
	fewer.Lease = "a"
	equal(t, entitle.Level{OK: true, Used: 1}, s.change(t, s.b, fewer))
	if err := s.a.SetClock(t.Context(), "leases", start); err != nil { // a does not stay in the future
		t.Fatal(err)
	}
	s.levelIs(t, "leases", 0)
}

func (s *suite) keys(t *testing.T) {
	seq := int64(0)
	add := func(store entitle.Store, at time.Duration, key string, n int64) (entitle.Applied, error) {
		seq++
		applied, err := store.Apply(t.Context(), entitle.Batch{Installation: "keys", Writer: "w", Seq: seq, Time: start.Add(at), Adds: []entitle.Add{
			{Month: november, Name: "requests", N: n, Limit: 10, Key: key}}})
		applied.Latest = time.Time{}
		return applied, err
	}
	for i, test := range []struct {
		at   time.Duration
		key  string
		n    int64
		want entitle.Applied
		err  error
	}{
		{0, "a", 4, entitle.Applied{Granted: true, Counts: []int64{4}}, nil},
		{0, "a", 4, entitle.Applied{Granted: true, Counts: []int64{4}}, nil},
		{0, "b", 7, entitle.Applied{Counts: []int64{4}}, nil}, // refused, so its key is free
		{0, "b", 6, entitle.Applied{Granted: true, Counts: []int64{10}}, nil},
		{0, "b", 6, entitle.Applied{Granted: true, Counts: []int64{10}}, nil},
		{0, "a", 5, entitle.Applied{}, entitle.ErrKeyReused},
		{24 * time.Hour, "a", 5, entitle.Applied{}, entitle.ErrKeyReused},
		{24*time.Hour + 1, "a", 5, entitle.Applied{Counts: []int64{10}}, nil}, // a day later it is another call
	} {
		got, err := add([]entitle.Store{s.a, s.b}[i%2], test.at, test.key, test.n)
		if !errors.Is(err, test.err) || err != nil && test.err == nil {
			t.Fatalf("call %d: %v", i, err)
		}
		equal(t, test.want, got)
	}
	for range 2 {
		equal(t, entitle.Level{OK: true, Used: 2}, s.change(t, s.a, entitle.LevelChange{Installation: "keys", By: 2, Limit: 3, Key: "level", Time: start.Add(25 * time.Hour)}))
	}
	equal(t, entitle.Level{Used: 2}, s.change(t, s.a, entitle.LevelChange{Installation: "keys", By: 5, Limit: 3, Key: "refused", Time: start.Add(25 * time.Hour)}))
	equal(t, entitle.Level{OK: true, Used: 3}, s.change(t, s.a, entitle.LevelChange{Installation: "keys", By: 1, Limit: 3, Key: "refused", Time: start.Add(25 * time.Hour)}))
	s.otherChanges(t)
}

// otherChanges makes changes with a key that took 2 hosts, and with one that set them to 0.
func (s *suite) otherChanges(t *testing.T) {
	later := start.Add(25 * time.Hour)
	equal(t, entitle.Level{OK: true}, s.change(t, s.b, entitle.LevelChange{Installation: "keys", Set: true, Key: "set", Time: later}))
	for _, c := range []entitle.LevelChange{
		{By: 3, Key: "level"},
		{By: -2, Key: "level"},
		{By: 2, Set: true, Key: "level"},
		{By: 0, Key: "set"},
		{By: 1, Set: true, Key: "set"},
	} {
		c.Installation, c.Name, c.Limit, c.Time = "keys", "hosts", 3, later
		if level, err := s.b.Change(t.Context(), c); !errors.Is(err, entitle.ErrKeyReused) {
			t.Errorf("%+v: %+v, %v", c, level, err)
		}
	}
	s.levelIs(t, "keys", 0)
	for i, holder := range []string{"x", "y", "x"} { // a lease has no key
		lease := entitle.LevelChange{Installation: "keys", Lease: holder, Lapse: time.Hour, Limit: 3, Key: "level", Time: later}
		equal(t, entitle.Level{OK: true, Used: min(2, int64(i)+1)}, s.change(t, s.a, lease))
	}
	// A key that was used in a future that is forgotten is kept for a day from then on.
	if err := s.a.SetClock(t.Context(), "keys", start); err != nil {
		t.Fatal(err)
	}
	again := entitle.LevelChange{Installation: "keys", Name: "hosts", By: -3, Limit: 3, Key: "level", Time: start.Add(24 * time.Hour)}
	if _, err := s.b.Change(t.Context(), again); !errors.Is(err, entitle.ErrKeyReused) {
		t.Errorf("after a day, another change with the key: %v", err)
	}
	again.Time = again.Time.Add(1)
	equal(t, entitle.Level{OK: true}, s.change(t, s.b, again))
}
