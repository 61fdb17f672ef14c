// Package sqlstore keeps the records of the Admin API in SQLite or PostgreSQL.
//
// It imports no driver: the caller opens the database. Several processes may share a
// database. Every write is a transaction that locks the only row of the table
// licenses_clock. Writes of all processes are therefore serialized, and their times
// and history numbers are in the order in which they happened. Reads never wait.
package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
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

var migrations = []sqldb.Migration{`
CREATE TABLE licenses (
	id TEXT NOT NULL PRIMARY KEY,
	payload TEXT NOT NULL,
	payload_sha256 TEXT NOT NULL UNIQUE,
	created_at BIGINT NOT NULL,
	updated_at BIGINT NOT NULL UNIQUE
);
CREATE TABLE licenses_clock (
	one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
	stamp BIGINT NOT NULL,
	changes BIGINT NOT NULL
);
INSERT INTO licenses_clock (one, stamp, changes) VALUES (1, 0, 0);
CREATE TABLE licenses_history (
	number BIGINT NOT NULL PRIMARY KEY,
	at_ms BIGINT NOT NULL,
	who TEXT NOT NULL,
	action TEXT NOT NULL,
	id TEXT NOT NULL,
	before_payload TEXT, before_created_at BIGINT, before_updated_at BIGINT,
	after_payload TEXT, after_created_at BIGINT, after_updated_at BIGINT
);
ON SQLITE CREATE TRIGGER licenses_history_update BEFORE UPDATE ON licenses_history BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;
ON SQLITE CREATE TRIGGER licenses_history_delete BEFORE DELETE ON licenses_history BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;
ON POSTGRESQL CREATE FUNCTION licenses_history_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the history is append-only'; END $$;
ON POSTGRESQL CREATE TRIGGER licenses_history_change BEFORE UPDATE OR DELETE OR TRUNCATE ON licenses_history EXECUTE FUNCTION licenses_history_keep();
`, `
ON SQLITE CREATE TRIGGER licenses_history_replace BEFORE INSERT ON licenses_history WHEN EXISTS (SELECT 1 FROM licenses_history WHERE number = NEW.number) BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;
`}

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

// Get implements [admin.Store].
func (s *Store) Get(ctx context.Context, id string) (admin.Record, error) {
	return s.one(s.db.QueryRowContext(ctx, `SELECT id, payload, created_at, updated_at FROM licenses WHERE id = $1`, id))
}

// Newest implements [admin.Store].
func (s *Store) Newest(ctx context.Context) (admin.Record, error) {
	return s.one(s.db.QueryRowContext(ctx, `SELECT id, payload, created_at, updated_at FROM licenses
		ORDER BY updated_at DESC LIMIT 1`))
}

func (s *Store) one(row *sql.Row) (admin.Record, error) {
	record, err := scanRecord(row)
	if err != nil {
		return admin.Record{}, storeError(err)
	}
	return record, nil
}

func scanRecord(row interface{ Scan(...any) error }) (admin.Record, error) {
	var r admin.Record
	err := row.Scan(&r.ID, &r.Payload, &r.CreatedAt, &r.UpdatedAt)
	return r, err
}

// Write implements [admin.Store].
func (s *Store) Write(ctx context.Context, w admin.Write) (admin.Record, error) {
	var record admin.Record
	err := s.db.Tx(ctx, func(tx *sql.Tx) error {
		var err error
		record, err = s.write(ctx, tx, w)
		return err
	})
	if err != nil {
		return admin.Record{}, storeError(err)
	}
	return record, nil
}

func (s *Store) write(ctx context.Context, tx *sql.Tx, w admin.Write) (admin.Record, error) {
	c, err := s.lockClock(ctx, tx)
	if err != nil {
		return admin.Record{}, err
	}
	before, err := recordForChange(ctx, tx, w.ID)
	if err != nil {
		return admin.Record{}, err
	}
	if before != nil && w.If == admin.IfAbsent {
		return admin.Record{}, &admin.ExistsError{ID: w.ID, SameValue: "id"}
	}
	if before == nil && w.If == admin.IfPresent {
		return admin.Record{}, admin.ErrNotFound
	}
	hash := payloadHash(w.Payload)
	if err := checkUnique(ctx, tx, w.ID, hash); err != nil {
		return admin.Record{}, err
	}
	stamp := max(s.Now().Unix(), c.stamp+1)
	after := admin.Record{ID: w.ID, Payload: w.Payload, CreatedAt: stamp, UpdatedAt: stamp}
	action := admin.Created
	if before != nil {
		action, after.CreatedAt = admin.Replaced, before.CreatedAt
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO licenses (id, payload, payload_sha256, created_at, updated_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (id) DO UPDATE SET payload = excluded.payload, payload_sha256 = excluded.payload_sha256, updated_at = excluded.updated_at`,
		after.ID, after.Payload, hash, after.CreatedAt, after.UpdatedAt)
	if err != nil {
		return admin.Record{}, err
	}
	return after, s.note(ctx, tx, clock{stamp, c.changes + 1}, action, w.Who, before, &after)
}

// Delete implements [admin.Store].
func (s *Store) Delete(ctx context.Context, id, who string) error {
	return storeError(s.db.Tx(ctx, func(tx *sql.Tx) error {
		c, err := s.lockClock(ctx, tx)
		if err != nil {
			return err
		}
		before, err := recordForChange(ctx, tx, id)
		if err != nil || before == nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM licenses WHERE id = $1`, id); err != nil {
			return err
		}
		return s.note(ctx, tx, clock{c.stamp, c.changes + 1}, admin.Deleted, who, before, nil)
	}))
}

