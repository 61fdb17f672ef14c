package entitle_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/verify"
)

// fleet are hosts with clocks of their own on one store.
type fleet struct {
	t     *testing.T
	store entitle.Store
}

func newFleet(t *testing.T) *fleet { return &fleet{t, entitle.NewMemory()} }

func (f *fleet) open(host string, c *clocks, o entitle.Options) *entitle.Guard {
	f.t.Helper()
	o.Store, o.Host = f.store, host
	return open(f.t, entitle.Text(signed(f.t, plan())), c.options(o))
}

// latest returns the time of the installation.
func (f *fleet) latest() time.Time {
	f.t.Helper()
	clock, err := f.store.Clock(f.t.Context(), installation)
	if err != nil {
		f.t.Fatal(err)
	}
	return clock.Latest
}

func (f *fleet) is(want string) {
	f.t.Helper()
	if got := f.latest(); !got.Equal(instant(want)) {
		f.t.Errorf("the time of the installation is %v, not %s", got, want)
	}
}

// A host with a clock in 2099 expires the licence for its own processes, which say so,
// and for no other.
func TestOneHostFarAhead(t *testing.T) {
	f := newFleet(t)
	good, bad, heard, heardElsewhere := bothAt("2026-11-21"), bothAt("2099-01-01"), new(events), new(events)
	a := f.open("good", good, entitle.Options{Notify: heardElsewhere.notify})
	b := f.open("bad", bad, entitle.Options{Notify: heard.notify})
	if b.Allows("reports") || !a.Allows("reports") {
		t.Errorf("the bad host allows %v, the good one %v", b.Allows("reports"), a.Allows("reports"))
	}
	var lead *entitle.ClockLeadError
	if err := b.Status().ClockErr; !errors.As(err, &lead) || lead.Host.Name != "bad" || !lead.Shown.Equal(instant("2099-01-01")) {
		t.Errorf("the bad host says %v", err)
	}
	if diff := cmp.Diff([]entitle.EventKind{entitle.ClockAhead}, heard.take()); diff != "" {
		t.Error(diff)
	}
	// Whatever they do, for a month.
	for range 30 {
		good.run(day, day)
		bad.run(day, day)
		b.Record(t.Context(), "hosts", 1)
		b.Tick(t.Context())
		a.Tick(t.Context())
		if err := a.Use(t.Context(), "requests", 1); err != nil {
			t.Fatal(err)
		}
	}
	f.is("2026-12-21")
	if err := a.Status().ClockErr; !errors.As(err, &lead) || lead.Host.Name != "bad" {
		t.Errorf("the good host says %v", err)
	}
	if diff := cmp.Diff([]entitle.EventKind{entitle.ClockAhead}, heardElsewhere.take()); diff != "" {
		t.Error(diff)
	}
	// Corrected, and started again, it is like the others.
	b.Close()
	b = f.open("bad", good, entitle.Options{})
	if err := b.Use(t.Context(), "requests", 1); err != nil || b.Status().ClockErr != nil {
		t.Errorf("corrected: %v, %v", err, b.Status().ClockErr)
	}
}

// What no other host confirms adds up to a day in 24 hours, however often it is tried.
func TestLeadsDoNotAddUp(t *testing.T) {
	f := newFleet(t)
	f.open("good", bothAt("2026-11-21"), entitle.Options{})
	for i := range 100 {
		c := bothAt("2026-11-21")
		c.run(0, time.Duration(i+1)*13*time.Hour)
		f.open("bad", c, entitle.Options{}).Close()
	}
	f.is("2026-11-22")
	// 24 hours later, there may be another one.
	c := &clocks{shown: f.latest()}
	g := f.open("third", c, entitle.Options{})
	for range 25 {
		c.run(time.Hour, time.Hour)
		g.Tick(t.Context())
		g.Flush(t.Context())
	}
	c.run(0, 3*time.Hour)
	g.Tick(t.Context())
	f.is("2026-11-23T04:00:00Z")
}

