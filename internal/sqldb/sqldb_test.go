//go:build unix

package sqldb_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/internal/filelock"
	"github.com/licseal/licseal/internal/sqldb"
	"github.com/licseal/licseal/internal/sqldb/postgres"
	"github.com/licseal/licseal/internal/sqldb/sqlite"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/internal/testenv/pgtest"
)

var table = []sqldb.Migration{
	`CREATE TABLE things (number AUTO_ID, name TEXT NOT NULL UNIQUE, data BYTES)`,
	`CREATE TABLE counter (n BIGINT NOT NULL);
	 ON SQLITE INSERT INTO counter VALUES (0);
	 ON POSTGRESQL INSERT INTO counter VALUES (0);
	 ON SQLITE CREATE TRIGGER keep BEFORE DELETE ON counter BEGIN SELECT RAISE(ABORT, 'kept'); END;
	`,
}

// openSQLite returns a func that opens the same new file, again and again.
func openSQLite(t *testing.T) func() *sqldb.DB {
	file := filepath.Join(t.TempDir(), "a strange?name#%41.db")
	return func() *sqldb.DB {
		db, err := sqlite.Open(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		return db
	}
}

// openPostgres does the same with a new database of PostgreSQL.
func openPostgres(t *testing.T) func() *sqldb.DB {
	u := pgtest.Database(t)
	return func() *sqldb.DB {
		db, err := postgres.Open(t.Context(), u)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		return db
	}
}

// eachDialect runs a test on both, with a func that opens the same database anew.
func eachDialect(t *testing.T, test func(t *testing.T, open func() *sqldb.DB)) {
	t.Run("SQLite", func(t *testing.T) { test(t, openSQLite(t)) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, openPostgres(t)) })
}

// Several processes start on one database: each migration runs once.
func TestMigrate(t *testing.T) {
	eachDialect(t, func(t *testing.T, open func() *sqldb.DB) {
		ctx := t.Context()
		var group sync.WaitGroup
		for i := range 6 {
			db := open()
			group.Go(func() {
				if err := db.Migrate(ctx, "test", table[:1+i%2]); err != nil && i%2 == 1 {
					t.Error(err)
				}
			})
		}
		group.Wait()
		db := open()
		if err := db.Migrate(ctx, "other", table[:0]); err != nil {
			t.Error(err)
		}
		var counters int
		if err := db.QueryRow(`SELECT COUNT(*) FROM counter`).Scan(&counters); err != nil || counters != 1 {
			t.Errorf("the second migration ran %d times: %v", counters, err)
		}
		if err := db.Migrate(ctx, "test", table[:1]); err == nil || !strings.Contains(err.Error(), "newer version") {
			t.Errorf("an older program took a newer database: %v", err)
		}
		broken := append(table[:2:2], "CREATE TABLE half (n BIGINT);\nCREATE nonsense")
		if err := db.Migrate(ctx, "test", broken); err == nil || !strings.Contains(err.Error(), "migration 3") {
			t.Errorf("a broken migration: %v", err)
		}
		if _, err := db.Exec(`SELECT * FROM half`); err == nil {
			t.Error("half a migration stayed")
		}
	})
}

// Read, then write, from many pools at once: no increment is lost.
func TestTxIsolation(t *testing.T) {
	eachDialect(t, func(t *testing.T, open func() *sqldb.DB) {
		ctx := t.Context()
		if err := open().Migrate(ctx, "test", table); err != nil {
			t.Fatal(err)
		}
		const pools, each = 3, 10
		var group sync.WaitGroup
		for range pools {
			db := open()
			for range 2 {
				group.Go(func() {
					for range each {
						err := db.Tx(ctx, func(tx *sql.Tx) error {
							_, err := tx.Exec(`UPDATE counter SET n = n + 1`)
							return err
						})
						if err != nil {
							t.Error(err)
						}
					}
				})
			}
		}
		group.Wait()
		var n int
		if err := open().QueryRow(`SELECT n FROM counter`).Scan(&n); err != nil || n != 2*pools*each {
			t.Errorf("counted %d of %d: %v", n, 2*pools*each, err)
		}
	})
}

// Writers of SQLite that wait for one another leave the connections to the readers.
func TestReadersPassWriters(t *testing.T) {
	db := openSQLite(t)()
	if err := db.Migrate(t.Context(), "test", table); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	writing, release := make(chan struct{}, 1), make(chan struct{})
	write := func(tx *sql.Tx) error {
		select {
		case writing <- struct{}{}: // the first one
		default:
		}
		<-release
		_, err := tx.Exec(`UPDATE counter SET n = n + 1`)
		return err
	}
	const writers = 30 // more than there are connections
	for range writers {
		group.Go(func() {
			if err := db.Tx(t.Context(), write); err != nil {
				t.Error(err)
			}
		})
	}
	<-writing
	time.Sleep(100 * time.Millisecond) // the others come and wait
	ctx, cancel := context.WithTimeout(t.Context(), testenv.Patience)
	defer cancel()
	var n int
	if err := db.QueryRowContext(ctx, `SELECT n FROM counter`).Scan(&n); err != nil || n != 0 {
		t.Errorf("a reader saw %d: %v", n, err)
	}
	close(release)
	group.Wait()
	if err := db.QueryRow(`SELECT n FROM counter`).Scan(&n); err != nil || n != writers {
		t.Errorf("counted %d: %v", n, err)
	}
}

