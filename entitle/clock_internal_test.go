package entitle

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A guard reads the clocks that it is given, and those of the machine in place of the
// others. A clock without a monotonic reading does not say how long anything took.
func TestClockOf(t *testing.T) {
	began := time.Now() // in a bubble, there is no monotonic reading
	synctest.Test(t, func(t *testing.T) {
		var passed time.Duration
		monotonic := func() time.Time { return began.Add(passed) }
		wall := func() time.Time { return monotonic().Round(0) }
		up := 5 * time.Minute
		uptime := func() time.Duration { return up }
		start := time.Now() // of the bubble
		type both struct {
			name string
			opts Options
			want reading
		}
		tests := []both{
			{"the machine's", Options{}, reading{nanos(start), 0}},
			{"a clock", Options{Clock: monotonic}, reading{nanos(monotonic()), 0}},
			{"a wall clock", Options{Clock: wall}, reading{nanos(wall()), 0}},
			{"an uptime", Options{Uptime: uptime}, reading{nanos(start), 0}},
			{"a clock and an uptime", Options{Clock: monotonic, Uptime: uptime}, reading{nanos(monotonic()), 0}},
			{"a wall clock and an uptime", Options{Clock: wall, Uptime: uptime}, reading{nanos(wall()), 0}},
		}
		reads := make([]func() reading, len(tests))
		for i, test := range tests {
			reads[i] = clockOf(&test.opts)
			if got := reads[i](); got != test.want {
				t.Errorf("%s: %v, not %v", test.name, got, test.want)
			}
		}
		time.Sleep(time.Minute)
		passed += time.Minute
		up += time.Second
		for i, ran := range []time.Duration{time.Minute, time.Minute, 0, time.Second, time.Second, time.Second} {
			want := reading{tests[i].want.shown + int64(time.Minute), int64(ran)}
			if got := reads[i](); got != want {
				t.Errorf("%s, a minute later: %v, not %v", tests[i].name, got, want)
			}
		}
	})
}

// The time of a guard: what the clock shows, or the latest instant and what has passed
// since. The latest instant is moved only by more than a step.
func TestNow(t *testing.T) {
	const start, step = int64(1000), leadStep
	for _, test := range []struct {
		name         string
		lead         int64 // that was seen before
		clock        reading
		now, lead2   int64
		behind, then int64 // before and after the call
	}{
		{"nothing was seen", noTime, reading{start, 10}, start, start - 10, 0, 0},
		{"as seen", start, reading{start + 10, 10}, start + 10, start, 0, 0},
		{"behind by 1", start, reading{start + 9, 10}, start + 10, start, 0, 0},
		{"behind by a step", start, reading{start + 10 - step, 10}, start + 10, start, 0, 0},
		{"behind by more", start, reading{start + 9 - step, 10}, start + 10, start, step + 1, step + 1},
		{"ahead by 1", start, reading{start + 11, 10}, start + 11, start, 0, 0},
		{"ahead by a step", start, reading{start + 10 + step, 10}, start + 10 + step, start, 0, 0},
		{"ahead by more", start, reading{start + 11 + step, 10}, start + 11 + step, start + 1 + step, 0, 0},
	} {
		s := newStill(Options{})
		s.clock = test.clock
		s.lead.Store(test.lead)
		if got := s.behind(); got != time.Duration(test.behind) {
			t.Errorf("%s: behind by %d", test.name, got)
		}
		if got := s.now(); got != test.now || s.lead.Load() != test.lead2 {
			t.Errorf("%s: it is %d, and the lead is %d", test.name, got, s.lead.Load())
		}
		if got := s.behind(); got != time.Duration(test.then) {
			t.Errorf("%s: then behind by %d", test.name, got)
		}
	}
}

// An instant that was seen is one for this host, and one that the store knows is one for
// all. An earlier one, or none, changes neither.
func TestSeenAndLearned(t *testing.T) {
	s := newStill(Options{})
	s.clock = reading{nanos(january(10)), int64(time.Hour)}
	type leads struct{ Own, Shared time.Duration } // after 10 January, an hour ago
	is := func(what string, want leads) {
		t.Helper()
		start := nanos(january(10)) - int64(time.Hour)
		if got := (leads{time.Duration(s.lead.Load() - start), time.Duration(s.sharedLead.Load() - start)}); got != want {
			t.Errorf("%s: %v, not %v", what, got, want)
		}
	}
	s.learned(time.Time{})
	if s.lead.Load() != noTime || s.sharedLead.Load() != noTime {
		t.Errorf("of no instant: %d, %d", s.lead.Load(), s.sharedLead.Load())
	}
	s.learned(january(10))
	is("the store knows it", leads{0, 0})
	if s.shared() != nanos(january(10)) {
		t.Errorf("it is %v", timeOf(s.shared()))
	}
	s.saw(nanos(january(11)))
	is("this host has seen the next day", leads{24 * time.Hour, 0})
	s.learned(january(9))
	is("the store knows less", leads{24 * time.Hour, 0})
	s.saw(nanos(january(10)))
	is("this host has seen less", leads{24 * time.Hour, 0})
	s.learned(january(12))
	is("the store knows more", leads{48 * time.Hour, 48 * time.Hour})
	s.run(time.Minute)
	if s.shared() != nanos(january(12).Add(time.Minute)) {
		t.Errorf("a minute later, it is %v", timeOf(s.shared()))
	}
}

