// Package sqlstore keeps usage, machines and the clock of package entitle in
// SQLite or PostgreSQL.
//
// It imports no driver: who opens the database does. Several processes may share
// one database. Every write is a transaction that holds the one row of its
// installation, so that writes follow one another, in all processes.
package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/internal/sqldb"
)

// DB is a pool of connections and the dialect of its database. Stores that share
// a database share a DB.
type DB = sqldb.DB

// Dialect is a kind of SQL.
type Dialect = sqldb.Dialect

// The dialects.
const (
	SQLite     = sqldb.SQLite     // 3.35 or newer
	PostgreSQL = sqldb.PostgreSQL // 12 or newer
)

// NewDB returns a DB over an open pool. For SQLite, the pool's transactions must
// be writers from their beginning (BEGIN IMMEDIATE), and it should wait where
// another process writes.
func NewDB(pool *sql.DB, dialect Dialect) *DB { return sqldb.New(pool, dialect) }

var migrations = []sqldb.Migration{`
CREATE TABLE entitle_installations (
	installation TEXT NOT NULL PRIMARY KEY,
	latest_ns BIGINT NOT NULL
);
CREATE TABLE entitle_writers (
	installation TEXT NOT NULL,
	writer TEXT NOT NULL,
	seq BIGINT NOT NULL CHECK (seq > 0),
	at_ns BIGINT NOT NULL,
	PRIMARY KEY (installation, writer)
);
CREATE TABLE entitle_usage (
	installation TEXT NOT NULL,
	month TEXT NOT NULL CHECK (length(month) >= 7),
	name TEXT NOT NULL,
	used BIGINT NOT NULL CHECK (used >= 0 AND used <= 9007199254740991),
	PRIMARY KEY (installation, month, name)
);
CREATE TABLE entitle_seats (
	installation TEXT NOT NULL,
	fingerprint TEXT NOT NULL,
	writer TEXT NOT NULL,
	heard_ns BIGINT NOT NULL,
	PRIMARY KEY (installation, fingerprint, writer)
);
`, `
ALTER TABLE entitle_installations ADD COLUMN clock TEXT NOT NULL DEFAULT '{}';
CREATE TABLE entitle_levels (
	installation TEXT NOT NULL,
	name TEXT NOT NULL,
	taken BIGINT NOT NULL CHECK (taken >= 0 AND taken <= 9007199254740991),
	PRIMARY KEY (installation, name)
);
CREATE TABLE entitle_leases (
	installation TEXT NOT NULL,
	name TEXT NOT NULL,
	holder TEXT NOT NULL,
	until_ns BIGINT NOT NULL,
	PRIMARY KEY (installation, name, holder)
);
CREATE TABLE entitle_keys (
	installation TEXT NOT NULL,
	once TEXT NOT NULL,
	name TEXT NOT NULL,
	n BIGINT NOT NULL,
	at_ns BIGINT NOT NULL,
	PRIMARY KEY (installation, once)
);
`, `
ALTER TABLE entitle_installations ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
`}

// Store is an [entitle.Store] in a database.
type Store struct {
	db *DB
}

var _ entitle.Store = (*Store)(nil)

// New returns the store in a database, after bringing its tables up to date.
func New(ctx context.Context, db *DB) (*Store, error) {
	if err := db.Migrate(ctx, "entitle", migrations); err != nil {
		return nil, err
	}
	return &Store{db}, nil
}

// see takes the installation's row, keeps t in it if that is the latest instant
// seen, and returns the latest. Until the transaction ends, all others on the
// installation wait.
func see(ctx context.Context, tx *sql.Tx, installation string, t time.Time) (latest int64, err error) {
	err = tx.QueryRowContext(ctx, `
		INSERT INTO entitle_installations (installation, latest_ns, version) VALUES ($1, $2, 1)
		ON CONFLICT (installation) DO UPDATE SET latest_ns =
			CASE WHEN entitle_installations.latest_ns < excluded.latest_ns
			THEN excluded.latest_ns ELSE entitle_installations.latest_ns END,
			version = entitle_installations.version + 1
		RETURNING latest_ns`, installation, t.UnixNano()).Scan(&latest)
	return latest, err
}

