package sqlstore

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/internal/sqldb"
)

// Write implements [admin.Store].
func (s *Store) Write(ctx context.Context, w admin.Write) (admin.Record, error) {
	c := change{id: w.ID, payload: w.Payload, condition: w.If, who: w.Who, match: w.Match}
	record, err := s.change(ctx, c)
	if err != nil {
		return admin.Record{}, storeError(err)
	}
	return record, nil
}

// Delete implements [admin.Store].
func (s *Store) Delete(ctx context.Context, id, who string, match ...string) error {
	_, err := s.change(ctx, change{id: id, deletes: true, who: who, match: match})
	return storeError(err)
}

// change is a write, or the deletion of a record.
type change struct {
	id, payload string
	deletes     bool
	condition   admin.Condition
	who         string
	match       []string
}

var (
	errNoClock = errors.New("the table licenses_clock is empty: restore it from a backup")
	errNoHead  = errors.New("the hash of the last entry of the history is not known")
)

// change carries out a change. A database from before the history had hashes gets the
// hash of its last entry first.
func (s *Store) change(ctx context.Context, c change) (admin.Record, error) {
	record, err := s.tryChange(ctx, c)
	if !errors.Is(err, errNoHead) {
		return record, err
	}
	if err := s.findHead(ctx); err != nil {
		return admin.Record{}, err
	}
	return s.tryChange(ctx, c)
}

func (s *Store) tryChange(ctx context.Context, c change) (admin.Record, error) {
	now := s.Now()
	if s.db.Dialect == PostgreSQL {
		return s.changePostgreSQL(ctx, c, now)
	}
	var record admin.Record
	err := s.db.Write(ctx, func(tx *sql.Tx) (err error) {
		record, err = changeSQLite(sqliteTx{context.WithoutCancel(ctx), s.db, tx}, c, now)
		return err
	})
	if err != nil { // the func may still be writing record
		return admin.Record{}, err
	}
	return record, nil
}

// changePostgreSQL sends one statement, which is a transaction.
func (s *Store) changePostgreSQL(ctx context.Context, c change, now time.Time) (admin.Record, error) {
	var payload, hash any
	if !c.deletes {
		payload, hash = c.payload, payloadHash(c.payload)
	}
	var outcome string
	var created, updated sql.NullInt64
	err := s.db.Retry(ctx, func() error {
		args := []any{c.id, payload, hash, int64(c.condition), c.who, now.UnixMilli(), strings.Join(c.match, ",")}
		return s.db.Row(ctx, `SELECT r_outcome, r_created, r_updated FROM licenses_change($1, $2, $3, $4, $5, $6, $7)`, args, &outcome, &created, &updated)
	})
	if err != nil {
		return admin.Record{}, err
	}
	other, isSame := strings.CutPrefix(outcome, "same as ")
	switch {
	case isSame:
		return admin.Record{}, &admin.ExistsError{ID: other, SameValue: "payload"}
	case outcome == "done":
		return admin.Record{ID: c.id, Payload: c.payload, CreatedAt: created.Int64, UpdatedAt: updated.Int64}, nil
	case outcome == "exists":
		return admin.Record{}, &admin.ExistsError{ID: c.id, SameValue: "id"}
	case outcome == "not found":
		return admin.Record{}, admin.ErrNotFound
	case outcome == "mismatch":
		return admin.Record{}, admin.ErrMismatch
	case outcome == "no head":
		return admin.Record{}, errNoHead
	case outcome == "no clock":
		return admin.Record{}, errNoClock
	}
	return admin.Record{}, fmt.Errorf("the function licenses_change returns %q", outcome)
}

// changeSQLite is the function licenses_change of PostgreSQL. The transaction locks out
// other writers.
func changeSQLite(tx sqliteTx, c change, now time.Time) (admin.Record, error) {
	last, err := tx.readClock()
	if err != nil {
		return admin.Record{}, err
	}
	var before *admin.Record
	if c.deletes || c.condition != admin.IfAbsent || len(c.match) > 0 { // otherwise the insertion tells
		if before, err = tx.record(c.id); err != nil {
			return admin.Record{}, err
		}
	}
	if err := admin.CheckMatch(before, c.match); err != nil {
		return admin.Record{}, err
	}
	entry := admin.Change{Number: last.Number + 1, Time: now, Who: c.who, Action: admin.Deleted, ID: c.id, Before: before}
	stamp := last.stamp
	if c.deletes {
		if before == nil {
			return admin.Record{}, nil
		}
		err = tx.exec(`DELETE FROM licenses WHERE id = $1`, c.id)
	} else {
		stamp = max(now.Unix(), last.stamp+1)
		entry.After = &admin.Record{ID: c.id, Payload: c.payload, CreatedAt: stamp, UpdatedAt: stamp}
		entry.Action = admin.Created
		if before != nil {
			entry.Action, entry.After.CreatedAt = admin.Replaced, before.CreatedAt
		}
		err = tx.writeRecord(c.condition, before, entry.After)
	}
	if err != nil {
		return admin.Record{}, err
	}
	entry.Hash = last.HashOf(entry)
	if err := tx.note(stamp, entry); err != nil {
		return admin.Record{}, err
	}
	if c.deletes {
		return admin.Record{}, nil
	}
	return *entry.After, nil
}

