package entitle

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// What becomes of a use that would leave too much unwritten.
func TestWriteAndCount(t *testing.T) {
	month := MonthOf(january(1))
	for _, test := range []struct {
		name           string
		others, mine   int64 // that the store has, and that this guard has not written
		n              int64
		fails          bool
		want           string // the error
		used, counted  int64
		flushes, sends int // how often the counts are read, and batches with uses written
	}{
		{"as much as may be", 0, 0, 10, false, "", 10, 0, 0, 0},
		{"one more is written", 0, 0, 11, false, "", 11, 11, 2, 1},
		{"after the others are written", 0, 5, 6, false, "", 11, 5, 1, 1},
		{"all is written", 0, 5, 50, false, "", 55, 55, 2, 2},
		{"others have used the rest", 95, 0, 11, false, "the monthly limit of \"n\" is 100 uses, tolerance included; 95 are used, and 11 more would exceed it; the next month begins at 2026-02-01T00:00:00Z", 95, 95, 1, 0},
		{"what is left is written", 89, 0, 11, false, "", 100, 100, 2, 1},
		{"the store is broken", 0, 5, 11, true, "the store of usage cannot be used: broken", 5, 0, 0, 0},
	} {
		store := newAnswers()
		s := newStill(Options{Store: store, Batch: true})
		s.has(t, upTo("n", 100))
		if test.others > 0 {
			if _, err := store.Store.Apply(t.Context(), Batch{Installation: "here", Writer: "other", Seq: 1, Time: january(10), Adds: []Add{{Month: month, Name: "n", N: test.others, Limit: 100}}}); err != nil {
				t.Fatal(err)
			}
		}
		s.counter("n").current.Load().used.Store(test.mine)
		if test.fails {
			store.fails(errors.New("broken"))
		}
		sends := 0
		store.apply = func(b Batch) (Applied, error) {
			if len(b.Adds) > 0 {
				sends++
			}
			return store.Store.Apply(context.Background(), b)
		}
		text := ""
		if err := s.Use(t.Context(), "n", test.n); err != nil {
			text = err.Error()
		}
		totals, err := store.Store.Totals(t.Context(), "here", month)
		if err != nil {
			t.Fatal(err)
		}
		if text != test.want || s.counter("n").count(s.now()) != test.used || totals.Counts["n"] != test.counted || store.calls["Totals"] != test.flushes || sends != test.sends {
			t.Errorf("%s: %q, %d are used, the store has %d, read %d times and written %d times", test.name, text, s.counter("n").count(s.now()), totals.Counts["n"], store.calls["Totals"], sends)
		}
	}
}

// What is counted without a limit, or recorded past it, may be unwritten as it is, and stops
// at the largest count.
func TestCountWithoutLimit(t *testing.T) {
	for _, test := range []struct {
		name string
		n    []int64
		used int64
	}{{"any", []int64{1, 1000}, 1001}, {"any", []int64{MaxCount - 1, 5, 1}, MaxCount}, {"any", []int64{1<<63 - 1}, MaxCount}, {"n", []int64{5, 1000}, 1005}, {"free", []int64{5}, 0}} {
		store := newAnswers()
		s := newStill(Options{Store: store, Batch: true})
		s.has(t, upTo("n", 10), anyNumber("any"), free("free"))
		for _, n := range test.n {
			count := s.Use
			if test.name == "n" {
				count = s.Record
			}
			if err := count(t.Context(), test.name, n); err != nil {
				t.Errorf("%s %d: %v", test.name, n, err)
			}
		}
		var used int64
		if c := s.counter(test.name); c != nil {
			used = c.count(s.now())
		}
		if used != test.used || store.calls["Apply"] != 0 {
			t.Errorf("%s %v: %d are used, and %d batches written", test.name, test.n, used, store.calls["Apply"])
		}
	}
	s := newStill(Options{Batch: true})
	s.has(t, upTo("n", 10))
	if err := s.Record(t.Context(), "n", MaxCount-5); err != nil {
		t.Fatal(err)
	}
	var limit *LimitError
	if err := s.Record(t.Context(), "n", 6); !errors.As(err, &limit) || limit.Limit != MaxCount || limit.Used != MaxCount-5 {
		t.Errorf("recorded past the largest count: %v", err)
	}
}

