package entitle

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal/verify"
)

// By how much a clock moves the time of an installation ahead, to the nanosecond.
func TestTake(t *testing.T) {
	start := time.Date(2026, 1, 10, 0, 0, 0, 0, time.UTC)
	const most, day = time.Hour, 24 * time.Hour
	for _, test := range []struct {
		name        string
		lead        time.Duration // that was taken before
		since       time.Duration // the last of it
		shown       time.Duration // after the latest
		moved, then time.Duration
	}{
		{"behind", 0, day, -1, 0, 0}, {"the same", 0, day, 0, 0, 0}, {"the same, after leads", most, day, 0, 0, most}, {"a nanosecond", 0, day, 1, 1, 1}, {"as much as allowed", 0, day, most, most, most}, {"more than allowed", 0, day, most + 1, 0, 0},
		{"what is left", most - 5, 0, 10, 5, most}, {"a nanosecond that is left", most - 1, 0, 10, 1, most}, {"nothing is left", most, 0, 10, 0, most}, {"nothing is left yet", most, day - 1, 10, 0, most}, {"all again after a day", most, day, 10, 10, 10},
	} {
		c := Clock{Latest: start, Lead: test.lead, LeadAt: start.Add(-test.since)}
		before := c.LeadAt
		c.take(Sighting{Shown: start.Add(test.shown), MaxLead: most})
		if moved := c.Latest.Sub(start); moved != test.moved || c.Lead != test.then || moved == 0 && !c.LeadAt.Equal(before) || moved > 0 && !c.LeadAt.Equal(c.Latest) {
			t.Errorf("%s: moved by %v, lead %v since %v", test.name, moved, c.Lead, c.LeadAt)
		}
	}
}

// Which two looks at a file see the same one with the same content.
func TestIsUnchanged(t *testing.T) {
	dir := t.TempDir()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	stat := func(name, text string, when time.Time) fs.FileInfo {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, when, when); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	first, other := stat("a", "text", at), stat("b", "text", at)
	for _, test := range []struct {
		name string
		a, b fs.FileInfo
		want bool
	}{
		{"the same", first, stat("a", "text", at), true}, {"later", first, stat("a", "text", at.Add(1)), false}, {"longer", first, stat("a", "texts", at), false}, {"another", first, other, false}, {"nothing before", nil, first, false}, {"nothing now", first, nil, false}, {"nothing at all", nil, nil, false},
	} {
		if got := isUnchanged(test.a, test.b); got != test.want {
			t.Errorf("%s: %t", test.name, got)
		}
	}
}

// What is remembered of two lists of counts: the higher of each, of the later month, in an
// order that does not depend on theirs, and no more than so many.
func TestMergeMarks(t *testing.T) {
	mark := func(installation, name, month string, count int64) verify.Mark {
		return verify.Mark{Installation: installation, Name: name, Month: month, Count: count}
	}
	a, b := []verify.Mark{mark("i", "x", "2026-01", 5), mark("i", "y", "2026-02", 1), mark("j", "x", "2026-01", 9)}, []verify.Mark{mark("i", "y", "2026-01", 7), mark("i", "x", "2026-01", 6), mark("h", "z", "2026-01", 0)}
	want := []verify.Mark{mark("h", "z", "2026-01", 0), mark("i", "x", "2026-01", 6), mark("i", "y", "2026-02", 1), mark("j", "x", "2026-01", 9)}
	for name, got := range map[string][]verify.Mark{"one way": mergeMarks(a, b), "the other": mergeMarks(b, a), "twice": mergeMarks(mergeMarks(a, b), a)} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if got := mergeMarks(nil, nil); len(got) > 0 {
		t.Errorf("of nothing: %v", got)
	}
	for _, n := range []int{maxMarks, maxMarks + 1} {
		var many []verify.Mark
		for i := range n {
			many = append(many, mark("i", fmt.Sprint(i), "2026-01", 1))
		}
		if got := mergeMarks(many, nil); len(got) != maxMarks {
			t.Errorf("of %d: %d", n, len(got))
		}
	}
}

// What is taken after a change, and whether that is no more than before.
func TestAfter(t *testing.T) {
	for _, test := range []struct {
		taken  int64
		c      LevelChange
		after  int64
		isLess bool
	}{
		{5, LevelChange{By: 1}, 6, false}, {5, LevelChange{By: 0}, 5, true}, {5, LevelChange{By: -1}, 4, true}, {5, LevelChange{By: -5}, 0, true}, {5, LevelChange{By: -6}, 0, true}, {0, LevelChange{By: -1}, 0, true},
		{5, LevelChange{By: 6, Set: true}, 6, false}, {5, LevelChange{By: 5, Set: true}, 5, true}, {5, LevelChange{By: 0, Set: true}, 0, true},
	} {
		if after, isLess := test.c.After(test.taken); after != test.after || isLess != test.isLess {
			t.Errorf("%d, %+v: %d, %t", test.taken, test.c, after, isLess)
		}
	}
}