// sqliteTx is a transaction of a change on SQLite. Its statements stay prepared.
type sqliteTx struct {
	ctx context.Context
	db  *DB
	tx  *sql.Tx
}

func (tx sqliteTx) row(query string, args []any, dest ...any) error {
	statement, err := tx.db.In(tx.ctx, tx.tx, query)
	if err != nil {
		return err
	}
	return statement.QueryRowContext(tx.ctx, args...).Scan(dest...)
}

func (tx sqliteTx) exec(query string, args ...any) error {
	statement, err := tx.db.In(tx.ctx, tx.tx, query)
	if err != nil {
		return err
	}
	_, err = statement.ExecContext(tx.ctx, args...)
	return err
}

// clock has the last UpdatedAt, and the last entry of the history.
type clock struct {
	stamp int64
	admin.Head
}

func (tx sqliteTx) readClock() (c clock, err error) {
	var hash sql.NullString
	err = tx.row(`SELECT stamp, changes, head FROM licenses_clock WHERE one = 1`, nil, &c.stamp, &c.Number, &hash)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return clock{}, errNoClock
	case err == nil && !hash.Valid && c.Number > 0:
		return clock{}, errNoHead
	}
	c.Hash = hash.String
	return c, err
}

// record returns a record, nil if not found.
func (tx sqliteTx) record(id string) (*admin.Record, error) {
	var r admin.Record
	err := tx.row(selectRecord, []any{id}, &r.ID, &r.Payload, &r.CreatedAt, &r.UpdatedAt)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &r, err
}

const insertRecord = `INSERT INTO licenses (id, payload, payload_sha256, created_at, updated_at) VALUES ($1, $2, $3, $4, $5)`

// writeRecord writes a record if the condition is met and no other has its payload.
func (tx sqliteTx) writeRecord(condition admin.Condition, before, after *admin.Record) error {
	query := insertRecord
	switch {
	case condition == admin.IfPresent && before == nil:
		return admin.ErrNotFound
	case condition != admin.IfAbsent:
		query += ` ON CONFLICT (id) DO UPDATE SET payload = excluded.payload, payload_sha256 = excluded.payload_sha256, updated_at = excluded.updated_at`
	}
	hash := payloadHash(after.Payload)
	err := tx.exec(query, after.ID, after.Payload, hash, after.CreatedAt, after.UpdatedAt)
	if sqldb.KindOf(err) == sqldb.Unique {
		return tx.conflict(condition, after.ID, hash, err)
	}
	return err
}

// conflict returns which record is in the way of a write, or err if none is.
func (tx sqliteTx) conflict(condition admin.Condition, id, hash string, err error) error {
	if condition == admin.IfAbsent {
		if same, readErr := tx.record(id); readErr != nil || same != nil {
			return cmp.Or(readErr, error(&admin.ExistsError{ID: id, SameValue: "id"}))
		}
	}
	var other string
	switch readErr := tx.row(`SELECT id FROM licenses WHERE payload_sha256 = $1 AND id <> $2`, []any{hash, id}, &other); {
	case errors.Is(readErr, sql.ErrNoRows):
		return err
	case readErr != nil:
		return readErr
	}
	return &admin.ExistsError{ID: other, SameValue: "payload"}
}

// payloadHash returns what the unique index has for a payload: payloads may be too long
// for an index.
func payloadHash(payload string) string {
	sum := sha256.Sum256([]byte(payload))
	return hex.EncodeToString(sum[:])
}

// note adds an entry to the history, and updates the clock.
func (tx sqliteTx) note(stamp int64, c admin.Change) error {
	err := tx.exec(`UPDATE licenses_clock SET stamp = $1, changes = $2, head = $3 WHERE one = 1`, stamp, c.Number, c.Hash)
	if err != nil {
		return err
	}
	args := []any{c.Number, c.Time.UnixMilli(), c.Who, string(c.Action), c.ID, c.Hash}
	args = append(append(args, columns(c.Before)...), columns(c.After)...)
	return tx.exec(`INSERT INTO licenses_history (number, at_ms, who, action, id, hash,
		before_payload, before_created_at, before_updated_at, after_payload, after_created_at, after_updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, args...)
}

func columns(r *admin.Record) []any {
	if r == nil {
		return []any{nil, nil, nil}
	}
	return []any{r.Payload, r.CreatedAt, r.UpdatedAt}
}
