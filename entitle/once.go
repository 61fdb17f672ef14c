package entitle

import (
	"context"
	"fmt"
)

// UseOnce is Use with an idempotency key: the uses are counted once, however often it is
// called with the key within a day. After a [*StoreError], nobody knows whether they were
// counted; the same call may then be repeated. If the key was used for something else, the
// error wraps [ErrKeyReused]. The uses are in the store before they are allowed, with
// [Options].Batch too.
func (g *Guard) UseOnce(ctx context.Context, key, name string, n int64) error {
	if key == "" {
		return g.Use(ctx, name, n)
	}
	return g.advise(name, g.useOnce(ctx, key, name, n), func() { g.countAdvised(ctx, name, n) })
}

func (g *Guard) useOnce(ctx context.Context, key, name string, n int64) error {
	for {
		grant, now, err := g.permit(name)
		switch {
		case err != nil:
			return err
		case g.isLevel(name):
			return &LevelError{name, true}
		case n < 1 || n > MaxCount:
			return fmt.Errorf("%d uses cannot be counted; ask for at least 1", n)
		case g.closed.Load():
			return ErrClosed
		case !grant.counted:
			return nil
		}
		add := Add{Month: MonthOf(timeOf(now)), Name: name, N: n, Limit: grant.bound, Key: key}
		var applied Applied
		err = g.bounded(ctx, func(ctx context.Context) (err error) {
			applied, err = g.apply(ctx, []Add{add})
			return err
		})
		switch {
		case err != nil:
			return err
		case applied.Granted:
			return nil
		case MonthOf(applied.Latest) > add.Month: // it has ended: ask again
		case grant.bounded:
			return grant.limitError(now, n, grant.bound, applied.Counts[0])
		default: // the count is the largest
			return nil
		}
	}
}
