package entitle

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal/verify"
)

// none is a source that has no licence, for a reason.
type none struct{ err error }

func (n none) Load() ([]byte, time.Time, error) { return nil, time.Time{}, n.err }

// A licence that is not there is an error, unless there was none and it may be missing.
func TestMissingIsNoted(t *testing.T) {
	broken := errors.New("broken")
	for i, test := range []struct {
		may, has bool
		err      error
		want     []EventKind
	}{
		{true, false, fs.ErrNotExist, nil}, {true, false, fmt.Errorf("here: %w", ErrNoLicense), nil}, {true, true, fs.ErrNotExist, []EventKind{LoadFailed}}, {false, false, fs.ErrNotExist, []EventKind{LoadFailed}},
		{true, false, broken, []EventKind{LoadFailed}}, {false, true, broken, []EventKind{LoadFailed}},
	} {
		s := newStill(Options{MayBeMissing: test.may})
		s.source = none{test.err}
		if test.has {
			s.has(t)
		}
		err := s.reloadAndNote()
		if diff := cmp.Diff(test.want, s.kinds()); diff != "" || (err == nil) != (test.want == nil) || s.Status().LoadErr != err {
			t.Errorf("%d: %v, %s", i, err, diff)
		}
	}
}

// What a guard does twice a second reports a new state, and remembers the time once a
// minute.
func TestLookAndKeep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		remember := inMemory()
		s := newStill(Options{MayBeMissing: true, MaxClockLead: 1000 * time.Hour, Levels: []string{"seats"}, Remember: func(change func(*verify.Memory) error) (*verify.Memory, error) {
			n++
			return remember(change)
		}})
		s.source = none{ErrNoLicense}
		remembered := func(want bool) {
			t.Helper()
			n = 0
			if s.look(t.Context()); (n == 1) != want {
				t.Errorf("it was remembered %d times", n)
			}
		}
		remembered(true)
		s.run(time.Minute - 1)
		remembered(false)
		s.run(1)
		remembered(true)
		s.has(t, upTo("seats", 5), upTo("n", 5))
		s.kinds()
		is := func(what string, do func(context.Context), want ...EventKind) {
			t.Helper()
			do(t.Context())
			if diff := cmp.Diff(want, s.kinds()); diff != "" {
				t.Errorf("%s: %s", what, diff)
			}
		}
		s.noteLoad(s.current.Load(), &absentError{ErrNoLicense})
		is("a licence", s.look, LoadFailed, StateChanged)
		s.rememberNow()
		s.counter("n").current.Load().known.Store(3)
		time.Sleep(markInterval - 1)
		remembered(false)
		time.Sleep(time.Nanosecond)
		remembered(true)
		l, err := s.Lease(t.Context(), "seats")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Bind(t.Context(), "m1"); err != nil {
			t.Fatal(err)
		}
		before := s.seats[0].heard
		time.Sleep(time.Hour)
		s.keep(t.Context())
		if !l.since.Equal(time.Now()) || s.seats[0].heard.Equal(before) {
			t.Error("leases and seats are not kept")
		}
		s.kinds()
		s.clock.shown = nanos(january(29))
		is("in its grace", s.keep, StateChanged)
		s.clock.shown = nanos(january(31))
		is("expired", s.look, StateChanged)
		s.current.Store(licensed(t, "A-2"))
		s.clock.shown = nanos(january(10))
		s.lead.Store(noTime)
		s.told.at = time.Now()
		if s.look(t.Context()); !s.told.at.IsZero() {
			t.Error("the store is not told of another licence")
		}
	})
}

// What is unwritten is remembered at once.
func TestLookRemembersUnwritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStill(Options{MayBeMissing: true, Batch: true, MaxUnwritten: 100})
		s.source = none{ErrNoLicense}
		s.has(t, upTo("n", 5))
		s.flushedAt.Store(time.Now().UnixNano())
		s.rememberNow()
		if err := s.Use(t.Context(), "n", 2); err != nil {
			t.Fatal(err)
		}
		for i, want := range []int{0, 1} {
			if s.look(t.Context()); len(*s.confessed.Load()) != want {
				t.Errorf("after %d seconds: %v", i, *s.confessed.Load())
			}
			time.Sleep(time.Second)
		}
	})
}

