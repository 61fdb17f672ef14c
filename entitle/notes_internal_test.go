package entitle

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal/revoke"
)

// A guard that advises allows what is refused, after it was counted: not if it is closed,
// and no mistake of its caller.
func TestAdvise(t *testing.T) {
	mistake := errors.New("0 cannot be taken")
	for _, test := range []struct {
		name             string
		refusal          error
		advisory, closed bool
		want             error
		counted          int64
	}{
		{"nothing is refused", nil, true, false, nil, 0}, {"nothing is refused, closed", nil, true, true, nil, 0},
		{"a refusal", ErrNoLicense, true, false, nil, 1}, {"a refusal, closed", ErrNoLicense, true, true, ErrClosed, 0},
		{"a mistake", mistake, true, false, mistake, 0}, {"a mistake, closed", mistake, true, true, mistake, 0},
		{"a refusal of another guard", ErrNoLicense, false, false, ErrNoLicense, 0},
	} {
		s := newStill(Options{Advisory: test.advisory})
		s.closed.Store(test.closed)
		counted := int64(0)
		err := s.advise("n", test.refusal, func() { counted++ })
		if err != test.want || counted != test.counted || s.Status().Advised != test.counted || int64(len(s.kinds())) != test.counted {
			t.Errorf("%s: %v, counted %d", test.name, err, counted)
		}
	}
	s := newStill(Options{Advisory: true})
	if err := s.advise("n", ErrNoLicense, nil); err != nil || s.Status().Advised != 1 {
		t.Errorf("with nothing to count: %v", err)
	}
}

// What is allowed is not advised, and what is asked of a closed guard neither.
func TestAllowsAdvised(t *testing.T) {
	for _, test := range []struct {
		name             string
		advisory, closed bool
		allowed          bool
		advised          int64
	}{
		{"n", true, false, true, 0}, {"zero", true, false, true, 1}, {"none", true, false, true, 1}, {"n", true, true, false, 0}, {"none", true, true, false, 0},
		{"n", false, false, true, 0}, {"zero", false, false, false, 0}, {"none", false, false, false, 0},
	} {
		s := newStill(Options{Advisory: test.advisory})
		s.has(t, upTo("n", 1), upTo("zero", 0))
		s.closed.Store(test.closed)
		if got := s.Allows(test.name); got != test.allowed || s.Status().Advised != test.advised {
			t.Errorf("%+v: %v, %d advised", test, got, s.Status().Advised)
		}
	}
}

// Each reason is reported once for each name, until there are too many names.
func TestAdvisedNames(t *testing.T) {
	s := newStill(Options{Advisory: true})
	for i, test := range []struct {
		name string
		err  error
		told int
	}{
		{"a", ErrNoLicense, 1}, {"a", ErrNoLicense, 0}, {"b", ErrNoLicense, 1}, {"a", &MachinesError{1}, 1}, {"a", &MachinesError{2}, 0}, {"a", ErrNoLicense, 1}, {"b", ErrNoLicense, 0},
	} {
		s.advise(test.name, test.err, nil)
		if got := len(s.kinds()); got != test.told {
			t.Errorf("call %d: %d events", i, got)
		}
	}
	for i := range maxAdvisedNames - 2 {
		s.advise(fmt.Sprint(i), ErrNoLicense, nil)
	}
	if s.kinds(); len(s.advised.told) != maxAdvisedNames {
		t.Errorf("%d names are known", len(s.advised.told))
	}
	if s.advise("one more", ErrNoLicense, nil); len(s.advised.told) != 1 || len(s.kinds()) != 1 {
		t.Errorf("then %d names are known", len(s.advised.told))
	}
}