// Every instant has nanoseconds, and those that 64 bits do not hold have the last ones.
func TestNanos(t *testing.T) {
	const last = 1<<63 - 1
	at := func(s, n int64) time.Time { return time.Unix(s, n) }
	for _, test := range []struct {
		t    time.Time
		want int64
	}{
		{at(0, 0), 0}, {at(0, 1), 1}, {at(0, -1), -1}, {at(1, 0), 1e9},
		{at(9223372035, 999999999), 9223372035999999999}, {at(9223372036, 0), last}, {at(9223372037, 0), last},
		{at(-9223372035, 0), -9223372035e9}, {at(-9223372036, 0), -last - 1}, {at(-9223372037, 0), -last - 1},
		{time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), last}, {time.Time{}, -last - 1},
	} {
		if got := nanos(test.t); got != test.want {
			t.Errorf("%v: %d, not %d", test.t, got, test.want)
		}
	}
	if got := timeOf(1); !got.Equal(at(0, 1)) || got.Location() != time.UTC {
		t.Errorf("of a nanosecond: %v", got)
	}
	if got := timeOrZero(0); !got.IsZero() {
		t.Errorf("of none: %v", got)
	}
	if got := timeOrZero(1); !got.Equal(at(0, 1)) {
		t.Errorf("of one: %v", got)
	}
}

// Months, at their first and last instants.
func TestMonthOf(t *testing.T) {
	for _, test := range []struct {
		text  string
		month Month
		first time.Time
	}{
		{"2026-01", 24312, january(1)},
		{"2026-02", 24313, time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)},
		{"2026-12", 24323, time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)},
		{"2027-01", 24324, time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"0001-01", 12, time.Time{}},
	} {
		m, err := ParseMonth(test.text)
		if err != nil || m != test.month || m.String() != test.text || !m.Start().Equal(test.first) {
			t.Errorf("%s: %d %s from %v: %v", test.text, m, m, m.Start(), err)
		}
		east := time.FixedZone("", 3600)
		if MonthOf(test.first) != m || MonthOf(test.first.In(east)) != m || test.text != "0001-01" && MonthOf(test.first.Add(-1)) != m-1 {
			t.Errorf("%s does not begin at %v", test.text, test.first)
		}
	}
	for _, text := range []string{"", "2026", "2026-13", "2026-00", "2026-1", "2026-01-01", "11-2026"} {
		if m, err := ParseMonth(text); err == nil || m != 0 {
			t.Errorf("%q is %v", text, m)
		}
	}
}

// What the options leave out, and what is less than there may be.
func TestDefaults(t *testing.T) {
	type numbers struct {
		StoreTimeout, Lapse, Lead time.Duration
		Unwritten                 int64
		At                        []int64
		Before                    []time.Duration
	}
	usual := numbers{5 * time.Second, 10 * time.Minute, 24 * time.Hour, 10, []int64{80, 100}, []time.Duration{30 * 24 * time.Hour, 7 * 24 * time.Hour, 24 * time.Hour}}
	least := numbers{1, 2 * time.Second, 1, 1, []int64{}, []time.Duration{}}
	more := numbers{6 * time.Second, 2*time.Second + 1, time.Hour, 100, []int64{50}, []time.Duration{5}}
	for _, test := range []struct {
		name string
		opts *Options
		want numbers
	}{
		{"none", nil, usual}, {"empty", &Options{}, usual},
		{"negative", &Options{StoreTimeout: -1, Lapse: -1, MaxClockLead: -1, MaxUnwritten: -1}, usual},
		{"the least", &Options{StoreTimeout: 1, Lapse: 1, MaxClockLead: 1, MaxUnwritten: 1, WarnAt: []int64{}, WarnBefore: []time.Duration{}}, least},
		{"others", &Options{StoreTimeout: 6 * time.Second, Lapse: 2*time.Second + 1, MaxClockLead: time.Hour, MaxUnwritten: 100, WarnAt: []int64{50}, WarnBefore: []time.Duration{5}}, more},
	} {
		o := newGuard(Text(nil), nil, test.opts).opts
		if diff := cmp.Diff(test.want, numbers{o.StoreTimeout, o.Lapse, o.MaxClockLead, o.MaxUnwritten, o.WarnAt, o.WarnBefore}); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}