// Nobody waits for a lock of the guard for longer than for the store.
func TestLocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStill(Options{StoreTimeout: time.Second, Batch: true})
		s.has(t, upTo("n", 10))
		b, err := s.Bind(t.Context(), "m1")
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range []lock{s.writing, s.seatsMu} {
			if err := l.Lock(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		short := func() context.Context {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			t.Cleanup(cancel)
			return ctx
		}
		for name, call := range map[string]func() error{
			"Flush":      func() error { return s.Flush(t.Context()) },
			"write":      func() error { _, err := s.write(nil); return err },
			"Bind":       func() error { _, err := s.Bind(t.Context(), "m2"); return err },
			"Release":    func() error { return b.Release(t.Context()) },
			"releaseAll": func() error { return s.releaseAll(short()) },
		} {
			start := time.Now()
			if err := call(); !isStore(err) || time.Since(start) != time.Second {
				t.Errorf("%s took %v: %v", name, time.Since(start), err)
			}
		}
		if err := s.keepSeats(short()); err != nil {
			t.Errorf("seats: %v", err)
		}
		s.sealAll(short())
		if s.counter("n").current.Load().used.Load() == sealed || len(s.seats) != 1 {
			t.Error("something was changed without its lock")
		}
		s.writing.Unlock()
		s.sealAll(short())
		if s.counter("n").current.Load().used.Load() != sealed || s.writing.Lock(short()) != nil {
			t.Error("it is not sealed, or still locked")
		}
		if err := s.telling.Lock(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.share(short()); err != context.DeadlineExceeded {
			t.Errorf("telling: %v", err)
		}
	})
}

// Whatever call of the store fails, it is an error, and what is unwritten stays unwritten.
func TestStoreFailsAnywhere(t *testing.T) {
	month := MonthOf(january(1))
	for _, test := range []struct {
		call string
		do   func(*still) error
		left int64 // unwritten, then
	}{
		{"See", func(s *still) error { return s.Flush(t.Context()) }, 2}, {"Apply", func(s *still) error { return s.Flush(t.Context()) }, 2}, {"Version", func(s *still) error { return s.Flush(t.Context()) }, 0},
		{"Totals", func(s *still) error { return s.Flush(t.Context()) }, 0}, {"Levels", func(s *still) error { return s.Flush(t.Context()) }, 0},
		{"See", func(s *still) error { _, err := s.write([]Add{{Month: month, Name: "n", N: 1, Limit: 9}}); return err }, 2}, {"Apply", func(s *still) error { _, err := s.write([]Add{{Month: month, Name: "n", N: 1, Limit: 9}}); return err }, 2},
		{"See", func(s *still) error { return s.Take(t.Context(), "seats", 1) }, 2}, {"Change", func(s *still) error { return s.Take(t.Context(), "seats", 1) }, 2},
		{"See", func(s *still) error { _, err := s.Bind(t.Context(), "m1"); return err }, 2}, {"Hold", func(s *still) error { _, err := s.Bind(t.Context(), "m1"); return err }, 2},
		{"Usage", func(s *still) error { _, err := s.Monthly(t.Context(), "n"); return err }, 2}, {"See", func(s *still) error { return s.UseOnce(t.Context(), "k", "n", 1) }, 2},
	} {
		store := newAnswers()
		s := newStill(Options{Store: store, Batch: true, MaxUnwritten: 100, Levels: []string{"seats"}})
		s.has(t, upTo("n", 9), upTo("seats", 5))
		if err := s.Use(t.Context(), "n", 2); err != nil {
			t.Fatal(err)
		}
		broken := errors.New("broken")
		store.named = test.call
		store.fails(broken)
		b := s.counter("n").current.Load()
		if err := test.do(s); !isStore(err) || !errors.Is(err, broken) || store.calls[test.call] != 1 || b.used.Load() != 2 || b.used.Load()-b.written != test.left {
			t.Errorf("%s: %v, called %v, %d are used, %d written", test.call, err, store.calls, b.used.Load(), b.written)
		}
	}
	// A store that has lost uses, and fails when they are counted again.
	store := newAnswers()
	s := newStill(Options{Store: store})
	s.has(t, upTo("n", 9))
	s.counter("n").current.Load().known.Store(5)
	store.named = "Apply"
	store.fails(errors.New("broken"))
	if err := s.refresh(t.Context()); err != store.err || s.fresh.month != 0 {
		t.Errorf("%v, %+v", err, s.fresh)
	}
}