// What is advised is counted in memory if the store fails, and only then.
func TestCountAdvised(t *testing.T) {
	for _, test := range []struct {
		name  string
		fails bool
		none  bool
		used  int64
	}{{"n", false, false, 7}, {"n", true, false, 7}, {"any", true, false, 7}, {"free", true, false, 0}, {"level", true, false, 0}, {"none", true, false, 0}, {"n", true, true, 0}} {
		store := newAnswers()
		s := newStill(Options{Advisory: true, Batch: true, Store: store, Levels: []string{"level"}, MaxUnwritten: 10})
		if !test.none {
			s.has(t, upTo("n", 5), anyNumber("any"), free("free"), upTo("level", 5))
		}
		if test.fails {
			store.err = errors.New("broken")
		}
		s.countAdvised(context.Background(), test.name, 7)
		var used int64
		if c := s.counter(test.name); c != nil {
			used = c.count(s.now())
		}
		if used != test.used {
			t.Errorf("%+v: %d are used", test, used)
		}
	}
}

// Two failures to load are the same if they differ at most in the instant of judgement.
func TestSameFailure(t *testing.T) {
	inactive := func(state State, day int) error {
		return fmt.Errorf("at some time: %w", &InactiveError{State: state, Since: january(day), Time: time.Now()})
	}
	stale := func(reason revoke.Reason) error { return &revoke.Error{Reason: reason, Detail: fmt.Sprint(time.Now())} }
	for i, test := range []struct {
		a, b error
		want bool
	}{
		{nil, nil, false}, {nil, errors.New("x"), false}, {errors.New("x"), nil, false},
		{errors.New("x"), errors.New("x"), true}, {errors.New("x"), errors.New("y"), false},
		{inactive(Expired, 1), inactive(Expired, 1), true}, {inactive(Expired, 1), inactive(Expired, 2), false}, {inactive(Expired, 1), inactive(Suspended, 1), false},
		{inactive(Expired, 1), errors.New("x"), false}, {errors.New("x"), inactive(Expired, 1), false},
		{stale("stale"), stale("stale"), true}, {stale("stale"), stale("forged"), false}, {stale("stale"), errors.New("x"), false}, {stale("stale"), inactive(Expired, 1), false},
	} {
		if got := sameFailure(test.a, test.b); got != test.want {
			t.Errorf("%d, %v and %v: %v", i, test.a, test.b, got)
		}
	}
}

// A licence is another one if its payload is.
func TestIsAnother(t *testing.T) {
	a, again, b := licensed(t, "A-1"), licensed(t, "A-1"), licensed(t, "A-2")
	for i, test := range []struct {
		before, after *license
		want          bool
	}{{nil, nil, false}, {nil, a, true}, {a, a, false}, {a, again, false}, {a, b, true}} {
		if got := isAnother(test.before, test.after); got != test.want {
			t.Errorf("%d: %v", i, got)
		}
	}
}

// A failure is reported when it begins, and when it ends.
func TestFailure(t *testing.T) {
	s := newStill(Options{})
	s.has(t)
	a, b := errors.New("a"), errors.New("b")
	var heard []Event
	for _, err := range []error{nil, a, a, b, nil, nil, b} {
		s.noteStore(err)
		if got := s.Status().StoreErr; got != err {
			t.Errorf("after %v, the status says %v", err, got)
		}
	}
	heard = append(heard, s.heard...)
	want := []Event{{StoreFailed, Active, a}, {StoreWorks, Active, nil}, {StoreFailed, Active, b}}
	if len(heard) != len(want) || heard[0] != want[0] || heard[1] != want[1] || heard[2] != want[2] {
		t.Errorf("it was told %v", heard)
	}
	s.kinds()
	s.noteRemember(a)
	s.noteRemember(nil)
	if diff := cmp.Diff([]EventKind{RememberFailed, RememberWorks}, s.kinds()); diff != "" || s.Status().StoreErr != b {
		t.Error(diff)
	}
}

