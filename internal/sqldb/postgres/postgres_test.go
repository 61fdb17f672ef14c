//go:build unix

package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/internal/sqldb"
	"github.com/licseal/licseal/internal/sqldb/postgres"
	"github.com/licseal/licseal/internal/testenv/pgtest"
)

// with returns an address with another option.
func with(t *testing.T, address, name, value string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	query.Set(name, value)
	u.RawQuery = query.Encode()
	return u.String()
}

// What an address leaves out has a default, and what it has is kept.
func TestSettings(t *testing.T) {
	address := pgtest.Database(t)
	for _, test := range []struct {
		address, name string
		prepared      int // statements that are left on the connection
	}{
		{address, "licseal", 0},
		{with(t, address, "application_name", "vendor"), "vendor", 0},
		{with(t, address, "default_query_exec_mode", "cache_statement"), "licseal", 1},
	} {
		db, err := postgres.Open(t.Context(), test.address)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if db.Dialect != sqldb.PostgreSQL || db.Stats().MaxOpenConnections != 16 {
			t.Errorf("it is %v, with up to %d connections", db.Dialect, db.Stats().MaxOpenConnections)
		}
		db.SetMaxOpenConns(1)
		var name string
		if err := db.QueryRow(`SHOW application_name`).Scan(&name); err != nil || name != test.name {
			t.Errorf("%s: the name is %q: %v", test.address, name, err)
		}
		var n, prepared int
		for range 2 {
			if err := db.QueryRow(`SELECT 1 + $1::int`, 2).Scan(&n); err != nil || n != 3 {
				t.Fatalf("%d, %v", n, err)
			}
		}
		if err := db.QueryRow(`SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT 1 +%'`).Scan(&prepared); err != nil || prepared != test.prepared {
			t.Errorf("%s: %d prepared statements: %v", test.address, prepared, err)
		}
	}
}

// A row comes until the deadline. Then the query is given up, and the next one is answered.
func TestRow(t *testing.T) {
	db, err := postgres.Open(t.Context(), pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	get := func(within time.Duration, query string, args ...any) (n int, err error) {
		ctx, cancel := context.WithTimeout(t.Context(), within)
		defer cancel()
		err = db.Row(ctx, query, args, &n)
		return n, err
	}
	for range 2 {
		if n, err := get(time.Minute, `SELECT 40 + $1::int`, 2); n != 42 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		start := time.Now()
		if _, err := get(100*time.Millisecond, `SELECT 1 FROM pg_sleep($1)`, 60); err == nil {
			t.Error("a query of a minute has succeeded")
		} else if took := time.Since(start); took > 30*time.Second {
			t.Errorf("it was given up after %v", took)
		}
	}
	get(150*time.Millisecond, `SELECT 1`) // in time or not; then the deadline passes while nothing is asked
	time.Sleep(200 * time.Millisecond)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	var n int
	if err := tx.QueryRow(`SELECT 7`).Scan(&n); n != 7 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

// What was asked is asked once, whatever the answer.
func TestRowIsAskedForOnce(t *testing.T) {
	db, err := postgres.Open(t.Context(), pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`CREATE SEQUENCE asked`); err != nil {
		t.Fatal(err)
	}
	var n int
	for want := 1; want < 10; want += 2 {
		if err := db.Row(t.Context(), `SELECT nextval('asked')`, nil, &n); err != nil || n != want {
			t.Errorf("%d, want %d: %v", n, want, err)
		}
		if err := db.Row(t.Context(), `SELECT 1 FROM (SELECT nextval('asked')) AS a WHERE false`, nil, &n); !errors.Is(err, sql.ErrNoRows) {
			t.Errorf("no row: %v", err)
		}
		if err := db.QueryRow(`SELECT last_value FROM asked`).Scan(&n); err != nil || n != want {
			t.Errorf("it was asked for %d times, and not %d: %v", n, want, err)
		}
		if err := db.Row(t.Context(), `SELECT nextval('asked') / 0`, nil, &n); err == nil {
			t.Error("a division by zero")
		}
	}
}

// An address that is none, and a server that does not answer, are errors without the password.
func TestOpenFails(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	const remedy = "write it as postgres://user@host/database"
	for _, test := range []struct {
		address, begins, ends string
		isAddress             bool
	}{
		{"postgres://me:secret@127.0.0.1:port/db", "reading the address of the database: ", remedy, true},
		{"postgres://me:secret@127.0.0.1/db?sslmode=odd", "reading the address of the database: sslmode is invalid", "; " + remedy, true},
		{"postgres://me:secret@" + l.Addr().String() + "/shop", "opening the database shop at 127.0.0.1: ", "", false},
	} {
		_, err := postgres.Open(t.Context(), test.address)
		if err == nil || !strings.HasPrefix(err.Error(), test.begins) || !strings.HasSuffix(err.Error(), test.ends) || strings.Contains(err.Error(), "secret") {
			t.Errorf("the error is %v", err)
		}
		if diff := cmp.Diff(test.isAddress, errors.Is(err, postgres.ErrAddress)); diff != "" {
			t.Errorf("%v: %s", err, diff)
		}
	}
}
