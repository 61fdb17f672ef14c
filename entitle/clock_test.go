package entitle_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/entitle"
)

// clocks are the two clocks of a machine: the one that shows the time, which can be set,
// and the one that only runs.
type clocks struct {
	mu    sync.Mutex
	shown time.Time
	ran   time.Duration
}

func bothAt(text string) *clocks { return &clocks{shown: instant(text)} }

func (c *clocks) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.shown
}

func (c *clocks) uptime() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ran
}

// run lets time pass: ran by the one clock, and shown by the other.
func (c *clocks) run(ran, shown time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ran += ran
	c.shown = c.shown.Add(shown)
}

// options are those of a guard with these clocks.
func (c *clocks) options(o entitle.Options) *entitle.Options {
	o.Clock, o.Uptime = c.now, c.uptime
	return &o
}

const day = 24 * time.Hour

// Whatever is done to the clock while a guard is open, the licence expires when it must.
func TestClockOfARunningProcess(t *testing.T) {
	for _, test := range []struct {
		name  string
		shown time.Duration // in each day that passes
	}{
		{"runs", day},
		{"is held still", 0},
		{"is set back by a day each day", -day},
		{"is slowed down", time.Hour},
		{"runs ahead", 2 * day},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, heard := bothAt("2026-12-01"), new(events)
			g := open(t, entitle.Text(signed(t, plan())), c.options(entitle.Options{Notify: heard.notify}))
			end := instant("2027-01-11")
			for passed := time.Duration(0); passed <= end.Sub(instant("2026-12-01")); passed += day {
				real := instant("2026-12-01").Add(passed)
				status := g.Status()
				if status.Time.Before(real) {
					t.Fatalf("on %v it is %v", real, status.Time)
				}
				if want := status.Time.Before(end); g.Allows("reports") != want || !real.Before(end) && want {
					t.Fatalf("on %v, a licence until %v allows: %v", real, end, !want)
				}
				behind := max(0, real.Sub(c.now()))
				if status.ClockBehind != behind {
					t.Errorf("on %v, the clock is %v behind, not %v", real, status.ClockBehind, behind)
				}
				g.Tick(t.Context())
				c.run(day, test.shown)
			}
			var want []entitle.EventKind
			if test.shown < day {
				want = append(want, entitle.ClockBehind)
			}
			want = append(want, entitle.StateChanged, entitle.StateChanged) // grace, expired
			if diff := cmp.Diff(want, heard.take()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The month ends, too, while the clock is held still.
func TestMonthEndsByItself(t *testing.T) {
	for _, batch := range []bool{false, true} {
		c := bothAt("2026-11-30")
		g := open(t, entitle.Text(signed(t, plan())), c.options(entitle.Options{Batch: batch}))
		if err := g.Use(t.Context(), "requests", 990); err != nil {
			t.Fatal(err)
		}
		c.run(23*time.Hour, 0)
		if err := g.Use(t.Context(), "requests", 1); !isLimit(err) {
			t.Errorf("in the same month: %v", err)
		}
		c.run(time.Hour, -day)
		if err := g.Use(t.Context(), "requests", 1); err != nil {
			t.Errorf("in the next month: %v", err)
		}
	}
}