// What is reported of loading: failures of another kind, another licence, and that the
// one in use is there again.
func TestNoteLoad(t *testing.T) {
	s := newStill(Options{})
	before := (*license)(nil)
	for i, step := range []struct {
		next *license
		err  error
		want []EventKind
	}{
		{nil, nil, nil}, {licensed(t, "A-1"), nil, []EventKind{Loaded}}, {licensed(t, "A-1"), nil, nil},
		{nil, errors.New("x"), []EventKind{LoadFailed}}, {nil, errors.New("x"), nil}, {nil, errors.New("y"), []EventKind{LoadFailed}},
		{licensed(t, "A-1"), nil, []EventKind{LoadWorks}}, {nil, errors.New("x"), []EventKind{LoadFailed}},
		{licensed(t, "A-2"), nil, []EventKind{Loaded}}, {licensed(t, "A-2"), nil, nil}, {licensed(t, "A-3"), errors.New("the chain"), []EventKind{LoadFailed}},
	} {
		if step.next != nil {
			s.current.Store(step.next)
		}
		s.noteLoad(before, step.err)
		before = s.current.Load()
		if diff := cmp.Diff(step.want, s.kinds()); diff != "" || s.Status().LoadErr != step.err {
			t.Errorf("step %d: %s", i, diff)
		}
	}
}

// A state is reported when it changes, and a clock when it is behind by more than a minute.
func TestNoteState(t *testing.T) {
	s := newStill(Options{})
	s.has(t)
	for i, step := range []struct {
		behind time.Duration
		to     time.Time
		want   []EventKind
	}{
		{0, january(10), nil}, {0, january(11), nil}, {clockTolerance, january(11), nil}, {clockTolerance + 1, january(11), []EventKind{ClockBehind}}, {clockTolerance + 1, january(11), nil},
		{clockTolerance, january(11), nil}, {clockTolerance + 1, january(11), []EventKind{ClockBehind}}, {0, january(29), []EventKind{StateChanged}}, {0, january(30), nil}, {2 * clockTolerance, january(31), []EventKind{StateChanged, ClockBehind}},
	} {
		s.saw(nanos(step.to))
		s.clock.shown = nanos(step.to) - int64(step.behind)
		s.noteState()
		if diff := cmp.Diff(step.want, s.kinds()); diff != "" {
			t.Errorf("step %d: %s", i, diff)
		}
	}
}

// An event says in which state the licence is; without a licence, that there is none.
func TestEventState(t *testing.T) {
	s := newStill(Options{})
	if e := s.event(Loaded, nil); len(e) != 1 || e[0].State != Missing {
		t.Errorf("%v", e)
	}
	s.has(t)
	if e := s.event(Loaded, ErrClosed); len(e) != 1 || e[0] != (Event{Loaded, Active, ErrClosed}) {
		t.Errorf("%v", e)
	}
}

// Hosts that are far ahead are reported when others are than before.
func TestNoteClocks(t *testing.T) {
	s := newStill(Options{MaxClockLead: time.Hour})
	for i, step := range []struct {
		hosts []HostClock
		want  []EventKind
	}{
		{nil, nil}, {[]HostClock{seen("a", 0, time.Hour)}, nil}, {[]HostClock{seen("a", 0, time.Hour+1)}, []EventKind{ClockAhead}}, {[]HostClock{seen("a", 0, 2*time.Hour)}, nil},
		{[]HostClock{seen("a", 0, 2*time.Hour), seen("b", 0, 2*time.Hour)}, []EventKind{ClockAhead}}, {nil, nil}, {[]HostClock{seen("a", 0, 2*time.Hour)}, []EventKind{ClockAhead}},
	} {
		clock := Clock{Latest: january(10), Hosts: step.hosts}
		s.noteClocks(clock)
		err := s.Status().ClockErr
		if diff := cmp.Diff(step.want, s.kinds()); diff != "" || (err == nil) != (len(clock.Ahead(time.Hour)) == 0) {
			t.Errorf("step %d: %s, %v", i, diff, err)
		}
		var lead *ClockLeadError
		if err != nil && (!errors.As(err, &lead) || *lead != ClockLeadError{step.hosts[0].Host, step.hosts[0].Shown, step.hosts[0].Seen}) {
			t.Errorf("step %d: %v", i, err)
		}
	}
}