// errRefused ends a transaction that would pass a limit, or comes too late.
var errRefused = errors.New("the batch is not granted")

// Apply implements [entitle.Store].
func (s *Store) Apply(ctx context.Context, b entitle.Batch) (entitle.Applied, error) {
	var applied entitle.Applied
	err := s.db.Tx(ctx, func(tx *sql.Tx) error {
		applied = entitle.Applied{Granted: true, Counts: make([]int64, len(b.Adds))}
		latest, err := see(ctx, tx, b.Installation, b.Time)
		if err != nil {
			return err
		}
		applied.Latest = time.Unix(0, latest).UTC()
		fresh, err := advance(ctx, tx, b, latest)
		if err != nil {
			return err
		}
		for i, add := range b.Adds {
			counts := fresh
			if fresh {
				isUsed, err := once(ctx, tx, b.Installation, add.Key, add.Name, add.N, latest)
				if err != nil {
					return err
				}
				counts = !isUsed
			}
			if counts && b.Current && add.Month < entitle.MonthOf(applied.Latest) {
				return errRefused
			}
			if !counts {
				add.N = 0
			}
			granted, err := apply(ctx, tx, b.Installation, add, &applied.Counts[i])
			if err != nil {
				return err
			}
			applied.Granted = applied.Granted && granted
		}
		if !applied.Granted {
			return errRefused
		}
		return nil
	})
	if errors.Is(err, errRefused) {
		return s.refused(ctx, b, applied.Latest)
	}
	if err != nil {
		return entitle.Applied{}, err
	}
	return applied, nil
}

// refused answers a batch of which nothing was written.
func (s *Store) refused(ctx context.Context, b entitle.Batch, latest time.Time) (entitle.Applied, error) {
	applied := entitle.Applied{Counts: make([]int64, len(b.Adds)), Latest: latest}
	for i, add := range b.Adds {
		err := s.db.QueryRowContext(ctx, count, b.Installation, add.Month.String(), add.Name).Scan(&applied.Counts[i])
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return entitle.Applied{}, err
		}
	}
	return applied, nil
}

const count = `SELECT used FROM entitle_usage WHERE installation = $1 AND month = $2 AND name = $3`

// writerLife is for how long after its last batch a writer is remembered: far
// longer than it tries one again.
const writerLife = 7 * 24 * time.Hour