// What is written: unwritten uses, and the time once a minute, or when the guard is closed.
func TestCollect(t *testing.T) {
	s := newStill(Options{Batch: true, MaxUnwritten: 100})
	s.has(t, upTo("n", 5), anyNumber("any"))
	s.learned(january(10))
	c := s.counter("n")
	collected := func(what string, want ...Add) {
		t.Helper()
		seq := s.seq
		u := s.collect()
		if u == nil != (want == nil) || u == nil && s.seq != seq {
			t.Errorf("%s: %+v", what, u)
		}
		if u == nil {
			return
		}
		if len(u.Adds) != len(u.buckets) || u.Seq != seq+1 || u.Writer != s.writer || u.Installation != "here" || u.Current || !u.Time.Equal(timeOf(s.shared())) {
			t.Errorf("%s: %+v", what, u)
		}
		if diff := cmp.Diff(want, append([]Add{}, u.Adds...)); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	month := MonthOf(january(1))
	collected("the first time", []Add{}...)
	if s.clockAt = nanos(january(10)); s.collect() != nil {
		t.Error("the time was just written")
	}
	s.run(time.Minute - 1)
	collected("not yet a minute ago")
	s.run(1)
	if s.collect() == nil {
		t.Error("the time was written a minute ago")
	}
	s.clockAt = s.shared()
	b := c.current.Load()
	for i, test := range []struct{ used, written, want int64 }{{0, 0, 0}, {1, 0, 1}, {3, 3, 0}, {5, 3, 2}} {
		b.used.Store(test.used)
		b.written = test.written
		if test.want == 0 {
			collected(fmt.Sprint(i))
		} else {
			collected(fmt.Sprint(i), Add{Month: month, Name: "n", N: test.want, Limit: MaxCount})
		}
	}
	next := (month + 1).Start()
	c.roll(nanos(next))
	c.current.Load().used.Store(1)
	collected("of two months", Add{Month: month, Name: "n", N: 2, Limit: MaxCount}, Add{Month: month + 1, Name: "n", N: 1, Limit: MaxCount})
	collected("the month that has ended was taken", Add{Month: month + 1, Name: "n", N: 1, Limit: MaxCount})
	c.current.Load().used.Store(0)
	collected("nothing")
	if s.closed.Store(true); s.collect() == nil {
		t.Error("the last time")
	}
}

// What is sent is sent again unchanged until the store has it, and stops at the largest
// count.
func TestSend(t *testing.T) {
	broken := errors.New("broken")
	for _, test := range []struct {
		name    string
		before  int64 // a batch of so many that was sent before
		used    int64
		store   []any // its answers: an error, or the count before, if it is not granted
		err     error
		batches []int64 // how many uses each had
		seqs    []int64
		written int64
		unsent  bool
	}{
		{"granted", 0, 5, []any{nil}, nil, []int64{5}, []int64{1}, 5, false},
		{"broken", 0, 5, []any{broken}, broken, []int64{5}, []int64{1}, 0, true},
		{"sent again", 3, 5, []any{nil, nil}, nil, []int64{3, 2}, []int64{1, 2}, 5, false},
		{"broken again", 3, 5, []any{broken}, broken, []int64{3}, []int64{1}, 0, true},
		{"then broken", 3, 5, []any{nil, broken}, broken, []int64{3, 2}, []int64{1, 2}, 3, true},
		{"past the largest count", 0, 5, []any{int64(MaxCount - 2), nil}, nil, []int64{5, 2}, []int64{1, 2}, 2, false},
		{"just the largest count", 0, 5, []any{int64(MaxCount - 5), nil}, nil, []int64{5, 5}, []int64{1, 2}, 5, false},
		{"at the largest count", 0, 5, []any{int64(MaxCount), nil}, nil, []int64{5, 0}, []int64{1, 2}, 0, false},
		{"and broken", 0, 5, []any{int64(MaxCount - 2), broken}, broken, []int64{5, 2}, []int64{1, 2}, 0, true},
		{"and refused", 0, 5, []any{int64(MaxCount - 2), int64(MaxCount - 1)}, nil, []int64{5, 2}, []int64{1, 2}, 0, true},
	} {
		store := newAnswers()
		s := newStill(Options{Store: store, Batch: true, MaxUnwritten: 100})
		s.has(t, anyNumber("n"))
		b := s.counter("n").current.Load()
		var batches, seqs []int64
		store.apply = func(u Batch) (Applied, error) {
			i := len(batches)
			batches, seqs = append(batches, u.Adds[0].N), append(seqs, u.Seq)
			if i >= len(test.store) {
				return Applied{}, errors.New("one batch too many")
			}
			switch answer := test.store[i].(type) {
			case error:
				return Applied{}, answer
			case int64:
				return Applied{Counts: []int64{answer}}, nil
			}
			return Applied{Granted: true}, nil
		}
		if test.before > 0 {
			b.used.Store(test.before)
			s.unsent = s.collect()
		}
		b.used.Store(test.used)
		refreshed := 0
		err := s.sendAll(t.Context(), func(context.Context) error { refreshed++; return nil })
		if err != test.err || b.written != test.written || b.known.Load() != test.written || s.unsent != nil != test.unsent || refreshed == 1 != (err == nil) {
			t.Errorf("%s: %v, %d are written, %d known, unsent %v", test.name, err, b.written, b.known.Load(), s.unsent)
		}
		if diff := cmp.Diff([][]int64{test.batches, test.seqs}, [][]int64{batches, seqs}); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
		if !test.unsent && s.clockAt != s.shared() {
			t.Errorf("%s: the time that was written is %v", test.name, timeOf(s.clockAt))
		}
	}
}

// A guard reads the counts again if the version, the month or the minute is another.
func TestRefreshIfChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newAnswers()
		s := newStill(Options{Store: store, Levels: []string{"seats"}})
		s.has(t, upTo("n", 5), upTo("seats", 5))
		read := func(what string, want bool) {
			t.Helper()
			if err := s.refreshIfChanged(t.Context()); err != nil {
				t.Fatal(err)
			}
			if calls := store.took(); calls["Totals"] == 1 != want || calls["Levels"] != 1 {
				t.Errorf("%s: %v", what, calls)
			}
		}
		read("the first time", true)
		read("nothing has changed", false)
		time.Sleep(clockInterval)
		read("a minute later", false)
		time.Sleep(time.Nanosecond)
		read("after a minute", true)
		add := Batch{Installation: "here", Writer: "other", Seq: 1, Time: january(12), Adds: []Add{{Month: MonthOf(january(1)), Name: "n", N: 3, Limit: 5}}}
		if _, err := store.Store.Apply(t.Context(), add); err != nil {
			t.Fatal(err)
		}
		read("another has written", true)
		if limit, _ := s.Limit("n"); limit.Used != 3 || s.shared() != nanos(january(12)) {
			t.Errorf("%+v at %v", limit, timeOf(s.shared()))
		}
		add = Batch{Installation: "here", Writer: "other", Seq: 2, Time: january(13)}
		if _, err := store.Store.Apply(t.Context(), add); err != nil {
			t.Fatal(err)
		}
		if err := s.refresh(t.Context()); err != nil || s.shared() != nanos(january(13)) {
			t.Errorf("it is %v: %v", timeOf(s.shared()), err)
		}
		store.took()
		s.clock.shown = nanos(january(31).AddDate(0, 0, 1)) - 1
		read("in the last instant of the month", false)
		s.clock.shown++
		add = Batch{Installation: "here", Writer: "other", Seq: 3, Adds: []Add{{Month: MonthOf(january(1)) + 1, Name: "n", N: 2, Limit: 5}}}
		if _, err := store.Store.Apply(t.Context(), add); err != nil {
			t.Fatal(err)
		}
		s.fresh.version++ // so that the month alone is another
		read("in the next month", true)
		if limit, _ := s.Limit("n"); limit.Used != 2 {
			t.Errorf("%+v", limit)
		}
		store.err = errors.New("broken")
		for what, err := range map[string]error{"if changed": s.refreshIfChanged(t.Context()), "at once": s.refresh(t.Context())} {
			if err != store.err {
				t.Errorf("%s, broken: %v", what, err)
			}
		}
	})
}

