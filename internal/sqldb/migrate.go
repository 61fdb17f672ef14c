package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Migration is one step from an empty database to what a store needs: SQL
// statements that run in one transaction. Each ends with a semicolon at the end
// of its line; there may be others inside it. These words stand for what the
// dialects call differently:
//
//	AUTO_ID         a column that numbers its rows: 1, 2, …, and is the primary key
//	BYTES           the type of a column of bytes
//	ON SQLITE       before a statement: for SQLite only
//	ON POSTGRESQL   before a statement: for PostgreSQL only
//
// Once released, a migration is never changed; another is added behind it.
type Migration string

func (m Migration) statements(d Dialect) []string {
	words := strings.NewReplacer("AUTO_ID", "INTEGER PRIMARY KEY AUTOINCREMENT", "BYTES", "BLOB")
	other := "ON POSTGRESQL "
	if d == PostgreSQL {
		words = strings.NewReplacer("AUTO_ID", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "BYTES", "BYTEA")
		other = "ON SQLITE "
	}
	var statements []string
	for statement := range strings.SplitSeq(words.Replace(string(m)), ";\n") {
		statement = strings.TrimSpace(statement)
		if statement == "" || strings.HasPrefix(statement, other) {
			continue
		}
		own := "ON " + strings.ToUpper(d.String()) + " "
		statements = append(statements, strings.TrimPrefix(statement, own))
	}
	return statements
}

var errNewer = errors.New("the database was made by a newer version of this program; use that version, or another database")

// Migrate brings what a store needs into the database: those of its migrations,
// counted from 1, that have not run yet, all or none. Several stores may share a
// database; each has its own name and its own count. Several processes may
// migrate at the same time: one does, the others wait for it.
func (db *DB) Migrate(ctx context.Context, store string, migrations []Migration) error {
	err := db.Tx(ctx, func(tx *sql.Tx) error {
		if err := db.lockMigrations(ctx, tx); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS licseal_migrations (
			store TEXT NOT NULL, number BIGINT NOT NULL, applied_at BIGINT NOT NULL, PRIMARY KEY (store, number))`)
		if err != nil {
			return err
		}
		var done int
		err = tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(number), 0) FROM licseal_migrations WHERE store = $1`, store).Scan(&done)
		if err != nil {
			return err
		}
		if done > len(migrations) {
			return errNewer
		}
		for i, migration := range migrations[done:] {
			if err := db.apply(ctx, tx, store, done+i+1, migration); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("preparing the tables of %s in %s: %w", store, db.Dialect, err)
	}
	return nil
}

// lockMigrations keeps other processes out until the transaction ends. A
// transaction on SQLite does that by itself.
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
