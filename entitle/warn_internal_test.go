package entitle

import (
	"errors"
	"testing"
	"time"
)

// How much of a limit is near, from one use below a step to one above it.
func TestNoteNear(t *testing.T) {
	for _, test := range []struct {
		name    string
		at      []int64
		bound   int64
		used    []int64
		percent []int64 // that is warned of after each; 0 if none
	}{
		{"the usual", []int64{80, 100}, 10, []int64{7, 8, 9, 10, 10}, []int64{0, 80, 0, 100, 0}},
		{"in any order", []int64{100, 80}, 10, []int64{7, 8, 10, 9, 10, 0, 8}, []int64{0, 80, 100, 0, 100, 0, 80}},
		{"of three", []int64{50}, 3, []int64{1, 2}, []int64{0, 50}},
		{"none", nil, 3, []int64{3}, []int64{0}},
		{"of nothing", []int64{80}, 0, []int64{0, 1}, []int64{0, 0}},
		{"of the largest count", []int64{100}, MaxCount, []int64{MaxCount - 1<<40, MaxCount}, []int64{0, 100}},
	} {
		s := newStill(Options{WarnAt: append([]int64{}, test.at...)})
		s.has(t, upTo("n", test.bound), anyNumber("any"))
		for i, used := range test.used {
			s.counter("n").current.Load().used.Store(used)
			s.counter("any").current.Load().used.Store(used)
			s.noteWarnings()
			var near *NearError
			var percent int64
			if len(s.heard) == 1 && errors.As(s.heard[0].Err, &near) && s.heard[0].Kind == LimitNear {
				percent = near.Percent
				if want := (NearError{"n", percent, used, test.bound}); *near != want {
					t.Errorf("%s: %+v, not %+v", test.name, *near, want)
				}
			}
			if percent != test.percent[i] || len(s.heard) > 1 {
				t.Errorf("%s: at %d of %d it warns of %d%%", test.name, used, test.bound, percent)
			}
			s.heard = nil
		}
	}
}

// How near an end is: a step is reached when no more than it is left, and counts if it is
// at most half of the whole time.
func TestNoteEnd(t *testing.T) {
	const day = 24 * time.Hour
	for _, test := range []struct {
		name   string
		before []time.Duration
		life   time.Duration
		left   []time.Duration
		want   []time.Duration // that is warned of after each; 0 if none
	}{
		{"a step", []time.Duration{day}, 30 * day, []time.Duration{day + 1, day, day - 1, 0, -1}, []time.Duration{0, day, 0, 0, 0}},
		{"the nearest", []time.Duration{day, 7 * day}, 30 * day, []time.Duration{7*day + 1, 7 * day, day + 1, day}, []time.Duration{0, 7 * day, 0, day}},
		{"in any order", []time.Duration{7 * day, day}, 30 * day, []time.Duration{day, 7 * day}, []time.Duration{day, 7 * day}},
		{"at once", []time.Duration{day, 7 * day, 2 * day}, 30 * day, []time.Duration{day}, []time.Duration{day}},
		{"half of it", []time.Duration{day}, 2 * day, []time.Duration{day}, []time.Duration{day}},
		{"more than half", []time.Duration{day}, 2*day - 1, []time.Duration{day, 0}, []time.Duration{0, 0}},
		{"in its last instant", []time.Duration{day}, 30 * day, []time.Duration{0}, []time.Duration{day}},
		{"after its end", []time.Duration{day}, 30 * day, []time.Duration{-1}, []time.Duration{0}},
	} {
		s := newStill(Options{WarnBefore: test.before})
		for i, left := range test.left {
			s.clock.shown = nanos(january(20).Add(-left))
			s.lead.Store(noTime)
			s.noteEnd(ending{"it", january(20), test.life})
			var end *EndError
			var before time.Duration
			if len(s.heard) == 1 && errors.As(s.heard[0].Err, &end) && s.heard[0].Kind == EndNear {
				before = end.Before
				if want := (EndError{"it", january(20), before}); *end != want {
					t.Errorf("%s: %+v, not %+v", test.name, *end, want)
				}
			}
			if before != test.want[i] || len(s.heard) > 1 {
				t.Errorf("%s: %v before its end it warns of %v", test.name, left, before)
			}
			s.heard = nil
		}
	}
	s := newStill(Options{WarnBefore: []time.Duration{15 * day}})
	for i, e := range []ending{{"it", january(20), 30 * day}, {"it", january(21), 30 * day}, {"another", january(21), 30 * day}, {"it", january(21), 30 * day}} {
		s.heard = nil
		if s.noteEnd(e); (len(s.heard) == 1) != (i < 3) {
			t.Errorf("%+v: %v", e, s.heard)
		}
	}
}

// What ends: the licence, then its grace, and the revocation list.
func TestEnds(t *testing.T) {
	s := newStill(Options{})
	is := func(what string, want ...ending) {
		t.Helper()
		got := s.ends()
		if len(got) != len(want) {
			t.Fatalf("%s: %v", what, got)
		}
		for i, e := range got {
			if e.what != want[i].what || !e.end.Equal(want[i].end) || e.life != want[i].life {
				t.Errorf("%s: %v", what, e)
			}
		}
	}
	const day = 24 * time.Hour
	is("nothing")
	s.has(t)
	is("a licence", ending{"the licence", january(29), 28 * day})
	s.listDue.Store(nanos(january(20)))
	s.listIssued.Store(nanos(january(5)))
	is("with a list", ending{"the licence", january(29), 28 * day}, ending{"the revocation list", january(20), 15 * day})
	s.clock.shown = nanos(january(29))
	is("in its grace", ending{"the grace of the licence", january(31), 2 * day}, ending{"the revocation list", january(20), 15 * day})
	s.clock.shown = nanos(january(31))
	is("expired", ending{"the revocation list", january(20), 15 * day})
}
