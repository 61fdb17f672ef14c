//go:build unix

package dump_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/internal/sqldb"
	"github.com/licseal/licseal/internal/sqldb/dump"
)

// tables are all that licseald has.
var tables = []string{
	"licenses", "licenses_history", "licenses_clock", "entitle_installations", "entitle_writers", "entitle_usage",
	"entitle_levels", "entitle_leases", "entitle_keys", "entitle_seats",
}

// While a database is replaced, nobody writes to any of its tables, and everybody reads what
// was there before. If the caller refuses then, everything stays.
func TestReplaceKeepsOthersFromWriting(t *testing.T) {
	refused := errors.New("refused")
	for name, open := range opens {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			fill(t, db, "x")
			want := dumpOf(t, db)
			err := db.Tx(t.Context(), func(tx *sql.Tx) error {
				_, err := dump.Replace(t.Context(), tx, db.Dialect, read(t, want), func() error {
					for _, table := range tables {
						if !isLocked(t, db, table) {
							t.Errorf("others can write to %s", table)
						}
						var n int
						if err := db.QueryRow(`SELECT COUNT(*) FROM ` + table).Scan(&n); err != nil || n == 0 {
							t.Errorf("others read %d rows of %s, %v", n, table, err)
						}
					}
					return refused
				})
				return err
			})
			if !errors.Is(err, refused) {
				t.Errorf("got %v", err)
			}
			if diff := cmp.Diff(want, dumpOf(t, db)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// isLocked reports whether nobody else can write to a table.
func isLocked(t *testing.T, db *sqldb.DB, table string) bool {
	t.Helper()
	pool, lock := db.DB, `LOCK TABLE `+table+` IN ROW EXCLUSIVE MODE NOWAIT`
	if db.Dialect == sqldb.SQLite {
		var path string
		if err := db.QueryRow(`SELECT file FROM pragma_database_list`).Scan(&path); err != nil {
			t.Fatal(err)
		}
		var err error
		if pool, err = sql.Open("sqlite", path); err != nil { // which does not wait
			t.Fatal(err)
		}
		defer pool.Close()
		lock = `UPDATE ` + table + ` SET rowid = rowid WHERE 1 = 0`
	}
	tx, err := pool.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	_, err = tx.Exec(lock)
	if err != nil && sqldb.KindOf(err) != sqldb.Conflict {
		t.Error(err)
	}
	return err != nil
}

// without returns a source whose rows lack a column of a table, as in an older backup.
func without(s dump.Source, table, column string) dump.Source {
	rows := s.Rows
	s.Rows = func(yield func(dump.Row, error) bool) {
		for row, err := range rows {
			if i := slices.Index(row.Columns, column); row.Table == table && i >= 0 {
				row.Columns, row.Values = slices.Delete(slices.Clone(row.Columns), i, i+1), slices.Delete(slices.Clone(row.Values), i, i+1)
			}
			if !yield(row, err) {
				return
			}
		}
	}
	return s
}

// An older backup lacks columns. New rows get what their table gives to rows without them;
// the one row of a table, which is changed, keeps nothing of what it had.
func TestOlderBackup(t *testing.T) {
	for name, open := range opens {
		t.Run(name, func(t *testing.T) {
			db := open(t)
			fill(t, db, "x")
			whole := read(t, dumpOf(t, db))
			older := without(without(whole, "entitle_installations", "version"), "licenses_clock", "head")
			if err := replace(t.Context(), db, older); err != nil {
				t.Fatal(err)
			}
			var versions, heads int
			if err := db.QueryRow(`SELECT SUM(version), (SELECT COUNT(head) FROM licenses_clock) FROM entitle_installations`).Scan(&versions, &heads); err != nil {
				t.Fatal(err)
			}
			if versions != 0 || heads != 0 {
				t.Errorf("the versions are %d, and %d heads are there", versions, heads)
			}
			if err := replace(t.Context(), db, without(whole, "licenses_clock", "stamp")); err == nil || !strings.Contains(err.Error(), "row 1 of licenses_clock: ") {
				t.Errorf("without what the one row needs: %v", err)
			}
		})
	}
}

// Nothing is restored into a database that lacks a table, or whose transaction has ended.
func TestReplaceFails(t *testing.T) {
	for name, open := range opens {
		db := open(t)
		fill(t, db, "x")
		source := read(t, dumpOf(t, db))
		if _, err := db.Exec(`DROP TABLE entitle_seats`); err != nil {
			t.Fatal(err)
		}
		before := count(t, db)
		if err := replace(t.Context(), db, source); err == nil || !strings.Contains(err.Error(), "entitle_seats") {
			t.Errorf("%s, without a table: %v", name, err)
		}
		if after := count(t, db); after != before {
			t.Errorf("%s: %d licences are there, and not %d", name, after, before)
		}
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		tx.Rollback()
		if counts, err := dump.Replace(context.Background(), tx, db.Dialect, source, func() error { return nil }); !errors.Is(err, sql.ErrTxDone) {
			t.Errorf("%s, after the transaction: %v, %v", name, counts, err)
		}
	}
}

func count(t *testing.T, db *sqldb.DB) (n int) {
	t.Helper()
	if err := db.QueryRow(`SELECT COUNT(*) FROM licenses`).Scan(&n); err != nil {
		t.Fatal(fmt.Errorf("counting: %w", err))
	}
	return n
}
