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
		{"behind", 0, day, -1, 0, 0}, {"the same", 0, day, 0, 0, 0}, {"a nanosecond", 0, day, 1, 1, 1}, {"as much as allowed", 0, day, most, most, most}, {"more than allowed", 0, day, most + 1, 0, 0},
		{"what is left", most - 5, 0, 10, 5, most}, {"a nanosecond that is left", most - 1, 0, 10, 1, most}, {"nothing is left", most, 0, 10, 0, most}, {"nothing is left yet", most, day - 1, 10, 0, most}, {"all again after a day", most, day, 10, 10, 10},
	} {
		c := Clock{Latest: start, Lead: test.lead, LeadAt: start.Add(-test.since)}
		before := c.LeadAt
		c.take(Sighting{Shown: start.Add(test.shown), MaxLead: most})
		if moved := c.Latest.Sub(start); moved != test.moved || c.Lead != test.then || c.LeadAt.Equal(before) && moved > 0 || moved > 0 && !c.LeadAt.Equal(c.Latest) {
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
