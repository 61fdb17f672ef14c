package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"
)

// group are the writes to SQLite that wait for a transaction.
type group struct {
	mu      sync.Mutex
	waiting []*write
	running bool // a goroutine takes them
}

// write is a call of [DB.Write].
type write struct {
	ctx  context.Context
	f    func(tx *sql.Tx) error
	done chan error // gets the result, once
	left error      // why f was left out of the last try
}

// maxGroup is how many writes share a transaction.
const maxGroup = 64

// Write is [DB.Tx] for many callers at the same time. On SQLite, those that wait share a
// transaction, so that they wait for the disk together. If one of them returns an error,
// the transaction is rolled back, and each gets one of its own: f may be called again
// although it returned nil.
//
// If the context ends, Write returns at once, also while the disk hangs. A write that has
// begun may still be committed then, and f may still run.
func (db *DB) Write(ctx context.Context, f func(tx *sql.Tx) error) error {
	if db.Dialect != SQLite {
		return db.Tx(ctx, f)
	}
	w := &write{ctx: ctx, f: f, done: make(chan error, 1)}
	db.group.mu.Lock()
	db.group.waiting = append(db.group.waiting, w)
	if !db.group.running {
		db.group.running = true
		go db.runGroups()
	}
	db.group.mu.Unlock()
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// runGroups runs writes until none waits.
func (db *DB) runGroups() {
	for more := true; more; {
		db.writer <- struct{}{}
		var writes []*write
		if writes, more = db.nextGroup(); more {
			db.runGroup(writes)
		}
		<-db.writer
	}
}

// nextGroup returns the writes that wait, and whether there are any.
func (db *DB) nextGroup() (writes []*write, more bool) {
	db.group.mu.Lock()
	defer db.group.mu.Unlock()
	n := min(len(db.group.waiting), maxGroup)
	writes, db.group.waiting = db.group.waiting[:n:n], slices.Clone(db.group.waiting[n:])
	db.group.running = n > 0
	return writes, n > 0
}

// errApart means that a write of several in a transaction failed.
var errApart = errors.New("one of several writes failed")

// runGroup runs writes in one transaction or, if one fails, in one each.
func (db *DB) runGroup(writes []*write) {
	err := db.tryGroup(writes)
	if err == errApart {
		for _, w := range writes {
			db.runGroup([]*write{w})
		}
		return
	}
	for _, w := range writes {
		if err == nil {
			w.done <- w.left
		} else {
			w.done <- err
		}
	}
}

// tryGroup runs writes in one transaction, again if the database gives it up and somebody
// still waits.
func (db *DB) tryGroup(writes []*write) error {
	again := func(try int) error {
		if !slices.ContainsFunc(writes, func(w *write) bool { return w.ctx.Err() == nil }) {
			return context.Canceled
		}
		return pause(context.Background(), try)
	}
	return retry(again, func() (done bool, err error) {
		return db.try(context.Background(), func(tx *sql.Tx) error { return runAll(tx, writes) })
	})
}

// runAll runs writes in a transaction, but those for which nobody waits any more.
func runAll(tx *sql.Tx, writes []*write) error {
	for _, w := range writes {
		if w.left = w.ctx.Err(); w.left != nil {
			continue
		}
		err := w.f(tx)
		if err != nil && len(writes) > 1 && KindOf(err) != Conflict {
			return errApart
		}
		if err != nil {
			return err
		}
	}
	return nil
}