// clock holds the last UpdatedAt, and the number of the last entry of the history.
type clock struct{ stamp, changes int64 }

// lockClock reads the clock, and blocks other writers until the transaction ends. In
// SQLite the transaction does so already.
func (s *Store) lockClock(ctx context.Context, tx *sql.Tx) (clock, error) {
	query := `SELECT stamp, changes FROM licenses_clock WHERE one = 1`
	if s.db.Dialect == PostgreSQL {
		query += ` FOR UPDATE`
	}
	var c clock
	err := tx.QueryRowContext(ctx, query).Scan(&c.stamp, &c.changes)
	if errors.Is(err, sql.ErrNoRows) {
		return clock{}, errors.New("the table licenses_clock is empty: restore it from a backup")
	}
	return c, err
}

// recordForChange returns a record, nil if not found.
func recordForChange(ctx context.Context, tx *sql.Tx, id string) (*admin.Record, error) {
	record, err := scanRecord(tx.QueryRowContext(ctx, `SELECT id, payload, created_at, updated_at FROM licenses WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &record, err
}

func checkUnique(ctx context.Context, tx *sql.Tx, id, hash string) error {
	var other string
	err := tx.QueryRowContext(ctx, `SELECT id FROM licenses WHERE payload_sha256 = $1 AND id <> $2`, hash, id).Scan(&other)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return &admin.ExistsError{ID: other, SameValue: "payload"}
}

// payloadHash returns what the unique index has for a payload: payloads may be too long
// for an index.
func payloadHash(payload string) string {
	sum := sha256.Sum256([]byte(payload))
	return hex.EncodeToString(sum[:])
}

// note updates the clock and adds a change to the history.
func (s *Store) note(ctx context.Context, tx *sql.Tx, c clock, action admin.Action, who string, before, after *admin.Record) error {
	_, err := tx.ExecContext(ctx, `UPDATE licenses_clock SET stamp = $1, changes = $2 WHERE one = 1`, c.stamp, c.changes)
	if err != nil {
		return err
	}
	either := before
	if after != nil {
		either = after
	}
	args := []any{c.changes, s.Now().UnixMilli(), who, string(action), either.ID}
	args = append(append(args, columns(before)...), columns(after)...)
	_, err = tx.ExecContext(ctx, `INSERT INTO licenses_history (number, at_ms, who, action, id,
		before_payload, before_created_at, before_updated_at, after_payload, after_created_at, after_updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, args...)
	return err
}

func columns(r *admin.Record) []any {
	if r == nil {
		return []any{nil, nil, nil}
	}
	return []any{r.Payload, r.CreatedAt, r.UpdatedAt}
}

// History implements [admin.Store].
func (s *Store) History(ctx context.Context, after int64, limit int) ([]admin.Change, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT number, at_ms, who, action, id,
		before_payload, before_created_at, before_updated_at, after_payload, after_created_at, after_updated_at
		FROM licenses_history WHERE number > $1 ORDER BY number LIMIT $2`, after, limit)
	if err != nil {
		return nil, storeError(err)
	}
	defer rows.Close()
	var changes []admin.Change
	for rows.Next() {
		change, err := scanChange(rows)
		if err != nil {
			return nil, storeError(err)
		}
		changes = append(changes, change)
	}
	return changes, storeError(rows.Err())
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
	)
	err := rows.Scan(&c.Number, &ms, &c.Who, &c.Action, &c.ID,
		&before.payload, &before.createdAt, &before.updated, &after.payload, &after.createdAt, &after.updated)
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
	var c clock
	err := s.db.QueryRowContext(ctx, `SELECT stamp, changes FROM licenses_clock WHERE one = 1`).Scan(&c.stamp, &c.changes)
	if err != nil {
		return storeError(err)
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
	case err == nil, errors.Is(err, admin.ErrNotFound), errors.As(err, &exists):
		return err
	case errors.Is(err, sql.ErrNoRows):
		return admin.ErrNotFound
	}
	switch sqldb.KindOf(err) {
	case sqldb.Unavailable, sqldb.Conflict, sqldb.Corrupt:
		return fmt.Errorf("%w: %w", admin.ErrUnavailable, err)
	case sqldb.Full:
		return fmt.Errorf("%w: %w", admin.ErrFull, err)
	}
	return err
}
