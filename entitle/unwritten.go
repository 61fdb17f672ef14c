package entitle

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/licseal/licseal/verify"
)

// UnwrittenError says that a process ended while its store failed, with uses that it had
// allowed and not written. They are not counted; as many fewer may be unwritten for the rest
// of the month.
type UnwrittenError struct {
	Name  string
	Month Month
	N     int64 // as far as it was remembered
}

func (e *UnwrittenError) Error() string {
	return fmt.Sprintf("%d uses of %q in %s were allowed while the store failed, and were not written when the process ended; they are not counted", e.N, e.Name, e.Month)
}

// storeIsLate is for how long nothing must have been written before unwritten uses are
// remembered: far longer than a store takes that works.
const storeIsLate = time.Second

// unwritten are the uses of limited entitlements that this guard has allowed in this month
// and not written; none while the store works.
func (g *Guard) unwritten() []verify.Mark {
	var all []verify.Mark
	isLate := g.closed.Load() || time.Since(time.Unix(0, g.flushedAt.Load())) >= storeIsLate
	if !g.opts.Batch || !isLate {
		return nil
	}
	now := g.now()
	for _, c := range g.allCounters() {
		b := c.current.Load()
		if n := b.unwritten(); c.bounded.Load() && now < b.end && n > 0 {
			all = append(all, verify.Mark{Installation: g.opts.Installation, Month: b.month.String(), Name: c.name, Count: n})
		}
	}
	slices.SortFunc(all, compareMarks)
	return all
}

func (b *bucket) unwritten() int64 {
	return max(b.used.Load(), b.final.Load()) - b.known.Load()
}

// unwrittenIsDue reports whether other uses are unwritten than was remembered last.
func (g *Guard) unwrittenIsDue() bool { return !slices.Equal(g.unwritten(), *g.confessed.Load()) }

// mergeUnwritten returns the sum of what all processes have not written: what was remembered,
// less what this guard said last, and what it says now.
func mergeUnwritten(before, last, now []verify.Mark) []verify.Mark {
	sums := make(map[markKey]verify.Mark)
	for _, mark := range before {
		sums[keyOf(mark)] = mark
	}
	for _, mark := range last {
		if sum := sums[keyOf(mark)]; sum.Month == mark.Month {
			sum.Count -= mark.Count
			sums[keyOf(mark)] = sum
		}
	}
	for _, mark := range now {
		switch sum := sums[keyOf(mark)]; {
		case sum.Month < mark.Month:
			sums[keyOf(mark)] = mark
		case sum.Month == mark.Month:
			sum.Count = min(max(0, sum.Count)+mark.Count, MaxCount)
			sums[keyOf(mark)] = sum
		}
	}
	var all []verify.Mark
	for _, mark := range sums {
		if mark.Count > 0 {
			all = append(all, mark)
		}
	}
	slices.SortFunc(all, compareMarks)
	return all[:min(len(all), maxMarks)]
}

// takeUnwritten notes what other processes have left unwritten in this month.
func (g *Guard) takeUnwritten(sums []verify.Mark) {
	for _, mark := range sums {
		c := g.counter(mark.Name)
		if mark.Installation != g.opts.Installation || c == nil {
			continue
		}
		if b := c.current.Load(); b.month.String() == mark.Month {
			b.lost.Store(min(max(0, mark.Count), MaxCount))
		}
	}
}

// noteUnwritten reports what the processes before this one have left unwritten.
func (g *Guard) noteUnwritten() {
	var errs []error
	for _, c := range g.allCounters() {
		if b := c.current.Load(); c.bounded.Load() && b.lost.Load() > 0 {
			errs = append(errs, &UnwrittenError{c.name, b.month, b.lost.Load()})
		}
	}
	if len(errs) > 0 {
		slices.SortFunc(errs, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
		g.note(func(*notes) []Event { return g.event(UsageUnwritten, errors.Join(errs...)) })
	}
}
