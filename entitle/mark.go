package entitle

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/licseal/licseal/verify"
)

// UsageLostError says that the store has lost uses, such as by a copy of it from before
// that was put back. They are counted again.
type UsageLostError struct {
	Name  string
	Month Month
	Found int64 // in the store
	Known int64 // that the store had before
}

func (e *UsageLostError) Error() string {
	return fmt.Sprintf("the store has %d uses of %q in %s, and had %d before; they are counted again", e.Found, e.Name, e.Month, e.Known)
}

// markInterval is how often the counts of the month are remembered, if they change.
const markInterval = 10 * time.Second

// marks are the highest counts of limited entitlements that the store is known to have
// had in this month. Those of before this run are in Options.Remember.
func (g *Guard) marks() []verify.Mark {
	var all []verify.Mark
	now := g.now()
	for _, c := range g.allCounters() {
		b := c.current.Load()
		if count := b.known.Load(); c.bounded.Load() && now < b.end && count > 0 {
			all = append(all, verify.Mark{Installation: g.opts.Installation, Month: b.month.String(), Name: c.name, Count: count})
		}
	}
	slices.SortFunc(all, compareMarks)
	return all
}

// mergeMarks returns the higher of two counts each, without those of earlier months.
func mergeMarks(before, now []verify.Mark) []verify.Mark {
	most := make(map[markKey]verify.Mark)
	for _, mark := range slices.Concat(before, now) {
		k := keyOf(mark)
		if old, ok := most[k]; !ok || cmp.Or(cmp.Compare(mark.Month, old.Month), cmp.Compare(mark.Count, old.Count)) > 0 {
			most[k] = mark
		}
	}
	all := make([]verify.Mark, 0, len(most))
	for _, mark := range most {
		all = append(all, mark)
	}
	slices.SortFunc(all, compareMarks)
	return all[:min(len(all), maxMarks)]
}

// markKey is what there is one mark of.
type markKey struct{ installation, name string }

func keyOf(mark verify.Mark) markKey { return markKey{mark.Installation, mark.Name} }

func compareMarks(a, b verify.Mark) int {
	return cmp.Or(cmp.Compare(a.Installation, b.Installation), cmp.Compare(a.Name, b.Name))
}

// maxMarks bounds the size of what is remembered.
const maxMarks = 1000

// takeMarks takes the counts that are remembered for those that the store had.
func (g *Guard) takeMarks(marks []verify.Mark) {
	for _, mark := range marks {
		c := g.counter(mark.Name)
		if mark.Installation != g.opts.Installation || c == nil {
			continue
		}
		if b := c.current.Load(); b.month.String() == mark.Month {
			raise(&b.known, mark.Count)
		}
	}
}

// marksAreDue reports whether counts have changed since they were remembered.
func (g *Guard) marksAreDue() bool {
	last := time.Unix(0, g.markedAt.Load())
	return time.Since(last) >= markInterval && !slices.Equal(g.marks(), *g.marked.Load())
}

// restore counts again what the store has lost. Two processes that do so at once count it
// once, because the known count is the limit. The caller has locked g.writing.
func (g *Guard) restore(ctx context.Context, month Month, counts map[string]int64) error {
	u := &unsent{Batch: Batch{Installation: g.opts.Installation, Writer: g.writer, Time: timeOf(g.shared())}}
	var errs []error
	for _, c := range g.allCounters() {
		b := c.current.Load()
		found, known := counts[c.name], b.known.Load()
		if b.month != month || found >= known {
			continue
		}
		errs = append(errs, &UsageLostError{c.name, month, found, known})
		u.Adds = append(u.Adds, Add{Month: month, Name: c.name, N: known - found, Limit: known})
	}
	if len(errs) == 0 {
		return nil
	}
	u.Seq = g.nextSeq()
	applied, err := g.store.Apply(ctx, u.Batch)
	if err != nil || !applied.Granted {
		return err // another process counts them at the same time, or it is tried again
	}
	for i, add := range u.Adds {
		counts[add.Name] = applied.Counts[i]
	}
	g.note(func(*notes) []Event { return g.event(UsageRestored, errors.Join(errs...)) })
	return nil
}
