package entitle

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// newLevels returns a guard with a level of two seats that others can take, too.
func newLevels(t *testing.T) (*still, *answers) {
	store := newAnswers()
	s := newStill(Options{Store: store, Levels: []string{"seats", "hosts"}, Lapse: time.Minute})
	s.has(t, upTo("seats", 2), upTo("hosts", 5), upTo("scans", 5), free("free"))
	return s, store
}

// A lease is held for as long as it was taken for, renewed when a quarter of that has
// passed, and no sooner.
func TestLeaseIsRenewed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newLevels(t)
		pass := func(d time.Duration) {
			time.Sleep(d)
			s.run(d)
		}
		renewed := func(want int) {
			t.Helper()
			s.keepLeases(t.Context())
			if got := store.took()["Change"]; got != want {
				t.Errorf("%d leases were renewed, not %d", got, want)
			}
		}
		a, err := s.Lease(t.Context(), "seats")
		if err != nil {
			t.Fatal(err)
		}
		pass(15*time.Second - 1)
		store.took()
		renewed(0)
		pass(1)
		renewed(1)
		b, err := s.Lease(t.Context(), "seats")
		if err != nil {
			t.Fatal(err)
		}
		store.took()
		renewed(0)
		pass(5 * time.Second)
		if err := a.renew(t.Context(), s.current.Load().grants["seats"]); err != nil {
			t.Fatal(err)
		}
		store.took()
		pass(10 * time.Second)
		renewed(1) // the second one alone, whose turn it is
		s.clock.ran = b.heard.Load() + int64(time.Minute) - 1
		if !b.Held() {
			t.Error("it is not held until it lapses")
		}
		s.clock.ran++
		if b.Held() {
			t.Error("it is held when it has lapsed")
		}
	})
}

// Of a level with two seats there are two leases, whose loss is reported once.
func TestLeaseIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newLevels(t)
		var leases []*Lease
		for range 2 {
			l, err := s.Lease(t.Context(), "seats")
			if err != nil {
				t.Fatal(err)
			}
			leases = append(leases, l)
		}
		var limit *LimitError
		if _, err := s.Lease(t.Context(), "seats"); !errors.As(err, &limit) || *limit != (LimitError{Name: "seats", Limit: 2, Used: 2, N: 1, IsLevel: true}) {
			t.Errorf("a third one: %v", err)
		}
		keep := func(held [2]bool, want ...EventKind) {
			t.Helper()
			time.Sleep(20 * time.Second)
			s.keepLeases(t.Context())
			if got := [2]bool{leases[0].Held(), leases[1].Held()}; got != held {
				t.Errorf("held: %v", got)
			}
			if diff := cmp.Diff(want, s.kinds()); diff != "" {
				t.Error(diff)
			}
		}
		keep([2]bool{true, true})
		store.err = errors.New("broken")
		keep([2]bool{true, true}) // until they lapse
		s.run(time.Minute)
		keep([2]bool{false, false}, LeaseLost, LeaseLost)
		keep([2]bool{false, false})
		store.err = nil
		keep([2]bool{true, true})
		s.current.Load().grants["seats"].bound = 1 // another licence
		keep([2]bool{false, true}, LeaseLost)
		keep([2]bool{false, true})
		s.saw(nanos(january(31)))
		keep([2]bool{false, false}, LeaseLost)
		s.clock.shown = nanos(january(31))
		if _, err := s.Lease(t.Context(), "seats"); !errors.As(err, new(*InactiveError)) || len(s.leases) != 2 {
			t.Errorf("expired: %v, %d leases", err, len(s.leases))
		}
	})
}

// What is released is not renewed, and what is left is. A store that fails is an error,
// and the lease lapses.
func TestLeaseIsReleased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newLevels(t)
		is := func(want int64) {
			t.Helper()
			levels, err := store.Store.Levels(t.Context(), "here")
			if err != nil || levels["seats"] != want || s.levelOf(s.current.Load().grants["seats"]) != want {
				t.Errorf("%v, not %d: %v", levels, want, err)
			}
		}
		is(0)
		a, err := s.Lease(t.Context(), "seats")
		if err != nil {
			t.Fatal(err)
		}
		b, err := s.Lease(t.Context(), "seats")
		if err != nil {
			t.Fatal(err)
		}
		is(2)
		if err := a.Release(t.Context()); err != nil || a.Held() || !b.Held() {
			t.Errorf("%v", err)
		}
		is(1)
		time.Sleep(time.Minute)
		store.took()
		if s.keepLeases(t.Context()); store.took()["Change"] != 1 || !b.Held() || a.Held() {
			t.Error("the one that is left is not kept")
		}
		store.err = errors.New("broken")
		if err := s.releaseLeases(t.Context()); !isStore(err) || len(s.leases) != 0 || b.Held() {
			t.Errorf("broken: %v", err)
		}
		store.err = nil
		for range 2 {
			s.leases = append(s.leases, b)
		}
		if err := s.releaseLeases(t.Context()); err != nil || len(s.leases) != 0 {
			t.Errorf("released: %v", err)
		}
		is(0)
		s.closed.Store(true)
		if l, err := s.Lease(t.Context(), "seats"); l != nil || err != ErrClosed {
			t.Errorf("closed: %v", err)
		}
		if err := s.Take(t.Context(), "seats", 1); err != ErrClosed {
			t.Errorf("closed: %v", err)
		}
	})
}