// Writes that come together share a transaction, and one that fails takes no other along.
func TestWriteTogether(t *testing.T) {
	var commits atomic.Int64
	pool := openSQLite(t)().DB
	db := sqldb.NewGuarded(pool, sqldb.SQLite, counting{&commits})
	if err := db.Migrate(t.Context(), "test", table); err != nil {
		t.Fatal(err)
	}
	commits.Store(0)
	const writers = 100
	wrong := errors.New("wrong")
	write := func(i int) func(tx *sql.Tx) error {
		return func(tx *sql.Tx) error {
			if _, err := tx.Exec(`INSERT INTO things (name) VALUES ($1)`, fmt.Sprint(i)); err != nil || i != 7 {
				return err
			}
			return wrong
		}
	}
	for _, test := range []struct{ from, to, most int }{{20, writers, writers / 2}, {0, 20, 20}} {
		release := hold(t, db)
		var group sync.WaitGroup
		for i := test.from; i < test.to; i++ {
			group.Go(func() {
				if err := db.Write(t.Context(), write(i)); err != nil != (i == 7) || i == 7 && err != wrong {
					t.Errorf("write %d: %v", i, err)
				}
			})
		}
		time.Sleep(100 * time.Millisecond) // they come and wait
		commits.Store(0)
		release()
		group.Wait()
		if n := int(commits.Load()); n > test.most {
			t.Errorf("%d writes took %d transactions", test.to-test.from, n)
		}
	}
	var n int
	if err := db.QueryRow(`SELECT COUNT(*) FROM things`).Scan(&n); err != nil || n != writers-1 {
		t.Errorf("%d things are there: %v", n, err)
	}
}