// A lead that two hosts agree on counts, such as after a long holiday.
func TestLeadIsConfirmed(t *testing.T) {
	f := newFleet(t)
	f.open("a", bothAt("2026-10-01"), entitle.Options{}).Close()
	f.open("a", bothAt("2026-11-21T08:00:00Z"), entitle.Options{})
	f.is("2026-10-01")
	b := f.open("b", bothAt("2026-11-21T08:00:10Z"), entitle.Options{})
	if got := f.latest(); got.Before(instant("2026-11-21T08:00:00Z")) {
		t.Errorf("the time of the installation is %v", got)
	}
	if err := b.Status().ClockErr; err != nil {
		t.Error(err)
	}
}

// An only host is believed after 24 hours of running, in one go or in many, also if only a
// state file outlives it; and so is one whose time is set.
func TestOnlyHostIsBelieved(t *testing.T) {
	for _, test := range []struct {
		name  string
		each  time.Duration
		store func() func() entitle.Store
	}{
		{"in one go", 25 * time.Hour, sameStore},
		{"in many goes", time.Hour, sameStore},
		{"with a state file", time.Hour, func() func() entitle.Store { return entitle.NewMemory }},
	} {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "licence.state")
			if err := state.Create(file, verify.Memory{}); err != nil {
				t.Fatal(err)
			}
			store, c := test.store(), bothAt("2026-10-01")
			opts := func() *entitle.Options {
				return c.options(entitle.Options{Store: store(), Remember: func(change func(*verify.Memory) error) (*verify.Memory, error) {
					return state.Update(file, change)
				}})
			}
			source := entitle.Text(signed(t, plan()))
			open(t, source, opts()).Close()
			c.run(0, 40*day)
			for ran := time.Duration(0); ran < 26*time.Hour; ran += test.each {
				g := open(t, source, opts())
				if status := g.Status(); ran < 24*time.Hour && status.ClockErr == nil {
					t.Fatalf("after %v, it is believed", ran)
				}
				c.run(test.each, test.each)
				g.Tick(t.Context())
				if err := g.Close(); err != nil {
					t.Fatal(err)
				}
			}
			g := open(t, source, opts())
			if status := g.Status(); status.ClockErr != nil {
				t.Error(status.ClockErr)
			}
			g.Close()
			c.run(0, -30*day)
			if status := open(t, source, opts()).Status(); status.ClockBehind < 29*day {
				t.Errorf("set back, the clock is %v behind", status.ClockBehind)
			}
		})
	}
}

func sameStore() func() entitle.Store {
	store := entitle.NewMemory()
	return func() entitle.Store { return store }
}

// A time that is set is not before the issue of the newest revocation list, and leaves a
// record.
func TestSetClock(t *testing.T) {
	f := newFleet(t)
	c := bothAt("2026-11-21")
	f.open("a", c, entitle.Options{Revocations: entitle.Text(list(t, 1, "A-2"))}).Close()
	before, err := f.store.Clock(t.Context(), installation)
	if err != nil || before.Issued.IsZero() {
		t.Fatalf("%+v, %v", before, err)
	}
	for _, test := range []struct{ set, want time.Time }{
		{instant("2027-03-01"), instant("2027-03-01")},
		{instant("2026-12-01"), instant("2026-12-01")},
		{instant("2020-01-01"), before.Issued},
	} {
		if err := f.store.SetClock(t.Context(), installation, test.set); err != nil || !f.latest().Equal(test.want) {
			t.Errorf("set to %v, it is %v: %v", test.set, f.latest(), err)
		}
	}
	clock, err := f.store.Clock(t.Context(), installation)
	if err != nil || len(clock.Changes) != 3 || len(clock.Hosts) != 0 || !clock.Changes[2].From.Equal(instant("2026-12-01")) {
		t.Errorf("the record is %+v: %v", clock, err)
	}
}
