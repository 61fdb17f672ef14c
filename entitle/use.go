package entitle

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// Use asks for n more uses of an entitlement, at least 1, and counts them. They are
// allowed if the error is nil. Otherwise it is one of
//
//   - [*InactiveError]: the licence is expired, not yet valid or suspended;
//     [ErrNoLicense]: no licence is installed;
//   - [*MachinesError]: other machines have taken the seat of this one; see [Guard.Bind];
//   - [*NotIncludedError]: the licence does not include the entitlement;
//   - [*LimitError]: the uses would exceed the month's limit and its tolerance;
//   - [*StoreError], or the error of ctx: they may not have been counted.
//
// Uses of an entitlement that is not limited are allowed and not counted.
func (g *Guard) Use(ctx context.Context, name string, n int64) error {
	err := g.use(ctx, name, n)
	if err == nil {
		return nil
	}
	return g.advise(name, err, func() { g.countAdvised(ctx, name, n) })
}

func (g *Guard) use(ctx context.Context, name string, n int64) error {
	if g.isLevel(name) {
		return &LevelError{name, true}
	}
	for {
		grant, now, err := g.permit(name)
		if err != nil {
			return err
		}
		if err = g.count(ctx, grant, now, n, grant.bound); err != errLaterMonth {
			return err
		}
	}
}

// errLaterMonth says that the month has ended, as another process has seen. By now this
// guard knows the time as well.
var errLaterMonth = errors.New("the month has ended")

// Record counts n uses that have happened already, whatever the limit is and whether or
// not the licence is good. It counts as [Guard.Use] does, up to [MaxCount]. Unlike
// Use, it may exceed the limit.
func (g *Guard) Record(ctx context.Context, name string, n int64) error {
	grant, err := g.grantOf(name, false)
	if err != nil {
		return err
	}
	return g.record(ctx, grant, n)
}

// grantOf returns what the licence says of a level, or of a monthly entitlement, whether
// or not the licence is good.
func (g *Guard) grantOf(name string, level bool) (*grant, error) {
	l := g.current.Load()
	switch {
	case l == nil:
		return nil, ErrNoLicense
	case l.grants[name] == nil:
		return nil, &NotIncludedError{name}
	case g.isLevel(name) != level:
		return nil, &LevelError{name, !level}
	}
	return l.grants[name], nil
}

func (g *Guard) record(ctx context.Context, grant *grant, n int64) error {
	for {
		if err := g.count(ctx, grant, g.now(), n, MaxCount); err != errLaterMonth {
			return err
		}
	}
}

func (g *Guard) count(ctx context.Context, grant *grant, now, n, bound int64) error {
	if !grant.bounded { // nothing is refused: the count stops at the largest
		n = min(n, MaxCount)
	}
	switch {
	case n < 1 || n > MaxCount:
		return fmt.Errorf("%d uses cannot be counted; ask for at least 1", n)
	case g.closed.Load():
		return ErrClosed
	case !grant.counted:
		return nil
	case !g.opts.Batch:
		return g.countAtOnce(ctx, grant, now, n, bound)
	}
	share := g.opts.MaxUnwritten
	if !grant.bounded || bound != grant.bound { // see Record
		share = anyShare
	}
	switch err := grant.counter.add(now, n, bound, share); {
	case err == errUnwritten:
		return g.writeAndCount(ctx, grant, now, n, bound, share)
	case err == errPastLimit && !grant.bounded:
		return grant.counter.fill(now)
	case err == errPastLimit:
		return grant.limitError(now, n, bound, grant.counter.count(now))
	default:
		return err
	}
}

// writeAndCount counts uses that would leave too much unwritten: it is written at once.
func (g *Guard) writeAndCount(ctx context.Context, grant *grant, now, n, bound, share int64) error {
	if err := g.flush(ctx); err != nil {
		return err
	}
	err := grant.counter.add(now, n, bound, share)
	if err == errUnwritten {
		if err = grant.counter.add(now, n, bound, anyShare); err == nil {
			return g.flush(ctx)
		}
	}
	if err == errPastLimit { // others have used the rest
		return grant.limitError(now, n, bound, grant.counter.count(now))
	}
	return err
}