// A counter, at the limits of its bound, of what may be unwritten, and of its month.
func TestCounter(t *testing.T) {
	month := MonthOf(time.Date(2026, 1, 10, 0, 0, 0, 0, time.UTC))
	now, end := nanos(month.Start()), nanos((month + 1).Start())
	fresh := func(used, known, lost int64) *counter {
		c := newCounter("n", now)
		b := c.current.Load()
		b.used.Store(used)
		b.known.Store(known)
		b.lost.Store(lost)
		return c
	}
	for _, test := range []struct {
		name                               string
		used, known, lost, n, bound, share int64
		want                               error
	}{
		{"one of one", 0, 0, 0, 1, 1, 100, nil}, {"two of one", 0, 0, 0, 2, 1, 100, errPastLimit}, {"the last", 9, 0, 0, 1, 10, 100, nil}, {"one more", 10, 0, 0, 1, 10, 100, errPastLimit}, {"of no bound", MaxCount - 1, 0, 0, 1, MaxCount, 100, nil},
		{"half of what remains", 0, 0, 0, 5, 10, 50, nil}, {"more than half", 0, 0, 0, 6, 10, 50, errUnwritten}, {"half, with what is known", 4, 4, 0, 3, 10, 50, nil}, {"more, with what is known", 4, 4, 0, 4, 10, 50, errUnwritten}, {"with what was lost", 0, 0, 1, 5, 10, 50, errUnwritten}, {"lost, and all may be unwritten", 0, 0, 9, 5, 10, 100, nil},
	} {
		c := fresh(test.used, test.known, test.lost)
		err := c.add(now, test.n, test.bound, test.share)
		want := test.used
		if test.want == nil {
			want += test.n
		}
		if err != test.want || c.count(now) != want {
			t.Errorf("%s: %v, %d are used", test.name, err, c.count(now))
		}
	}
	c := fresh(5, 0, 0)
	if c.count(end-1) != 5 || c.count(end) != 0 {
		t.Errorf("at the end of the month: %d, %d", c.count(end-1), c.count(end))
	}
	if err := c.add(end-1, 1, 10, 100); err != nil || len(c.takeEnded()) != 0 {
		t.Errorf("in the last instant: %v", err)
	}
	if err := c.add(end, 2, 10, 100); err != nil || c.count(end) != 2 || c.current.Load().month != month+1 {
		t.Errorf("in the next month: %v, %d", err, c.count(end))
	}
	if ended := c.takeEnded(); len(ended) != 1 || ended[0].final.Load() != 6 || ended[0].used.Load() != sealed || len(c.takeEnded()) != 0 {
		t.Errorf("the month that has ended: %v", ended)
	}
	if err := c.fill(end); err != nil || c.count(end) != MaxCount {
		t.Errorf("filled: %v, %d", err, c.count(end))
	}
	if err := c.fill(end); err != nil || c.count(end) != MaxCount {
		t.Errorf("filled twice: %v, %d", err, c.count(end))
	}
	c.close()
	if err := c.add(end, 1, MaxCount, 100); err != ErrClosed || c.count(end) != 0 {
		t.Errorf("closed: %v, %d", err, c.count(end))
	}
	if ended := c.takeEnded(); len(ended) != 1 || ended[0].final.Load() != MaxCount {
		t.Errorf("what was closed: %v", ended)
	}
	b := fresh(5, 0, 0).current.Load()
	for _, step := range []struct{ total, used, known int64 }{{3, 8, 3}, {7, 12, 7}, {6, 12, 7}, {9, 14, 9}} {
		if b.learn(step.total); b.used.Load() != step.used || b.known.Load() != step.known {
			t.Errorf("learned of %d: %d are used, %d are known", step.total, b.used.Load(), b.known.Load())
		}
	}
}

// Months without use are between those with it.
func TestFill(t *testing.T) {
	used := func(m Month, n int64) Usage { return Usage{m, "n", n} }
	for _, test := range []struct {
		months []Usage
		until  Month
		want   []Usage
	}{
		{nil, 9, nil}, {[]Usage{used(5, 1)}, 5, []Usage{used(5, 1)}}, {[]Usage{used(5, 1)}, 6, []Usage{used(5, 1)}}, {[]Usage{used(5, 1)}, 7, []Usage{used(5, 1), used(6, 0)}}, {[]Usage{used(5, 1)}, 8, []Usage{used(5, 1), used(6, 0), used(7, 0)}},
	} {
		if diff := cmp.Diff(test.want, fill(test.months, "n", test.until)); diff != "" {
			t.Errorf("%v until %d: %s", test.months, test.until, diff)
		}
	}
}