// A guard does not open without its store, or without what it remembers.
func TestOpenFails(t *testing.T) {
	broken := errors.New("broken")
	for _, call := range []string{"See", "Apply"} {
		store := newAnswers()
		if call == "See" {
			store.fails(broken)
		} else {
			store.apply = func(Batch) (Applied, error) { return Applied{}, broken }
		}
		g, err := Open(t.Context(), none{ErrNoLicense}, nil, &Options{Installation: "here", MayBeMissing: true, Store: store})
		if g != nil || !isStore(err) || !errors.Is(err, broken) {
			t.Errorf("%s: %v", call, err)
		}
	}
}

// What cannot be installed, and what cannot be read of a folder.
func TestCannotInstall(t *testing.T) {
	s := newStill(Options{})
	if err := s.Install(t.Context(), "x"); err == nil || !strings.Contains(err.Error(), "this product reads its licence from a fixed place") {
		t.Errorf("no folder: %v", err)
	}
	dir := t.TempDir()
	for _, name := range []string{"a", "b"} {
		if err := os.Symlink(filepath.Join(dir, "nothing"), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	s.source = NewFolder(dir)
	if err := s.Install(t.Context(), "K-1"); err == nil || !strings.Contains(err.Error(), "none of the readable licences has this key, and a cannot be read: no such file or directory") {
		t.Errorf("what cannot be read: %v", err)
	}
	s.closed.Store(true)
	if err := s.Install(t.Context(), "K-1"); err != ErrClosed {
		t.Errorf("closed: %v", err)
	}
}

// badReader is a body that breaks off.
type badReader struct{}

func (badReader) Read([]byte) (int, error) { return 0, errors.New("reset") }

// What is read of a request, up to its limit.
func TestReadKey(t *testing.T) {
	const around = len(`{"license_key":""}`)
	for _, test := range []struct {
		length int
		want   string // of the error
	}{{0, ""}, {maxBodyBytes - around, ""}, {maxBodyBytes - around + 1, fmt.Sprintf("the body has more than %d bytes", maxBodyBytes)}} {
		key := strings.Repeat("k", test.length)
		r := httptest.NewRequest("POST", "/", strings.NewReader(`{"license_key":"`+key+`"}`))
		r.Header.Set("Content-Type", "application/json")
		got, err := readKey(httptest.NewRecorder(), r)
		if (err == nil) != (test.want == "") || err != nil && err.Error() != test.want || err == nil && got != key {
			t.Errorf("%d bytes: %v", test.length, err)
		}
	}
	r := httptest.NewRequest("POST", "/", badReader{})
	r.Header.Set("Content-Type", "application/json")
	if _, err := readKey(httptest.NewRecorder(), r); err == nil || err.Error() != "the body could not be read" {
		t.Errorf("broken off: %v", err)
	}
	w := httptest.NewRecorder()
	if writeProblem(w, problem{Detail: "\xff", Status: 400}); w.Code != 400 || w.Body.String() != "{}\n" {
		t.Errorf("what is no text: %d %s", w.Code, w.Body)
	}
}
