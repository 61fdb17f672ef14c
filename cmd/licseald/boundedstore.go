package main

import (
	"context"
	"time"

	"github.com/licseal/licseal/admin"
)

// boundedStore gives up on operations that take too long, so that a database that
// hangs does not block every request.
type boundedStore struct {
	admin.Store
	limit time.Duration
}

// List implements admin.Store.
func (s boundedStore) List(ctx context.Context, after string, limit int) ([]admin.Record, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	return s.Store.List(ctx, after, limit)
}

// Get implements admin.Store.
func (s boundedStore) Get(ctx context.Context, id string) (admin.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	return s.Store.Get(ctx, id)
}

// Newest implements admin.Store.
func (s boundedStore) Newest(ctx context.Context) (admin.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	return s.Store.Newest(ctx)
}

// Head implements admin.Store.
func (s boundedStore) Head(ctx context.Context) (admin.Head, error) {
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	return s.Store.Head(ctx)
}

// Write implements admin.Store.
func (s boundedStore) Write(ctx context.Context, w admin.Write) (admin.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	return s.Store.Write(ctx, w)
}

// Delete implements admin.Store.
func (s boundedStore) Delete(ctx context.Context, id, who string, match ...string) error {
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	return s.Store.Delete(ctx, id, who, match...)
}

// History implements admin.Store.
func (s boundedStore) History(ctx context.Context, after int64, limit int) ([]admin.Change, error) {
	ctx, cancel := context.WithTimeout(ctx, s.limit)
	defer cancel()
	return s.Store.History(ctx, after, limit)
}