// hold keeps all others from writing until the func it returns is called.
func hold(t *testing.T, db *sqldb.DB) (release func()) {
	t.Helper()
	begun, end, ended := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		ended <- db.Tx(context.Background(), func(*sql.Tx) error {
			close(begun)
			<-end
			return nil
		})
	}()
	<-begun
	return func() {
		close(end)
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// counting counts commits.
type counting struct{ n *atomic.Int64 }

func (c counting) Check(context.Context) error     { return nil }
func (c counting) Committed(context.Context) error { c.n.Add(1); return nil }
func (c counting) Close() error                    { return nil }

// A write that nobody waits for any more is not made, and keeps nobody waiting.
func TestWriteGivenUp(t *testing.T) {
	db := openSQLite(t)()
	if err := db.Migrate(t.Context(), "test", table); err != nil {
		t.Fatal(err)
	}
	add := func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE counter SET n = n + 1`)
		return err
	}
	release := hold(t, db)
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			if err := db.Write(ctx, add); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
	}
	time.Sleep(50 * time.Millisecond)
	cancel()
	group.Wait() // although another still writes
	done := make(chan error)
	go func() { done <- db.Write(t.Context(), add) }()
	release()
	if err := <-done; err != nil {
		t.Error(err)
	}
	var n int
	if err := db.QueryRow(`SELECT n FROM counter`).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d writes were made: %v", n, err)
	}

	// Another process keeps the file locked.
	other, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.ExecContext(t.Context(), `BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := db.Write(ctx, add); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if _, err := other.ExecContext(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	if err := db.Write(t.Context(), add); err != nil {
		t.Error(err)
	}
	if err := db.QueryRow(`SELECT n FROM counter`).Scan(&n); err != nil || n != 2 {
		t.Errorf("%d writes were made: %v", n, err)
	}
}

func TestTxRollsBack(t *testing.T) {
	eachDialect(t, func(t *testing.T, open func() *sqldb.DB) {
		db := open()
		if err := db.Migrate(t.Context(), "test", table); err != nil {
			t.Fatal(err)
		}
		wanted := errors.New("on second thoughts")
		err := db.Tx(t.Context(), func(tx *sql.Tx) error {
			tx.Exec(`UPDATE counter SET n = 100`)
			return wanted
		})
		if !errors.Is(err, wanted) {
			t.Errorf("got %v", err)
		}
		var n int
		if err := db.QueryRow(`SELECT n FROM counter`).Scan(&n); err != nil || n != 0 {
			t.Errorf("the counter is %d: %v", n, err)
		}
	})
}

// A transaction that the database gave up on is run again.
func TestTxTriesAgain(t *testing.T) {
	db := openPostgres(t)()
	if err := db.Migrate(t.Context(), "test", table); err != nil {
		t.Fatal(err)
	}
	tries := 0
	err := db.Tx(t.Context(), func(tx *sql.Tx) error {
		tries++
		tx.Exec(`UPDATE counter SET n = n + 1`)
		if tries < 3 {
			_, err := tx.Exec(`DO $$ BEGIN RAISE EXCEPTION 'give way' USING ERRCODE = '40001'; END $$`)
			return err
		}
		return nil
	})
	var n int
	db.QueryRow(`SELECT n FROM counter`).Scan(&n)
	if err != nil || tries != 3 || n != 1 {
		t.Errorf("%d tries, counter %d, %v", tries, n, err)
	}
}

// refusing is a guard that never lets a commit be acknowledged.
type refusing struct{ err error }

func (r refusing) Check(context.Context) error     { return r.err }
func (r refusing) Committed(context.Context) error { return r.err }
func (r refusing) Close() error                    { return nil }

// A transaction that was committed is not run again, whatever its guard says.
func TestGuardedTx(t *testing.T) {
	pool := openSQLite(t)().DB
	want := sqliteCode(5) // BUSY, for which a transaction is tried again before its commit
	db := sqldb.NewGuarded(pool, sqldb.SQLite, refusing{want})
	runs := 0
	err := db.Tx(t.Context(), func(*sql.Tx) error { runs++; return nil })
	if err != want || runs != 1 {
		t.Errorf("it ran %d times: %v", runs, err)
	}
	if err := db.Check(t.Context()); err != want {
		t.Errorf("Check returns %v", err)
	}
}

func TestKindOfUnique(t *testing.T) {
	eachDialect(t, func(t *testing.T, open func() *sqldb.DB) {
		db := open()
		if err := db.Migrate(t.Context(), "test", table); err != nil {
			t.Fatal(err)
		}
		insert := `INSERT INTO things (name, data) VALUES ($1, $2)`
		if _, err := db.Exec(insert, "a", []byte("x")); err != nil {
			t.Fatal(err)
		}
		_, err := db.Exec(insert, "a", []byte("y"))
		if diff := cmp.Diff(sqldb.Unique, sqldb.KindOf(err)); diff != "" {
			t.Errorf("%v: %s", err, diff)
		}
		if _, err := db.Exec(`SELECT nonsense`); sqldb.KindOf(err) != sqldb.Other {
			t.Errorf("%v has kind %d", err, sqldb.KindOf(err))
		}
		if _, err := db.Exec(insert, "a"); err == nil {
			t.Error("a missing argument was accepted")
		}
	})
}

func TestKindOfFullSQLite(t *testing.T) {
	db := openSQLite(t)()
	db.SetMaxOpenConns(1) // the limit belongs to a connection
	if err := db.Migrate(t.Context(), "test", table); err != nil {
		t.Fatal(err)
	}
	db.Exec(`PRAGMA max_page_count = 10`)
	_, err := db.Exec(`INSERT INTO things (name, data) VALUES ('a', zeroblob(1000000))`)
	if sqldb.KindOf(err) != sqldb.Full {
		t.Errorf("%v has kind %d", err, sqldb.KindOf(err))
	}
}

// A server that stops is unavailable, and back once it has started again.
func TestKindOfUnavailable(t *testing.T) {
	server := pgtest.Start(t)
	db, err := postgres.Open(t.Context(), server.NewDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Migrate(t.Context(), "test", table); err != nil {
		t.Fatal(err)
	}
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	add := func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE counter SET n = n + 1`)
		return err
	}
	for range 3 {
		if err := db.Tx(t.Context(), add); sqldb.KindOf(err) != sqldb.Unavailable {
			t.Errorf("%v has kind %d", err, sqldb.KindOf(err))
		}
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	if err := db.Tx(t.Context(), add); err != nil {
		t.Error(err)
	}
}

func TestKindOf(t *testing.T) {
	for _, test := range []struct {
		err  error
		want sqldb.Kind
	}{
		{nil, sqldb.Other},
		{sql.ErrNoRows, sqldb.Other},
		{context.Canceled, sqldb.Other},
		{context.DeadlineExceeded, sqldb.Unavailable},
		{&net.OpError{Op: "dial", Err: errors.New("refused")}, sqldb.Unavailable},
		{errors.New("sql: expected 1 arguments, got 2"), sqldb.Other},
		{sqlState("57P03"), sqldb.Unavailable},
		{sqlState("08006"), sqldb.Unavailable},
		{sqlState("25006"), sqldb.ReadOnly},
		{sqliteCode(8), sqldb.ReadOnly},
		{sqliteCode(1032), sqldb.ReadOnly}, // READONLY_DBMOVED
		{sqlState("42P05"), sqldb.Conflict},
		{sqlState("26000"), sqldb.Conflict},
		{sqlState("42501"), sqldb.Denied},
		{sqlState("28000"), sqldb.Unavailable}, // NOLOGIN
		{sqlState("28P01"), sqldb.Unavailable},
		{sqlState("3D000"), sqldb.Unavailable},
		{sqlState("57014"), sqldb.Unavailable}, // statement_timeout
		{sqlState("53100"), sqldb.Full},
		{sqlState("53300"), sqldb.Unavailable},
		{sqlState("40P01"), sqldb.Conflict},
		{sqlState("42601"), sqldb.Other},
		{sqliteCode(5), sqldb.Conflict},
		{sqliteCode(517), sqldb.Conflict}, // BUSY_SNAPSHOT
		{sqliteCode(1555), sqldb.Unique},
		{sqliteCode(275), sqldb.Other}, // CONSTRAINT_CHECK
		{sqliteCode(778), sqldb.Unavailable},
		{sqliteCode(11), sqldb.Corrupt},
		{sqliteCode(26), sqldb.Corrupt},
		{sqliteCode(267), sqldb.Corrupt}, // CORRUPT_VTAB
		{fmt.Errorf("%w: x", sqldb.ErrReplaced), sqldb.Unavailable},
	} {
		if got := sqldb.KindOf(test.err); got != test.want {
			t.Errorf("KindOf(%v) = %d, want %d", test.err, got, test.want)
		}
		wrapped := fmt.Errorf("more: %w", test.err)
		if test.err != nil && sqldb.KindOf(wrapped) != test.want {
			t.Errorf("%v is lost when wrapped", test.err)
		}
	}
}

type sqlState string

func (s sqlState) Error() string    { return "state " + string(s) }
func (s sqlState) SQLState() string { return string(s) }

type sqliteCode int

func (c sqliteCode) Error() string { return fmt.Sprint("code ", int(c)) }
func (c sqliteCode) Code() int     { return int(c) }

func TestOpenSQLite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "new.db")
	db, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Migrate(t.Context(), "test", table); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(path + "*")
	if len(files) < 2 {
		t.Errorf("there is no write-ahead log: %v", files)
	}
	for _, file := range files {
		if strings.HasSuffix(file, filelock.Suffix) { // which is empty, and is for all users who may open the database
			continue
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v: %v", file, info.Mode(), err)
		}
	}
	var mode string
	var foreignKeys, synchronous int
	db.QueryRow(`PRAGMA journal_mode`).Scan(&mode)
	db.QueryRow(`PRAGMA foreign_keys`).Scan(&foreignKeys)
	db.QueryRow(`PRAGMA synchronous`).Scan(&synchronous)
	if mode != "wal" || foreignKeys != 1 || synchronous != 2 {
		t.Errorf("journal mode %s, foreign keys %d, synchronous %d", mode, foreignKeys, synchronous)
	}
}

// All of those who open a new file at once get it, whoever is the first.
func TestOpenSQLiteTogether(t *testing.T) {
	dir := t.TempDir()
	for round := range testenv.Rounds(30, 150) {
		var group sync.WaitGroup
		for range 6 {
			group.Go(func() {
				db, err := sqlite.Open(t.Context(), filepath.Join(dir, fmt.Sprint(round)))
				if err != nil {
					t.Error(err)
					return
				}
				db.Close()
			})
		}
		group.Wait()
	}
}

// A path is a path, whatever SQLite would make of it.
func TestOpenSQLitePaths(t *testing.T) {
	t.Chdir(t.TempDir())
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{":memory:", "/" + dir + "/two-slashes.db", "relative.db", "file:x.db"} {
		for range 2 { // the second time, the tables are there
			db, err := sqlite.Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Exec(`CREATE TABLE IF NOT EXISTS kept (n BIGINT)`); err != nil {
				t.Errorf("%s: %v", path, err)
			}
			db.Close()
		}
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("%s: nothing is in the file: %v", path, err)
		}
	}
}

func TestOpenFails(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte(strings.Repeat("no database\n", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none", "x.db"): "the folder",
		dir:                                "open",
		text:                               "not a database",
	} {
		db, err := sqlite.Open(t.Context(), path)
		if err == nil {
			db.Close()
		}
		if db != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("opening %s: %v", path, err)
		}
	}
	for _, url := range []string{"postgres://me:secret@127.0.0.1:1/db", "postgres://me:secret@127.0.0.1:port/db", "secret"} {
		if _, err := postgres.Open(t.Context(), url); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("opening %s: %v", url, err)
		}
	}
}
