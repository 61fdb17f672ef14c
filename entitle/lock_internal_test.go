package entitle

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// A lock is held by one at a time, and nobody waits for it longer than a context.
func TestLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLock()
		for range 2 {
			if err := l.Lock(t.Context()); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				short, cancel := context.WithTimeout(t.Context(), time.Second)
				if err := l.Lock(short); err != context.DeadlineExceeded {
					t.Errorf("held twice: %v", err)
				}
				cancel()
			}
			l.Unlock()
		}
	})
}

// What becomes of an error of the store.
func TestBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStill(Options{StoreTimeout: time.Second})
		store, machines, other := &StoreError{errors.New("x")}, &MachinesError{1}, errors.New("other")
		call := func(ctx context.Context, err error) error {
			return s.bounded(ctx, func(context.Context) error { return err })
		}
		for _, err := range []error{nil, store, machines, fmt.Errorf("wrapped: %w", store)} {
			if got := call(t.Context(), err); got != err {
				t.Errorf("%v: %v", err, got)
			}
		}
		if got := call(t.Context(), other); !isStore(got) || got.Error() != "the store of usage cannot be used: other" {
			t.Errorf("another error: %v", got)
		}
		never := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		for _, test := range []struct {
			timeout time.Duration // of the caller
			want    string
		}{
			{2 * time.Second, "the store of usage cannot be used: it did not answer within 1s: context deadline exceeded"},
			{time.Second / 2, "the store of usage cannot be used: context deadline exceeded"},
		} {
			ctx, cancel := context.WithTimeout(t.Context(), test.timeout)
			start := time.Now()
			if got := s.bounded(ctx, never); got.Error() != test.want || time.Since(start) != min(test.timeout, time.Second) {
				t.Errorf("after %v: %v", time.Since(start), got)
			}
			cancel()
			if got := s.bounded(ctx, never); !isStore(got) {
				t.Errorf("gone: %v", got)
			}
		}
	})
}
