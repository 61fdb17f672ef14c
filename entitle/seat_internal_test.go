package entitle

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A seat is reported to the store when a quarter of its time has passed, and no sooner;
// one whose turn it is not keeps no other from it.
func TestSeatIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newAnswers()
		s := newStill(Options{Store: store, Lapse: time.Minute})
		s.has(t)
		s.current.Load().maxMachines = 2
		bind := func(fingerprint string) *Binding {
			t.Helper()
			b, err := s.Bind(t.Context(), fingerprint)
			if err != nil || !b.Held() {
				t.Fatalf("%s: %v", fingerprint, err)
			}
			return b
		}
		reported := func(want int) {
			t.Helper()
			store.took()
			if s.beat(t.Context()); store.calls["Hold"] != want {
				t.Errorf("%d seats were reported, not %d", store.calls["Hold"], want)
			}
		}
		a := bind("m1")
		time.Sleep(15*time.Second - 1)
		reported(0)
		time.Sleep(time.Nanosecond)
		reported(1)
		time.Sleep(5 * time.Second)
		bind("m2")
		time.Sleep(10 * time.Second)
		s.seats[0], s.seats[1] = s.seats[1], s.seats[0]
		reported(1) // of the first one, whose turn it is, though the other is in front
		if a.heard != time.Now() {
			t.Error("it was the other")
		}
		s.run(time.Minute)
		store.err = errors.New("broken")
		time.Sleep(time.Minute)
		reported(0) // the store is told of the time first
		if kinds := s.kinds(); len(kinds) != 0 || !a.Held() {
			t.Errorf("the store is broken, and that says %v", kinds)
		}
		s.current.Store(nil)
		store.err = nil
		reported(0)
	})
}

// Seats that are not held are counted, and the loss of one is reported once. A guard that
// has lost one allows nothing until it has it again, or has released it.
func TestSeatIsLost(t *testing.T) {
	store := newAnswers()
	s := newStill(Options{Store: store, Lapse: time.Minute})
	s.has(t, upTo("n", 5))
	s.current.Load().maxMachines = 3
	var all []*Binding
	for _, name := range []string{"m1", "m2", "m3"} {
		b, err := s.Bind(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	is := func(what string, unseated int32, kinds ...EventKind) {
		t.Helper()
		if s.unseated.Load() != unseated || s.Allows("n") != (unseated == 0) || (s.Remaining("n") == 5) != (unseated == 0) {
			t.Errorf("%s: %d are not held", what, s.unseated.Load())
		}
		if diff := cmp.Diff(kinds, s.kinds()); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	beat := func(most int64) {
		s.current.Load().maxMachines = most
		for _, b := range s.seats {
			b.heard = time.Time{}
		}
		s.beat(t.Context())
	}
	is("bound", 0)
	beat(2)
	is("one is lost", 1, SeatLost)
	beat(2)
	is("it is still lost", 1)
	beat(1)
	is("another one is lost", 2, SeatLost)
	if err := all[0].Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	is("the first one is released", 1)
	beat(2)
	is("there is room again", 0)
	if len(s.seats) != 2 || all[0].Held() {
		t.Errorf("%d seats are left", len(s.seats))
	}
	store.err = errors.New("broken")
	if err := s.releaseAll(t.Context()); !isStore(err) || len(s.seats) != 1 {
		t.Errorf("broken: %v, %d seats are left", err, len(s.seats))
	}
	store.err = nil
	if err := s.releaseAll(t.Context()); err != nil || len(s.seats) != 0 || all[2].Held() {
		t.Errorf("%v, %d seats are left", err, len(s.seats))
	}
	is("all are released", 0)
}

// What can be bound: a fingerprint of 1 to 200 bytes, while the licence is good or missing
// and the guard is open.
func TestBindLimits(t *testing.T) {
	for _, test := range []struct {
		length  int
		none    bool
		expired bool
		closed  bool
		want    error
	}{
		{length: 0, want: errFingerprint}, {length: 1}, {length: 200}, {length: 201, want: errFingerprint}, {length: 1, none: true},
		{length: 1, closed: true, want: ErrClosed}, {length: 1, expired: true, want: new(InactiveError)},
	} {
		s := newStill(Options{})
		if !test.none {
			s.has(t)
		}
		if test.expired {
			s.clock.shown = nanos(january(31))
		}
		s.closed.Store(test.closed)
		b, err := s.Bind(t.Context(), strings.Repeat("f", test.length))
		if isInactive := errors.As(err, new(*InactiveError)); err != test.want && !(isInactive && test.expired) || (b == nil) != (test.want != nil) {
			t.Errorf("%+v: %v", test, err)
		}
		if b != nil && (b.Held() == test.none || s.unseated.Load() == 0 == test.none) {
			t.Errorf("%+v: held %v", test, b.Held())
		}
	}
}

// A binding that only advises is one without its seat.
func TestBindAdvised(t *testing.T) {
	s := newStill(Options{Advisory: true})
	s.has(t)
	s.current.Load().maxMachines = 0
	if b, err := s.Bind(t.Context(), "m1"); err != nil || b.Held() || len(s.seats) != 1 || s.unseated.Load() != 1 {
		t.Errorf("%v", err)
	}
	s.opts.Advisory = false
	var machines *MachinesError
	if b, err := s.Bind(t.Context(), "m2"); b != nil || !errors.As(err, &machines) || machines.Max != 0 || len(s.seats) != 1 {
		t.Errorf("%v", err)
	}
}
