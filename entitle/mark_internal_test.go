package entitle

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal/verify"
)

func mark(name, month string, count int64) verify.Mark {
	return verify.Mark{Installation: "here", Name: name, Month: month, Count: count}
}

// What is remembered of a guard: the counts of limited entitlements in this month that the
// store has, and those that it does not have.
func TestMarks(t *testing.T) {
	for _, batch := range []bool{false, true} {
		s := newStill(Options{Batch: batch})
		s.has(t, upTo("one", 5), upTo("two", 5), upTo("none", 5), anyNumber("any"), free("free"))
		for name, n := range map[string]int64{"one": 1, "two": 2, "none": 0, "any": 3} {
			b := s.counter(name).current.Load()
			b.known.Store(n)
			b.used.Store(3 * n)
		}
		want, unwritten := []verify.Mark{mark("one", "2026-01", 1), mark("two", "2026-01", 2)}, []verify.Mark{mark("one", "2026-01", 2), mark("two", "2026-01", 4)}
		if !batch {
			unwritten = nil
		}
		is := func(what string, want, unwritten []verify.Mark) {
			t.Helper()
			for range 10 {
				if diff := cmp.Diff([][]verify.Mark{want, unwritten}, [][]verify.Mark{s.marks(), s.unwritten()}); diff != "" {
					t.Fatalf("batch %v, %s: %s", batch, what, diff)
				}
			}
		}
		is("in the month", want, unwritten)
		end := nanos((MonthOf(january(1)) + 1).Start())
		s.clock.shown = end - 1
		is("in its last instant", want, unwritten)
		s.clock.shown = end
		is("in the next month", nil, nil)
	}
}

// Uses are unwritten when nothing was written for a second, or when the guard is closed.
func TestUnwrittenIsLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStill(Options{Batch: true, MaxUnwritten: 100})
		s.has(t, upTo("n", 5))
		s.flushedAt.Store(time.Now().UnixNano())
		if err := s.Use(t.Context(), "n", 1); err != nil {
			t.Fatal(err)
		}
		is := func(want int) {
			t.Helper()
			if got := s.unwritten(); len(got) != want || s.unwrittenIsDue() != (want > 0) {
				t.Errorf("unwritten: %v", got)
			}
		}
		time.Sleep(time.Second - 1)
		is(0)
		s.closed.Store(true)
		is(1)
		s.closed.Store(false)
		time.Sleep(time.Nanosecond)
		is(1)
		confessed := s.unwritten()
		if s.confessed.Store(&confessed); s.unwrittenIsDue() {
			t.Error("what was remembered is due")
		}
		if err := s.flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := s.unwritten(); len(got) != 0 || !s.unwrittenIsDue() {
			t.Errorf("written, and unwritten are %v", got)
		}
		time.Sleep(time.Minute)
		if got := s.unwritten(); len(got) != 0 {
			t.Errorf("written a minute ago, and unwritten are %v", got)
		}
	})
}

// The sum of what all processes have not written.
func TestMergeUnwritten(t *testing.T) {
	n := func(count int64) []verify.Mark { return []verify.Mark{mark("n", "2026-02", count)} }
	old := func(count int64) []verify.Mark { return []verify.Mark{mark("n", "2026-01", count)} }
	elsewhere := []verify.Mark{{Installation: "there", Name: "n", Month: "2026-02", Count: 4}}
	for i, test := range []struct{ before, last, now, want []verify.Mark }{
		{nil, nil, nil, nil}, {n(5), nil, nil, n(5)}, {nil, nil, n(5), n(5)}, {n(5), nil, n(2), n(7)},
		{n(5), n(5), nil, nil}, {n(5), n(4), nil, n(1)}, {n(5), n(6), nil, nil}, {n(5), n(6), n(2), n(2)}, {n(5), n(3), n(4), n(6)},
		{old(5), nil, n(2), n(2)}, {old(5), n(3), nil, old(5)}, {old(5), n(3), n(2), n(2)}, {n(5), old(3), n(2), n(7)}, {n(5), nil, old(2), n(5)},
		{nil, n(3), nil, nil}, {elsewhere, n(3), n(2), append(n(2), elsewhere...)}, {n(MaxCount), nil, n(1), n(MaxCount)}, {n(MaxCount - 1), nil, n(1), n(MaxCount)},
		{append(n(1), elsewhere...), n(1), nil, elsewhere},
	} {
		if diff := cmp.Diff(test.want, mergeUnwritten(test.before, test.last, test.now)); diff != "" {
			t.Errorf("%d: %s", i, diff)
		}
	}
	for _, n := range []int{maxMarks, maxMarks + 1} {
		var many []verify.Mark
		for i := range n {
			many = append(many, mark(fmt.Sprintf("%05d", i), "2026-01", 1))
		}
		if got := mergeUnwritten(many, nil, nil); len(got) != maxMarks || got[0].Name != "00000" {
			t.Errorf("of %d: %d", n, len(got))
		}
	}
}