// A level is set to what it is, or to less, whatever the licence; to more only while it
// is good. What is no level, or not counted, is not set.
func TestSetLevel(t *testing.T) {
	s, store := newLevels(t)
	set := func(name string, n int64) error { return s.Set(t.Context(), name, n) }
	if err := errors.Join(set("hosts", 4), set("hosts", 5), set("hosts", 4)); err != nil {
		t.Fatal(err)
	}
	if err := set("hosts", 6); !errors.As(err, new(*LimitError)) {
		t.Errorf("past the limit: %v", err)
	}
	s.clock.shown = nanos(january(31))
	if err := set("hosts", 5); !errors.As(err, new(*InactiveError)) {
		t.Errorf("more, expired: %v", err)
	}
	if err := errors.Join(set("hosts", 4), set("hosts", 3)); err != nil {
		t.Errorf("no more, expired: %v", err)
	}
	s.clock.shown = nanos(january(10))
	s.lead.Store(s.sharedLead.Load())
	for _, test := range []struct {
		name string
		want error
	}{{"scans", &LevelError{"scans", false}}, {"none", &NotIncludedError{"none"}}} {
		for what, err := range map[string]error{"set": set(test.name, 1), "take": s.Take(t.Context(), test.name, 1), "give": s.Give(t.Context(), test.name, 1)} {
			if err == nil || err.Error() != test.want.Error() {
				t.Errorf("%s %s: %v", what, test.name, err)
			}
		}
	}
	var level *LevelError
	for what, err := range map[string]error{"use": s.Use(t.Context(), "hosts", 1), "use once": s.UseOnce(t.Context(), "k", "hosts", 1), "record": s.Record(t.Context(), "hosts", 1)} {
		if !errors.As(err, &level) || *level != (LevelError{"hosts", true}) {
			t.Errorf("%s: %v", what, err)
		}
	}
	store.took()
	s.opts.Levels = append(s.opts.Levels, "free")
	if err := errors.Join(s.Take(t.Context(), "free", 100), set("free", 5), s.Give(t.Context(), "free", 1)); err != nil || store.took()["Change"] != 0 {
		t.Errorf("what is not counted: %v", err)
	}
}

// A guard learns from its store what the time is, and what others have taken.
func TestLevelLearns(t *testing.T) {
	s, store := newLevels(t)
	if err := s.Take(t.Context(), "hosts", 1); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Store.Apply(t.Context(), Batch{Installation: "here", Writer: "other", Seq: 1, Time: january(12)}); err != nil {
		t.Fatal(err)
	}
	if err := s.Take(t.Context(), "hosts", 1); err != nil || s.shared() != nanos(january(12)) {
		t.Errorf("it is %v: %v", timeOf(s.shared()), err)
	}
	if _, err := store.Store.Change(t.Context(), LevelChange{Installation: "here", Name: "hosts", By: 3, Limit: 5}); err != nil {
		t.Fatal(err)
	}
	if err := s.refreshLevels(t.Context()); err != nil || s.levelOf(s.current.Load().grants["hosts"]) != 5 {
		t.Errorf("%v", err)
	}
	store.err = errors.New("broken")
	for what, err := range map[string]error{"refresh": s.refreshLevels(t.Context()), "take": s.Take(t.Context(), "hosts", 1)} {
		if !errors.Is(err, store.err) {
			t.Errorf("%s, broken: %v", what, err)
		}
	}
	store.took()
	s.opts.Levels = nil
	if err := s.refreshLevels(t.Context()); err != nil || store.took()["Levels"] != 0 {
		t.Errorf("without levels: %v", err)
	}
}
