package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Migration is one step from an empty database to what a store needs: SQL statements
// that run in one transaction. Each ends with a semicolon at the end of its line, outside
// of $$ … $$; there may be others inside it. These words are replaced, or select the dialect:
//
//	AUTO_ID         a primary key that numbers the rows: 1, 2, …
//	BYTES           the type of a column of bytes
//	ON SQLITE       before a statement: for SQLite only
//	ON POSTGRESQL   before a statement: for PostgreSQL only
//
// Once released, a migration is never changed; another is appended.
type Migration string

func (m Migration) statements(d Dialect) []string {
	words := strings.NewReplacer("AUTO_ID", "INTEGER PRIMARY KEY AUTOINCREMENT", "BYTES", "BLOB")
	other := "ON POSTGRESQL "
	if d == PostgreSQL {
		words = strings.NewReplacer("AUTO_ID", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "BYTES", "BYTEA")
		other = "ON SQLITE "
	}
	var statements []string
	begin := ""
	for part := range strings.SplitSeq(words.Replace(string(m)), ";\n") {
		if begin += part; strings.Count(begin, "$$")%2 == 1 {
			begin += ";\n"
			continue
		}
		statement := strings.TrimSpace(begin)
		begin = ""
		if statement == "" || strings.HasPrefix(statement, other) {
			continue
		}
		own := "ON " + strings.ToUpper(d.String()) + " "
		statements = append(statements, strings.TrimPrefix(statement, own))
	}
	return statements
}

var errNewer = errors.New("the database was made by a newer version of this program; use that version, or another database")

// querier is a pool, a connection or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Migrations returns how many migrations of each store a database has. It is empty if
// none ever ran. Nothing is changed.
func Migrations(ctx context.Context, q querier, d Dialect) (map[string]int, error) {
	exists := `SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = 'licseal_migrations'`
	if d == PostgreSQL {
		exists = `SELECT COUNT(to_regclass('licseal_migrations'))`
	}
	var n int
	if err := q.QueryRowContext(ctx, exists).Scan(&n); err != nil || n == 0 {
		return nil, err
	}
	rows, err := q.QueryContext(ctx, `SELECT store, MAX(number) FROM licseal_migrations GROUP BY store`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	done := make(map[string]int)
	for rows.Next() {
		var store string
		if err := rows.Scan(&store, &n); err != nil {
			return nil, err
		}
		done[store] = n
	}
	return done, rows.Err()
}

// Migrate runs those migrations of a store, counted from 1, that have not run yet: all
// or none. If all have, it only reads, so that a role that owns no tables may call it,
// also on a standby. Stores may share a database; each has its own name and its own
// count. If several processes migrate at the same time, one does and the others wait.
func (db *DB) Migrate(ctx context.Context, store string, migrations []Migration) error {
	done, err := Migrations(ctx, db, db.Dialect)
	if err == nil && done[store] < len(migrations) {
		err = db.Tx(ctx, func(tx *sql.Tx) error { return db.migrate(ctx, tx, store, migrations) })
	} else if err == nil && done[store] > len(migrations) {
		err = errNewer
	}
	if err != nil {
		return fmt.Errorf("preparing the tables of %s in %s: %w", store, db.Dialect, err)
	}
	return nil
}

func (db *DB) migrate(ctx context.Context, tx *sql.Tx, store string, migrations []Migration) error {
	if err := db.lockMigrations(ctx, tx); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS licseal_migrations (
		store TEXT NOT NULL, number BIGINT NOT NULL, applied_at BIGINT NOT NULL, PRIMARY KEY (store, number))`)
	if err != nil {
		return err
	}
	done, err := Migrations(ctx, tx, db.Dialect) // others may have migrated
	if err != nil {
		return err
	}
	if done[store] > len(migrations) {
		return errNewer
	}
	for i, migration := range migrations[done[store]:] {
		if err := db.apply(ctx, tx, store, done[store]+i+1, migration); err != nil {
			return err
		}
	}
	return nil
}

// lockMigrations locks other processes out until the transaction ends. On SQLite every
// transaction does.
func (db *DB) lockMigrations(ctx context.Context, tx *sql.Tx) error {
	if db.Dialect == SQLite {
		return nil
	}
	const key = 0x6c69637365616c // "licseal"
	_, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(key))
	return err
}

func (db *DB) apply(ctx context.Context, tx *sql.Tx, store string, number int, migration Migration) error {
	for _, statement := range migration.statements(db.Dialect) {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("migration %d: %w", number, err)
		}
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO licseal_migrations (store, number, applied_at) VALUES ($1, $2, $3)`,
		store, number, time.Now().Unix())
	return err
}
