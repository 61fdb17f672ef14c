package entitle

import (
	"context"
	"errors"
	"fmt"
)

// lock is a mutex for which nobody has to wait longer than a context.
type lock chan struct{}

func newLock() lock { return make(lock, 1) }

func (l lock) Lock(ctx context.Context) error {
	select {
	case l <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l lock) Unlock() { <-l }

// bounded calls f, and returns a [*StoreError] if it fails or has not returned after
// Options.StoreTimeout, whatever it waits for.
func (g *Guard) bounded(ctx context.Context, f func(context.Context) error) error {
	bounded, cancel := g.inTime(ctx)
	defer cancel()
	err := await(bounded, func() error { return f(bounded) })
	if err == nil || errors.As(err, new(*StoreError)) || errors.As(err, new(*MachinesError)) {
		return err
	}
	return g.late(ctx, err)
}

// late returns what an error of the store, or of the wait for it, is to the caller.
func (g *Guard) late(ctx context.Context, err error) error {
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		err = fmt.Errorf("it did not answer within %v: %w", g.opts.StoreTimeout, err)
	}
	return &StoreError{err}
}