// advance notes the number of a batch, and reports whether it is a new one.
func advance(ctx context.Context, tx *sql.Tx, b entitle.Batch, latest int64) (fresh bool, err error) {
	result, err := tx.ExecContext(ctx, `
		INSERT INTO entitle_writers (installation, writer, seq, at_ns) VALUES ($1, $2, $3, $4)
		ON CONFLICT (installation, writer) DO UPDATE SET seq = excluded.seq, at_ns = excluded.at_ns
		WHERE entitle_writers.seq < excluded.seq`, b.Installation, b.Writer, b.Seq, latest)
	if err != nil {
		return false, err
	}
	changed, err := result.RowsAffected()
	if err != nil || changed == 0 || b.Seq != 1 {
		return changed > 0, err
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM entitle_writers WHERE installation = $1 AND at_ns < $2`,
		b.Installation, latest-int64(writerLife))
	return true, err
}

// apply adds to one count, which it sets, or reports that this would pass the
// limit.
func apply(ctx context.Context, tx *sql.Tx, installation string, add entitle.Add, counted *int64) (granted bool, err error) {
	if add.N > add.Limit {
		return false, nil
	}
	err = tx.QueryRowContext(ctx, `
		INSERT INTO entitle_usage (installation, month, name, used) VALUES ($1, $2, $3, $4)
		ON CONFLICT (installation, month, name) DO UPDATE SET used = entitle_usage.used + excluded.used
		WHERE excluded.used = 0 OR entitle_usage.used <= $5
		RETURNING used`, installation, add.Month.String(), add.Name, add.N, add.Limit-add.N).Scan(counted)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// Totals implements [entitle.Store].
func (s *Store) Totals(ctx context.Context, installation string, m entitle.Month) (entitle.Totals, error) {
	// One query, so that the counts and the clock are of one instant.
	rows, err := s.db.QueryContext(ctx, `
		SELECT i.latest_ns, u.name, u.used FROM entitle_installations i
		LEFT JOIN entitle_usage u ON u.installation = i.installation AND u.month = $2
		WHERE i.installation = $1`, installation, m.String())
	if err != nil {
		return entitle.Totals{}, err
	}
	defer rows.Close()
	totals := entitle.Totals{Counts: make(map[string]int64)}
	for rows.Next() {
		var latest int64
		var name sql.NullString
		var used sql.NullInt64
		if err := rows.Scan(&latest, &name, &used); err != nil {
			return entitle.Totals{}, err
		}
		totals.Latest = time.Unix(0, latest).UTC()
		if name.Valid {
			totals.Counts[name.String] = used.Int64
		}
	}
	if err := rows.Err(); err != nil {
		return entitle.Totals{}, err
	}
	return totals, nil
}

// Version implements [entitle.Store].
func (s *Store) Version(ctx context.Context, installation string) (version int64, latest time.Time, err error) {
	var nanos int64
	err = s.db.QueryRowContext(ctx, `SELECT version, latest_ns FROM entitle_installations WHERE installation = $1`, installation).Scan(&version, &nanos)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, time.Time{}, nil
	}
	if nanos != 0 {
		latest = time.Unix(0, nanos).UTC()
	}
	return version, latest, err
}

// Usage implements [entitle.Store].
func (s *Store) Usage(ctx context.Context, installation string) ([]entitle.Usage, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT month, name, used FROM entitle_usage
		WHERE installation = $1`, installation)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []entitle.Usage
	for rows.Next() {
		var month string
		var u entitle.Usage
		if err := rows.Scan(&month, &u.Name, &u.Count); err != nil {
			return nil, err
		}
		if u.Month, err = entitle.ParseMonth(month); err != nil {
			return nil, err
		}
		all = append(all, u)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	entitle.SortUsage(all) // databases sort texts in their own ways
	return all, nil
}

// Hold implements [entitle.Store].
func (s *Store) Hold(ctx context.Context, seat entitle.Seat) (entitle.Held, error) {
	var held entitle.Held
	err := s.db.Tx(ctx, func(tx *sql.Tx) error {
		held = entitle.Held{}
		latest, err := see(ctx, tx, seat.Installation, seat.Time)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM entitle_seats WHERE installation = $1 AND heard_ns <= $2`,
			seat.Installation, latest-int64(seat.Lapse)); err != nil {
			return err
		}
		if err := tx.QueryRowContext(ctx, `SELECT COUNT(DISTINCT fingerprint) FROM entitle_seats
			WHERE installation = $1 AND fingerprint <> $2`, seat.Installation, seat.Fingerprint).Scan(&held.Machines); err != nil {
			return err
		}
		if held.Machines >= seat.Max {
			return release(ctx, tx, seat.Installation, seat.Fingerprint, seat.Writer)
		}
		held.OK = true
		held.Machines++
		_, err = tx.ExecContext(ctx, `
			INSERT INTO entitle_seats (installation, fingerprint, writer, heard_ns) VALUES ($1, $2, $3, $4)
			ON CONFLICT (installation, fingerprint, writer) DO UPDATE SET heard_ns = excluded.heard_ns`,
			seat.Installation, seat.Fingerprint, seat.Writer, latest)
		return err
	})
	if err != nil {
		return entitle.Held{}, err
	}
	return held, nil
}

// Release implements [entitle.Store].
func (s *Store) Release(ctx context.Context, installation, fingerprint, writer string) error {
	return s.db.Tx(ctx, func(tx *sql.Tx) error { return release(ctx, tx, installation, fingerprint, writer) })
}

func release(ctx context.Context, tx *sql.Tx, installation, fingerprint, writer string) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM entitle_seats
		WHERE installation = $1 AND fingerprint = $2 AND writer = $3`, installation, fingerprint, writer)
	return err
}