// When the store is told of the clock: once it is ahead of what the store knows, and more
// than it was refused, or if that was a minute ago by either clock.
func TestShare(t *testing.T) {
	const asked, minute = true, time.Minute
	for _, test := range []struct {
		name              string
		ahead, refused    time.Duration
		sinceRan, sinceAt time.Duration
		want              bool
	}{
		{"not ahead", 0, 0, 0, 0, !asked}, {"a little ahead", shareStep - 1, 0, 0, 0, !asked}, {"ahead", shareStep, 0, 0, 0, asked},
		{"as it was refused", minute, minute, 0, 0, !asked}, {"more than was refused", minute + 1, minute, 0, 0, asked},
		{"not a minute ago", minute, minute, minute - 1, minute - 1, !asked}, {"a minute ago", 0, 0, minute, 0, asked}, {"a minute ago, by the clock", 0, 0, 0, minute, asked},
	} {
		synctest.Test(t, func(t *testing.T) {
			store := newAnswers()
			s := newStill(Options{Store: store})
			s.learned(january(10))
			s.clock.shown += int64(test.ahead)
			s.told = told{at: time.Now(), ran: s.clock.ran - int64(test.sinceRan), refused: test.refused}
			time.Sleep(test.sinceAt)
			if err := s.share(t.Context()); err != nil || store.calls["See"] == 1 != test.want {
				t.Errorf("%s: asked %d times, %v", test.name, store.calls["See"], err)
			}
		})
	}
}

// What the store is told, and what is made of its answer.
func TestTell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newAnswers()
		s := newStill(Options{Store: store, MaxClockLead: time.Hour})
		var got []Sighting
		answer := Clock{Latest: january(9), Lead: time.Second, LeadAt: january(8), Hosts: []HostClock{{Host: s.host, AheadSince: january(7)}, {Host: Host{Name: "b"}, AheadSince: january(6)}}}
		store.see = func(s Sighting) (Clock, error) {
			got = append(got, s)
			return answer, nil
		}
		s.recalled.Sum, s.recalled.At, s.recalled.Since = time.Minute, january(5), january(4)
		if err := s.tell(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s.told.refused != 24*time.Hour+shareStep || s.told.ran != s.clock.ran || !s.told.at.Equal(time.Now()) {
			t.Errorf("noted: %+v", s.told)
		}
		lead := s.leadToRemember()
		if lead.Sum != time.Second || !lead.At.Equal(january(8)) || !lead.Since.Equal(january(7)) {
			t.Errorf("remembered: %+v", lead)
		}
		s.has(t)
		s.listIssued.Store(nanos(january(3)))
		answer.Latest = january(12)
		if err := s.tell(t.Context()); err != nil || s.told.refused != shareStep {
			t.Errorf("not ahead: %v, %v", s.told.refused, err)
		}
		want := Sighting{Host: s.host, Shown: january(10), MaxLead: time.Hour, Lead: time.Minute, LeadAt: january(5), AheadSince: january(4)}
		then := want
		then.Known, then.Issued, then.License = january(9), january(3), s.current.Load().seen()
		if diff := cmp.Diff([]Sighting{want, then}, got); diff != "" {
			t.Error(diff)
		}
		if s.shared() != nanos(january(12)) {
			t.Errorf("it is %v", timeOf(s.shared()))
		}
		s.told.at = time.Now()
		if s.tellSoon(); !s.told.at.IsZero() {
			t.Error("it is not told soon")
		}
	})
}

// A licence that is in force is told once; one that is not, never.
func TestNoteInForce(t *testing.T) {
	s := newStill(Options{})
	soon := func() bool {
		s.told.at = january(10)
		s.noteInForce()
		return s.told.at.IsZero()
	}
	if soon() {
		t.Error("without a licence")
	}
	l := licensed(t, "A-1")
	s.current.Store(l)
	for range 2 {
		if !soon() {
			t.Error("the store does not know it yet")
		}
	}
	s.told.clock.Licenses = []LicenseSeen{l.seen()}
	if soon() {
		t.Error("the store knows it")
	}
	s.current.Store(licensed(t, "A-2"))
	if !soon() {
		t.Error("another one")
	}
	s.saw(nanos(january(31)))
	if soon() {
		t.Error("it has expired")
	}
}