// A flush says what the store says, and notes it, unless nobody waits for it any longer.
func TestFlushNotes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newAnswers()
		s := newStill(Options{Store: store, Batch: true})
		s.has(t, upTo("n", 5))
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		for i, step := range []struct {
			ctx   context.Context
			err   error
			fails bool
			noted bool // by the status
		}{
			{t.Context(), nil, false, false}, {gone, errors.New("x"), true, false}, {t.Context(), errors.New("x"), true, true}, {gone, nil, true, true}, {t.Context(), nil, false, false},
		} {
			store.fails(step.err)
			time.Sleep(time.Second)
			s.run(time.Hour)
			before := s.flushedAt.Load()
			err := s.Flush(step.ctx)
			synctest.Wait() // for what goes on after the caller has gone
			if isGone := step.ctx == gone; !isGone && (isStore(err) != step.fails || (err == nil) != (s.flushedAt.Load() == time.Now().UnixNano())) || isGone && err != nil && s.flushedAt.Load() != before {
				t.Errorf("step %d: %v", i, err)
			}
			if got := s.Status().StoreErr != nil; got != step.noted && step.ctx != gone {
				t.Errorf("step %d: the status says %v", i, s.Status().StoreErr)
			}
		}
		s.closed.Store(true)
		if err := s.Flush(t.Context()); err != ErrClosed {
			t.Errorf("closed: %v", err)
		}
	})
}

