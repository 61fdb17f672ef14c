//go:build unix

package sqldb_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"testing"
	"time"

	"github.com/licseal/licseal/internal/sqldb"
)

// Row reads one row in either dialect, again and again, and so does a statement in a
// transaction.
func TestRow(t *testing.T) {
	eachDialect(t, func(t *testing.T, open func() *sqldb.DB) {
		db := open()
		if err := db.Migrate(t.Context(), "test", table); err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			err := db.Tx(t.Context(), func(tx *sql.Tx) error {
				add, err := db.In(t.Context(), tx, `UPDATE counter SET n = n + $1`)
				if err != nil {
					return err
				}
				_, err = add.ExecContext(t.Context(), 5)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			var n int64
			if err := db.Row(t.Context(), `SELECT n + $1 FROM counter`, []any{int64(i)}, &n); err != nil || n != int64(5*(i+1)+i) {
				t.Errorf("%d: %d, %v", i, n, err)
			}
		}
		var n int64
		if err := db.Row(t.Context(), `SELECT n FROM counter WHERE n = $1`, []any{int64(-1)}, &n); !errors.Is(err, sql.ErrNoRows) {
			t.Errorf("no row: %v", err)
		}
		for range 2 {
			if err := db.Row(t.Context(), `SELECT nonsense FROM counter`, nil, &n); err == nil {
				t.Error("a column that is not there")
			}
		}
		err := db.Tx(t.Context(), func(tx *sql.Tx) error {
			_, err := db.In(t.Context(), tx, `UPDATE nonsense SET n = 1`)
			return err
		})
		if err == nil {
			t.Error("a table that is not there")
		}
		canceled, cancel := context.WithCancel(t.Context())
		cancel()
		for range 100 { // until all connections could be in use
			db.Row(canceled, `SELECT n FROM counter`, nil, &n)
		}
		if err := db.Row(t.Context(), `SELECT n FROM counter`, nil, &n); err != nil || n != 15 {
			t.Errorf("%d, %v", n, err)
		}
	})
}

// A driver's own way to read a row is used first, and not after it has lost its connection.
func TestRowOfDriver(t *testing.T) {
	pool := openSQLite(t)().DB
	if _, err := pool.Exec(`CREATE TABLE counter (n BIGINT); INSERT INTO counter VALUES (7)`); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	deadline := time.Now().Add(time.Hour)
	ctx, cancel := context.WithDeadline(t.Context(), deadline)
	defer cancel()
	for _, test := range []struct {
		err  error
		want int64
		fail error
	}{{nil, 1, nil}, {broken, 0, broken}, {driver.ErrBadConn, 7, nil}} {
		calls := 0
		db := sqldb.NewWithRow(pool, sqldb.PostgreSQL, func(_ any, until time.Time, query string, args []any, dest ...any) error {
			calls++
			if !until.Equal(deadline) || query != `SELECT n FROM counter WHERE n < $1` || len(args) != 1 || len(dest) != 1 {
				t.Errorf("called with %v, %s, %v", until, query, args)
			}
			if test.err == nil {
				*dest[0].(*int64) = 1
			}
			return test.err
		})
		var n int64
		if err := db.Row(ctx, `SELECT n FROM counter WHERE n < $1`, []any{int64(100)}, &n); !errors.Is(err, test.fail) || (err == nil) != (test.fail == nil) || n != test.want || calls != 1 {
			t.Errorf("%v: %d, %v, %d calls", test.err, n, err, calls)
		}
	}
}
