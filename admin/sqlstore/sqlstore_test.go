//go:build unix

package sqlstore_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/admin/sqlstore"
	"github.com/licseal/licseal/admin/storetest"
	"github.com/licseal/licseal/internal/sqldb"
	"github.com/licseal/licseal/internal/sqldb/postgres"
	"github.com/licseal/licseal/internal/sqldb/sqlite"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/internal/testenv/pgtest"
)

func openSQLite(t *testing.T) *sqlstore.DB {
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "licences.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func openPostgres(t *testing.T) *sqlstore.DB {
	db, err := postgres.Open(t.Context(), pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func newStore(t *testing.T, db *sqlstore.DB, now func() time.Time) *sqlstore.Store {
	store, err := sqlstore.New(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	store.Now = now
	return store
}

func TestContractSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T, now func() time.Time) admin.Store { return newStore(t, openSQLite(t), now) })
}

func TestContractPostgreSQL(t *testing.T) {
	storetest.Run(t, func(t *testing.T, now func() time.Time) admin.Store { return newStore(t, openPostgres(t), now) })
}

func TestVersion(t *testing.T) {
	for want, open := range map[string]func(*testing.T) *sqlstore.DB{"sqlite 3.": openSQLite, "postgres ": openPostgres} {
		store := newStore(t, open(t), time.Now)
		if got, err := store.Version(t.Context()); err != nil || !strings.HasPrefix(got, want) {
			t.Errorf("%q, %v", got, err)
		}
		if err := store.Ping(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// A damaged database, and one that was moved while it was open, cannot be used.
func TestPingFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "licences.db")
	db, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	store := newStore(t, db, time.Now)
	if _, err := store.Write(t.Context(), admin.Write{ID: "x", Payload: "a", If: admin.Always}); err != nil {
		t.Fatal(err)
	}
	var clockPage int
	if err := db.QueryRow(`SELECT rootpage FROM sqlite_schema WHERE name = 'licenses_clock'`).Scan(&clockPage); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, path+".moved"); err != nil {
		t.Fatal(err)
	}
	if err := store.Ping(t.Context()); !errors.Is(err, admin.ErrUnavailable) {
		t.Errorf("the file was moved: %v", err)
	}
	if err := os.Rename(path+".moved", path); err != nil {
		t.Fatal(err)
	}
	if err := store.Ping(t.Context()); err != nil {
		t.Errorf("the file was moved back: %v", err)
	}
	db.Close()
	data := testenv.ReadFile(t, path)
	for i := range data { // but for the schema, and the page that a ping once read
		if page := i/4096 + 1; page != 1 && page != clockPage {
			data[i] = 0xff
		}
	}
	testenv.WriteFile(t, path, data)
	if db, err = sqlite.Open(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	store = sqlstore.Existing(db)
	if err := store.Ping(t.Context()); !errors.Is(err, admin.ErrUnavailable) || sqldb.KindOf(err) != sqldb.Corrupt {
		t.Errorf("the file is damaged: %v", err)
	}
	if _, err := store.Get(t.Context(), "x"); !errors.Is(err, admin.ErrUnavailable) {
		t.Errorf("the file is damaged: %v", err)
	}
}

// The history cannot be changed by SQL statements either.
func TestHistoryIsAppendOnly(t *testing.T) {
	for _, open := range []func(*testing.T) *sqlstore.DB{openSQLite, openPostgres} {
		db := open(t)
		store := newStore(t, db, time.Now)
		if _, err := store.Write(t.Context(), admin.Write{ID: "x", Payload: "a", If: admin.Always}); err != nil {
			t.Fatal(err)
		}
		statements := []string{`UPDATE licenses_history SET who = 'nobody'`, `DELETE FROM licenses_history`}
		if db.Dialect == sqlstore.SQLite { // which deletes for REPLACE without a trigger
			statements = append(statements, `INSERT OR REPLACE INTO licenses_history (number, at_ms, who, action, id) VALUES (1, 0, 'nobody', 'created', 'x')`)
		} else {
			statements = append(statements, `TRUNCATE licenses_history`)
		}
		for _, statement := range statements {
			if _, err := db.Exec(statement); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %s: %v", db.Dialect, statement, err)
			}
		}
		storetest.CheckHistory(t, store)
	}
}

// Another process opens the same database and continues where this one stopped.
func TestReopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "licences.db")
	var last admin.Record
	for i := range 3 {
		db, err := sqlite.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		// The clock starts at the same time each time.
		store := newStore(t, db, func() time.Time { return time.Unix(1000, 0) })
		record, err := store.Write(t.Context(), admin.Write{ID: "x", Payload: string(rune('a' + i)), If: admin.Always})
		if err != nil || record.UpdatedAt != last.UpdatedAt+1 && i > 0 {
			t.Errorf("%+v after %+v: %v", record, last, err)
		}
		last = record
		storetest.CheckHistory(t, store)
		db.Close()
	}
}