// Of what is remembered, a guard takes what is its own: of its installation, of what its
// licence counts, and of this month.
func TestTakeMarks(t *testing.T) {
	s := newStill(Options{})
	s.has(t, upTo("a", 5), upTo("b", 5), upTo("c", 5))
	there := mark("a", "2026-01", 9)
	there.Installation = "there"
	marks := []verify.Mark{there, mark("none", "2026-01", 9), mark("a", "2025-12", 8), mark("b", "2026-01", 1), mark("c", "2026-01", -1)}
	s.takeMarks(marks)
	s.takeUnwritten(marks)
	for name, want := range map[string]int64{"a": 0, "b": 1, "c": 0} {
		b := s.counter(name).current.Load()
		if b.known.Load() != want || b.lost.Load() != want {
			t.Errorf("%s: %d are known, %d lost", name, b.known.Load(), b.lost.Load())
		}
	}
	s.takeUnwritten([]verify.Mark{mark("c", "2026-01", MaxCount+1)})
	if lost := s.counter("c").current.Load().lost.Load(); lost != MaxCount {
		t.Errorf("%d are lost", lost)
	}
	for range 10 { // in the same order each time
		s.heard = nil
		s.noteUnwritten()
		var heard []*UnwrittenError
		for _, e := range s.heard[0].Err.(interface{ Unwrap() []error }).Unwrap() {
			heard = append(heard, e.(*UnwrittenError))
		}
		month := MonthOf(january(1))
		if diff := cmp.Diff([]*UnwrittenError{{"b", month, 1}, {"c", month, MaxCount}}, heard); diff != "" || s.heard[0].Kind != UsageUnwritten || len(s.heard) != 1 {
			t.Fatal(diff)
		}
	}
	s = newStill(Options{})
	s.has(t, anyNumber("any"), upTo("none", 5))
	s.counter("any").current.Load().lost.Store(5)
	if s.noteUnwritten(); len(s.heard) != 0 {
		t.Errorf("of no limit: %v", s.heard)
	}
}

// Counts are remembered again when they have changed, and ten seconds have passed.
func TestMarksAreDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStill(Options{})
		var grants []*grant
		for i := range 10 { // whose order is another each time
			grants = append(grants, upTo(fmt.Sprint(i), 5))
		}
		s.has(t, append(grants, upTo("n", 5))...)
		for i := range 10 {
			s.counter(fmt.Sprint(i)).current.Load().known.Store(1)
		}
		if err := s.rememberNow(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(markInterval)
		for range 5 {
			if s.marksAreDue() {
				t.Fatal("nothing has changed")
			}
		}
		if err := s.rememberNow(); err != nil {
			t.Fatal(err)
		}
		s.counter("n").current.Load().known.Store(1)
		time.Sleep(markInterval - 1)
		if s.marksAreDue() {
			t.Error("it was a moment ago")
		}
		time.Sleep(time.Nanosecond)
		if !s.marksAreDue() {
			t.Error("it was ten seconds ago")
		}
		if err := s.rememberNow(); err != nil || s.marksAreDue() {
			t.Errorf("it was just now: %v", err)
		}
	})
}

// What a store has lost is counted again, once, and reported.
func TestRestore(t *testing.T) {
	month := MonthOf(january(1))
	for _, test := range []struct {
		name         string
		month        Month
		found, known int64
		answer       Applied // of another process, in place of the store
		err          error
		want         int64 // the count, then
		batches      int
		told         bool
	}{
		{name: "nothing is lost", month: month, found: 5, known: 5, want: 5},
		{name: "more is found", month: month, found: 6, known: 5, want: 6},
		{name: "one is lost", month: month, found: 4, known: 5, want: 5, batches: 1, told: true},
		{name: "all is lost", month: month, found: 0, known: 5, want: 5, batches: 1, told: true},
		{name: "in another month", month: month + 1, found: 4, known: 5, want: 4},
		{name: "another process is first", month: month, found: 4, known: 5, answer: Applied{Counts: []int64{5}}, want: 4, batches: 1},
		{name: "the store fails", month: month, found: 4, known: 5, err: errors.New("broken"), want: 4, batches: 1},
	} {
		store := newAnswers()
		s := newStill(Options{Store: store})
		s.has(t, upTo("n", 100))
		s.counter("n").current.Load().known.Store(test.known)
		var got []Batch
		store.apply = func(b Batch) (Applied, error) {
			got = append(got, b)
			if test.answer.Counts != nil || test.err != nil {
				return test.answer, test.err
			}
			return Applied{Granted: true, Counts: []int64{test.found + b.Adds[0].N}}, nil
		}
		counts := map[string]int64{"n": test.found}
		if err := s.restore(t.Context(), test.month, counts); err != test.err || counts["n"] != test.want || len(got) != test.batches {
			t.Errorf("%s: %v, the count is %d, %d batches", test.name, err, counts["n"], len(got))
		}
		if len(got) == 1 && (got[0].Seq != 1 || got[0].Adds[0] != Add{Month: month, Name: "n", N: test.known - test.found, Limit: test.known}) {
			t.Errorf("%s: %+v", test.name, got[0])
		}
		var lost *UsageLostError
		if test.told != (len(s.heard) == 1) || test.told && (!errors.As(s.heard[0].Err, &lost) || *lost != UsageLostError{"n", month, test.found, test.known}) {
			t.Errorf("%s: %v", test.name, s.heard)
		}
	}
}
