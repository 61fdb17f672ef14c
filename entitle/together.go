package entitle

import (
	"context"
	"slices"
	"time"
)

// request asks for a use to be written at once.
type request struct {
	add  Add
	done chan answer
}

type answer struct {
	granted bool
	count   int64 // in the store, if it was not granted
	latest  time.Time
	err     error
}

// countAtOnce writes a use to the store, in one transaction with those that other
// goroutines ask for at the same time. What is known to exceed the limit is refused
// without one: a count never falls within a month.
func (g *Guard) countAtOnce(ctx context.Context, grant *grant, now, n, bound int64) error {
	used := grant.counter.count(now)
	if !grant.bounded {
		if n = min(n, MaxCount-used); n <= 0 {
			return nil
		}
	}
	if n > bound-used {
		if err := grant.counter.pace(ctx); err != nil {
			return err
		}
		return grant.limitError(now, n, bound, used)
	}
	r := &request{Add{Month: MonthOf(timeOf(now)), Name: grant.name, N: n, Limit: bound}, make(chan answer, 1)}
	bounded, cancel := g.inTime(ctx) // also the wait for those that were here before
	defer cancel()
	select {
	case g.requests <- r:
	case <-bounded.Done():
		return g.gone(ctx, bounded)
	case <-g.done:
		return ErrClosed
	}
	select {
	case a := <-r.done:
		switch {
		case a.err != nil:
			return a.err
		case !a.granted && MonthOf(a.latest) > r.add.Month:
			return errLaterMonth
		case !a.granted && !grant.bounded:
			return nil // others have filled it
		case !a.granted:
			return grant.limitError(now, n, bound, a.count)
		}
		return nil
	case <-bounded.Done():
		return g.gone(ctx, bounded)
	}
}

// gone returns why a caller does not wait any longer: it does not want to, or the store
// takes too long.
func (g *Guard) gone(ctx, bounded context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return g.late(ctx, bounded.Err())
}

// refusalPause is how long a refusal takes that follows another one at once.
const refusalPause = 5 * time.Millisecond

// pace delays a refusal if the one before it was less than refusalPause ago. Callers that
// try again and again would otherwise take the processor from those whose uses are granted.
func (c *counter) pace(ctx context.Context) error {
	now := time.Now().UnixNano()
	if before := c.refused.Swap(now); now-before >= int64(refusalPause) || now < before {
		return nil
	}
	pause := time.NewTimer(refusalPause)
	defer pause.Stop()
	select {
	case <-pause.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// maxTogether is the maximum number of uses in one transaction.
const maxTogether = 128

// serve writes the uses that are asked for, until the guard is closed.
func (g *Guard) serve(ctx context.Context) {
	for {
		select {
		case r := <-g.requests:
			g.writeTogether(g.others([]*request{r}))
		case <-ctx.Done():
			return
		}
	}
}

// others adds the requests that are waiting.
func (g *Guard) others(all []*request) []*request {
	for len(all) < maxTogether {
		select {
		case r := <-g.requests:
			all = append(all, r)
		default:
			return all
		}
	}
	return all
}

// writeTogether writes requests in one batch. If the store refuses it, those that do not
// fit are refused, and the others are written in another one.
func (g *Guard) writeTogether(all []*request) {
	for len(all) > 0 {
		adds := merge(all)
		applied, err := g.write(adds)
		if err != nil || applied.Granted {
			answerAll(all, answer{granted: true, err: err})
			return
		}
		rest := refuse(all, adds, applied)
		if len(rest) == len(all) { // the counts have fallen since: somebody edits the store
			rest[0].done <- answer{count: applied.Counts[indexOf(adds, rest[0].add)], latest: applied.Latest}
			rest = rest[1:]
		}
		all = rest
	}
}

func answerAll(all []*request, a answer) {
	for _, r := range all {
		r.done <- a
	}
}

// refuse answers those requests that do not fit, in their order, after a batch of all was
// refused. It returns the others.
func refuse(all []*request, adds []Add, applied Applied) (rest []*request) {
	counts := make([]int64, len(adds))
	copy(counts, applied.Counts)
	for _, r := range all {
		i := indexOf(adds, r.add)
		if r.add.Month < MonthOf(applied.Latest) || r.add.N > r.add.Limit-counts[i] {
			r.done <- answer{count: counts[i], latest: applied.Latest}
			continue
		}
		counts[i] += r.add.N
		rest = append(rest, r)
	}
	return rest
}

// merge adds up the requests for each count. The limit of a sum is what each of its
// requests would find if they were written one after the other.
func merge(all []*request) []Add {
	var adds []Add
	for _, r := range all {
		i := indexOf(adds, r.add)
		if i < 0 {
			adds = append(adds, r.add)
			continue
		}
		room := min(adds[i].Limit-adds[i].N, r.add.Limit-r.add.N-adds[i].N)
		adds[i].N += r.add.N
		adds[i].Limit = adds[i].N + room
	}
	return adds
}

func indexOf(adds []Add, add Add) int {
	return slices.IndexFunc(adds, func(a Add) bool { return a.Month == add.Month && a.Name == add.Name })
}
