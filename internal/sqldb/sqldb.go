// Package sqldb has what the SQL stores of this module share: a pool that knows its
// dialect, transactions that are retried if that is safe, migrations, and the kinds of
// failure that a store must distinguish.
//
// It imports no driver. Packages sqlite and postgres below it do, and open a DB.
//
// Queries are written once for both dialects: placeholders are $1, $2, …, and values are
// integers, texts and byte slices.
package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"sync"
	"time"
)

// Dialect is a kind of SQL.
type Dialect uint8

const (
	// SQLite is SQLite 3.35 or newer: it has RETURNING.
	SQLite Dialect = iota
	// PostgreSQL is PostgreSQL 12 or newer.
	PostgreSQL
)

// String returns the name of the product.
func (d Dialect) String() string {
	if d == PostgreSQL {
		return "PostgreSQL"
	}
	return "SQLite"
}

// DB is a pool of connections to one database. It is safe for concurrent use.
type DB struct {
	*sql.DB
	Dialect Dialect

	// SQLite has one writer at a time. Waiting here is fair and needs no CPU; SQLite
	// sleeps and retries, which remains for the writers of other processes.
	writer chan struct{} // holds one value while somebody writes; nil for PostgreSQL
	group  group         // waits to write

	readers    chan struct{} // SQLite: holds a value for each connection that reads
	statements sync.Map      // SQLite: prepared statements by their text

	guard Guard   // nil if nothing watches over the database
	row   RowFunc // nil if database/sql reads rows
}

// RowFunc reads the first row of a query on a driver's connection into dest, as [DB.Row]
// does. It gives up at the deadline, if there is one. The error is driver.ErrBadConn if
// nothing was sent.
type RowFunc func(conn any, deadline time.Time, query string, args []any, dest ...any) error

// NewWithRow is like [New], for a driver that has a way of its own to read a row.
func NewWithRow(pool *sql.DB, dialect Dialect, row RowFunc) *DB {
	db := New(pool, dialect)
	db.row = row
	return db
}

// Guard watches over an open database, for a DB.
type Guard interface {
	// Check returns an error if the database is no longer the one that was opened.
	Check(ctx context.Context) error
	// Committed is called after each commit. An error keeps the commit from being
	// acknowledged. On SQLite, nobody else in this process writes meanwhile.
	Committed(ctx context.Context) error
	// Close closes the pool.
	Close() error
}

// ErrReplaced is in the error of a Guard if the database is no longer the one that was
// opened.
var ErrReplaced = errors.New("the database was moved or replaced while it was open")

// New returns a DB over an open pool.
func New(pool *sql.DB, dialect Dialect) *DB {
	db := &DB{DB: pool, Dialect: dialect}
	if dialect == SQLite {
		db.writer = make(chan struct{}, 1)
		db.readers = make(chan struct{}, max(1, pool.Stats().MaxOpenConnections-1)) // one is left for the writer
	}
	return db
}

// NewGuarded is like [New], for a pool that the guard watches over, and closes.
func NewGuarded(pool *sql.DB, dialect Dialect, guard Guard) *DB {
	db := New(pool, dialect)
	db.guard = guard
	return db
}

// Check returns an error if the database is no longer the one that was opened. It does
// not look whether the database answers.
func (db *DB) Check(ctx context.Context) error {
	if db.guard == nil {
		return nil
	}
	return db.guard.Check(ctx)
}

// Close closes the pool.
func (db *DB) Close() error {
	if db.guard == nil {
		return db.DB.Close()
	}
	return db.guard.Close()
}

// maxTries is how often a transaction is tried.
const maxTries = 8

// Tx runs f in a transaction, which is committed if f returns nil and rolled back
// otherwise. If the database gives it up in favor of another one (a serialization
// failure, a deadlock, a busy file), f is called again, a few times: it must have no
// effect outside the transaction except to overwrite results.
//
// On SQLite, a transaction locks out other writers from its beginning.
func (db *DB) Tx(ctx context.Context, f func(tx *sql.Tx) error) error {
	if db.writer != nil {
		select {
		case db.writer <- struct{}{}:
			defer func() { <-db.writer }()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return retry(pauseFor(ctx), func() (done bool, err error) { return db.try(db.unwatched(ctx), f) })
}

// unwatched returns a context for what follows a wait. On SQLite, it does not end:
// nothing there takes long, and each statement would need a goroutine that watches.
func (db *DB) unwatched(ctx context.Context) context.Context {
	if db.Dialect == SQLite {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

// Retry calls f, which sends one statement outside a transaction, a few times if the
// database gives it up in favor of another transaction, or asks for it to be prepared
// again.
func (db *DB) Retry(ctx context.Context, f func() error) error {
	return retry(pauseFor(ctx), func() (done bool, err error) { return false, f() })
}

// pauseFor returns a func that waits before another try.
func pauseFor(ctx context.Context) func(try int) error {
	return func(try int) error { return pause(ctx, try) }
}

// retry calls f until it is done or fails for good. before is called before each other try,
// and its error ends them.
func retry(before func(try int) error, f func() (done bool, err error)) error {
	var err error
	for try := range maxTries {
		var done bool
		if done, err = f(); done || KindOf(err) != Conflict {
			return err
		}
		if err := before(try); err != nil {
			return err
		}
	}
	return err
}

// try runs f in a transaction. It reports whether the transaction was committed, which
// it may have been although there is an error.
func (db *DB) try(ctx context.Context, f func(tx *sql.Tx) error) (committed bool, err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer tx.Rollback() // does nothing after a commit
	if err := f(tx); err != nil {
		return false, err
	}
	if err := tx.Commit(); err != nil {
		return false, err
	}
	if db.guard == nil {
		return true, nil
	}
	return true, db.guard.Committed(context.WithoutCancel(ctx))
}

// pause waits before another try: longer each time, and for a random time, so that two
// processes do not collide again.
func pause(ctx context.Context, try int) error {
	longest := 5 * time.Millisecond << try
	select {
	case <-time.After(longest/2 + rand.N(longest/2)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