// A use that is written at once tells the guard what the store knows.
func TestApplyLearns(t *testing.T) {
	store := newAnswers()
	s := newStill(Options{Store: store})
	s.has(t, upTo("n", 50), upTo("other", 50))
	month := MonthOf(january(1))
	for _, add := range []Add{{Month: month, Name: "n", N: 7, Limit: 50}, {Month: month, Name: "other", N: 9, Limit: 50}} {
		if _, err := store.Store.Apply(t.Context(), Batch{Installation: "here", Writer: add.Name, Seq: 1, Time: january(12), Adds: []Add{add}}); err != nil {
			t.Fatal(err)
		}
	}
	s.learned(january(10))
	s.told = told{at: time.Now(), ran: s.clock.ran} // so that the store is not told of the clock
	applied, err := s.apply(t.Context(), []Add{{Month: month, Name: "n", N: 3, Limit: 50}, {Month: month, Name: "other", N: 1, Limit: 50}})
	if err != nil || !applied.Granted || s.counter("n").count(s.now()) != 10 || s.counter("other").count(s.now()) != 10 {
		t.Errorf("%+v, %v", applied, err)
	}
	if s.shared() != nanos(january(12)) || s.clockAt != nanos(january(10)) {
		t.Errorf("it is %v, and %v was written", timeOf(s.shared()), timeOf(s.clockAt))
	}
	s.run(30 * 24 * time.Hour)
	if _, err = s.apply(t.Context(), []Add{{Month: month, Name: "n", N: 3, Limit: 50}}); err != nil || s.counter("n").count(s.now()) != 0 {
		t.Errorf("an ended month: %d, %v", s.counter("n").count(s.now()), err)
	}
	store.err = errors.New("broken")
	if _, err := s.write([]Add{{Month: month, Name: "n", N: 1, Limit: 50}}); !isStore(err) || s.Status().StoreErr == nil {
		t.Errorf("broken: %v", err)
	}
	if _, err := s.apply(t.Context(), []Add{{Month: month, Name: "n", N: 1, Limit: 50}}); err != store.err {
		t.Errorf("broken: %v", err)
	}
}

// Two looks at a file tell whether it has changed, unless it has just changed.
func TestStampOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "file")
		if stampOf(Text(nil)) != nil || stampOf(File(path)) != nil {
			t.Error("what is no file, or is not there, has a stamp")
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		for ago, want := range map[time.Duration]bool{0: false, 2*time.Second - 1: false, 2 * time.Second: true, 3 * time.Second: true, -time.Hour: false} {
			changed := time.Now().Add(-ago)
			if err := os.Chtimes(path, changed, changed); err != nil {
				t.Fatal(err)
			}
			if got := stampOf(File(path)) != nil; got != want {
				t.Errorf("%v ago: %v", ago, got)
			}
		}
	})
}