func (grant *grant) limitError(now, n, bound, used int64) error {
	return &LimitError{
		Name: grant.name, Limit: bound, Used: used, N: n,
		Reset: (MonthOf(timeOf(now)) + 1).Start(),
	}
}

// Unlimited is what [Guard.Remaining] returns if there is no limit.
const Unlimited = math.MaxInt64

// Remaining returns how many more uses of an entitlement are allowed now, tolerance
// included. It is 0 if the licence is not good or does not include the entitlement, and
// [Unlimited] if there is no limit. Other processes may use some of them at any time.
func (g *Guard) Remaining(name string) int64 {
	grant, now, err := g.permit(name)
	if err != nil || g.closed.Load() {
		return 0
	}
	return g.remaining(grant, now)
}

func (g *Guard) remaining(grant *grant, now int64) int64 {
	if !grant.bounded {
		return Unlimited
	}
	return max(0, grant.bound-g.usedOf(grant, now))
}

// usedOf returns how much of an entitlement is used, as far as this guard knows.
func (g *Guard) usedOf(grant *grant, now int64) int64 {
	if g.isLevel(grant.name) {
		return g.levelOf(grant)
	}
	return grant.counter.count(now)
}

// Limit is what the licence grants of one entitlement, and how much of it is used.
type Limit struct {
	Name      string // by which the product asks for it
	Label     string // to show
	Counted   bool   // its uses are counted
	Bounded   bool   // its uses are counted and limited
	Level     bool   // so many at once, and not a month; see [Options].Levels
	Max       int64  // uses a month, or at once, without the tolerance; 0 if not bounded
	Used      int64  // uses in this month, or how many are in use
	Remaining int64  // see [Guard.Remaining]
	Reached   bool   // one more use would exceed the limit and its tolerance
}

// Limits returns what the licence includes, in the order in which it is to be shown. It
// is empty if no licence is installed.
func (g *Guard) Limits() []Limit {
	if l := g.current.Load(); l != nil {
		return g.limitsOf(l)
	}
	return nil
}

func (g *Guard) limitsOf(l *license) []Limit {
	now := g.now()
	limits := make([]Limit, 0, len(l.order))
	for _, name := range l.order {
		limits = append(limits, g.limitOf(l, l.grants[name], now))
	}
	return limits
}

func (g *Guard) limitOf(l *license, grant *grant, now int64) Limit {
	name := grant.name
	limit := Limit{Name: name, Label: grant.label, Counted: grant.counted, Bounded: grant.bounded, Level: g.isLevel(name)}
	if grant.counted {
		limit.Used = g.usedOf(grant, now)
	}
	if grant.bounded {
		limit.Max, limit.Reached = grant.max, limit.Used >= grant.bound
	}
	if l.stateAt(now).Good() && !g.closed.Load() && g.unseated.Load() == 0 {
		limit.Remaining = g.remaining(grant, now)
	}
	return limit
}

// Monthly returns how much of an entitlement was used in each month, from the first use
// to the current month, according to the store. Months without use are included. The
// result is empty if there was no use.
func (g *Guard) Monthly(ctx context.Context, name string) ([]Usage, error) {
	var all []Usage
	err := g.bounded(ctx, func(ctx context.Context) (err error) {
		all, err = g.store.Usage(ctx, g.opts.Installation)
		return err
	})
	if err != nil {
		return nil, err
	}
	var months []Usage
	for _, u := range all {
		if u.Name != name || len(months) == 0 && u.Count == 0 {
			continue
		}
		months = append(fill(months, name, u.Month), u)
	}
	return fill(months, name, MonthOf(timeOf(g.now()))+1), nil
}

// fill adds months without use up to, and not including, another one.
func fill(months []Usage, name string, until Month) []Usage {
	for len(months) > 0 && months[len(months)-1].Month+1 < until {
		months = append(months, Usage{months[len(months)-1].Month + 1, name, 0})
	}
	return months
}
