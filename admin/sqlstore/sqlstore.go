// Package sqlstore keeps the records of the Admin API in SQLite or PostgreSQL.
//
// It imports no driver: the caller opens the database. Several processes may share a
// database. Every write is a transaction that locks the only row of the table
// licenses_clock. Writes of all processes are therefore serialized, and their times and
// history numbers are in the order in which they happened. Reads never wait. Each entry
// of the history has a hash that follows from all entries before it: [admin.Head].
package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/internal/sqldb"
)

// DB is a pool of connections and the SQL dialect of its database. Stores in the same
// database share a DB.
type DB = sqldb.DB

// Dialect is a dialect of SQL.
type Dialect = sqldb.Dialect

// The dialects.
const (
	SQLite     = sqldb.SQLite     // 3.35 or newer
	PostgreSQL = sqldb.PostgreSQL // 12 or newer
)

// NewDB returns a DB over an open pool. For SQLite, the pool's transactions must begin
// with BEGIN IMMEDIATE, and it should have a busy timeout.
func NewDB(pool *sql.DB, dialect Dialect) *DB { return sqldb.New(pool, dialect) }

// Store is an [admin.Store] in a database.
type Store struct {
	db *DB

	// Now is the clock. New sets it to time.Now; it may be changed before the store
	// is used.
	Now func() time.Time
}

// New returns the store in a database. It creates or migrates the tables.
func New(ctx context.Context, db *DB) (*Store, error) {
	if err := db.Migrate(ctx, "licenses", migrations); err != nil {
		return nil, storeError(err)
	}
	return &Store{db: db, Now: time.Now}, nil
}

// Existing returns the store in a database that has its tables already. Use it to read
// with a role that may only SELECT.
func Existing(db *DB) *Store { return &Store{db: db, Now: time.Now} }

// List implements [admin.Store].
func (s *Store) List(ctx context.Context, after string, limit int) ([]admin.Record, bool, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT id, payload, created_at, updated_at FROM licenses
		WHERE id > $1 ORDER BY id LIMIT $2`, after, limit+1)
	if err != nil {
		return nil, false, storeError(err)
	}
	defer rows.Close()
	var records []admin.Record
	size := 0
	for rows.Next() {
		record, err := scanRecord(rows)
		if err != nil {
			return nil, false, storeError(err)
		}
		size += len(record.Payload)
		if len(records) == limit || len(records) > 0 && size > admin.MaxPageBytes {
			return records, true, nil
		}
		records = append(records, record)
	}
	return records, false, storeError(rows.Err())
}

const selectRecord = `SELECT id, payload, created_at, updated_at FROM licenses WHERE id = $1`

// Get implements [admin.Store].
func (s *Store) Get(ctx context.Context, id string) (admin.Record, error) {
	return s.one(ctx, selectRecord, id)
}

// Newest implements [admin.Store].
func (s *Store) Newest(ctx context.Context) (admin.Record, error) {
	return s.one(ctx, `SELECT id, payload, created_at, updated_at FROM licenses ORDER BY updated_at DESC LIMIT 1`)
}

func (s *Store) one(ctx context.Context, query string, args ...any) (admin.Record, error) {
	var r admin.Record
	if err := s.db.Row(ctx, query, args, &r.ID, &r.Payload, &r.CreatedAt, &r.UpdatedAt); err != nil {
		return admin.Record{}, storeError(err)
	}
	return r, nil
}

func scanRecord(row *sql.Rows) (admin.Record, error) {
	var r admin.Record
	err := row.Scan(&r.ID, &r.Payload, &r.CreatedAt, &r.UpdatedAt)
	return r, err
}

// History implements [admin.Store].
func (s *Store) History(ctx context.Context, after int64, limit int) ([]admin.Change, error) {
	changes, err := history(ctx, s.db, after, limit)
	return changes, storeError(err)
}

// querier is a pool or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func history(ctx context.Context, q querier, after int64, limit int) ([]admin.Change, error) {
	rows, err := q.QueryContext(ctx, `SELECT number, at_ms, who, action, id,
		before_payload, before_created_at, before_updated_at, after_payload, after_created_at, after_updated_at, hash
		FROM licenses_history WHERE number > $1 ORDER BY number LIMIT $2`, after, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var changes []admin.Change
	for rows.Next() {
		change, err := scanChange(rows)
		if err != nil {
			return nil, err
		}
		changes = append(changes, change)
	}
	return changes, rows.Err()
}

// nullRecord is a record in the columns of a history entry, which may be null.
type nullRecord struct {
	payload            sql.NullString
	createdAt, updated sql.NullInt64
}

func (n nullRecord) record(id string) *admin.Record {
	if !n.payload.Valid {
		return nil
	}
	return &admin.Record{ID: id, Payload: n.payload.String, CreatedAt: n.createdAt.Int64, UpdatedAt: n.updated.Int64}
}

func scanChange(rows *sql.Rows) (admin.Change, error) {
	var (
		c             admin.Change
		ms            int64
		before, after nullRecord
		hash          sql.NullString
	)
	err := rows.Scan(&c.Number, &ms, &c.Who, &c.Action, &c.ID,
		&before.payload, &before.createdAt, &before.updated, &after.payload, &after.createdAt, &after.updated, &hash)
	c.Hash = hash.String
	c.Time = time.UnixMilli(ms).UTC()
	c.Before, c.After = before.record(c.ID), after.record(c.ID)
	return c, err
}

// Ping reads the newest record. It returns an error if the database does not answer,
// lacks the store's tables, is damaged there, or is no longer the one that was opened.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.db.Check(ctx); err != nil {
		return storeError(err)
	}
	if _, err := s.Head(ctx); err != nil {
		return err
	}
	if _, err := s.Newest(ctx); !errors.Is(err, admin.ErrNotFound) {
		return err
	}
	return nil
}

// Version returns the name and version of the database, such as
// "postgres 15.3".
func (s *Store) Version(ctx context.Context) (string, error) {
	query, name := `SELECT sqlite_version()`, "sqlite"
	if s.db.Dialect == PostgreSQL {
		query, name = `SELECT split_part(current_setting('server_version'), ' ', 1)`, "postgres"
	}
	var version string
	if err := s.db.QueryRowContext(ctx, query).Scan(&version); err != nil {
		return "", storeError(err)
	}
	return name + " " + version, nil
}

// storeError turns an error of the database into one of package admin.
func storeError(err error) error {
	var exists *admin.ExistsError
	switch {
	case err == nil, errors.Is(err, admin.ErrNotFound), errors.Is(err, admin.ErrMismatch), errors.As(err, &exists):
		return err
	case errors.Is(err, sql.ErrNoRows):
		return admin.ErrNotFound
	}
	switch sqldb.KindOf(err) {
	case sqldb.Unavailable, sqldb.Conflict, sqldb.Corrupt:
		return fmt.Errorf("%w: %w", admin.ErrUnavailable, err)
	case sqldb.ReadOnly:
		return fmt.Errorf("%w: %w", admin.ErrReadOnly, err)
	case sqldb.Full:
		return fmt.Errorf("%w: %w", admin.ErrFull, err)
	}
	return err
}
