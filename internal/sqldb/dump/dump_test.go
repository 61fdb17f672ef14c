//go:build unix

package dump_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/admin"
	adminstore "github.com/licseal/licseal/admin/sqlstore"
	"github.com/licseal/licseal/admin/storetest"
	"github.com/licseal/licseal/entitle"
	entitlestore "github.com/licseal/licseal/entitle/sqlstore"
	"github.com/licseal/licseal/internal/sqldb"
	"github.com/licseal/licseal/internal/sqldb/dump"
	"github.com/licseal/licseal/internal/sqldb/postgres"
	"github.com/licseal/licseal/internal/sqldb/sqlite"
	"github.com/licseal/licseal/internal/testenv/pgtest"
)

// opens open a new database with all tables, by dialect.
var opens = map[string]func(*testing.T) *sqldb.DB{
	"SQLite": func(t *testing.T) *sqldb.DB {
		db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"))
		return withTables(t, db, err)
	},
	"PostgreSQL": func(t *testing.T) *sqldb.DB {
		db, err := postgres.Open(t.Context(), pgtest.Database(t))
		return withTables(t, db, err)
	},
}

func withTables(t *testing.T, db *sqldb.DB, err error) *sqldb.DB {
	t.Helper()
	if err == nil {
		t.Cleanup(func() { db.Close() })
		_, err = adminstore.New(t.Context(), db)
	}
	if err == nil {
		_, err = entitlestore.New(t.Context(), db)
	}
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// fill stores something in every table: texts that databases order, escape and compare
// in their own ways.
func fill(t *testing.T, db *sqldb.DB, name string) {
	t.Helper()
	records, usage := adminstore.Existing(db), must(t)(entitlestore.New(t.Context(), db))
	for i, id := range []string{"a", "B", "Ä", "ä", "_", "-", "10", "9"} {
		payload := fmt.Sprintf("%s %d <>&\u2028 \\ \" ' %s 𝄞", name, i, strings.Repeat("x", 1000*i))
		if _, err := records.Write(t.Context(), admin.Write{ID: id, Payload: payload, If: admin.Always, Who: "operator " + name}); err != nil {
			t.Fatal(err)
		}
	}
	if err := records.Delete(t.Context(), "ä", ""); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 27, 12, 0, 0, 123456789, time.UTC)
	for i, installation := range []string{"b", "A", "a-", "a"} {
		_, err := usage.Apply(t.Context(), entitle.Batch{
			Installation: installation, Writer: name, Seq: 1, Time: at,
			Adds: []entitle.Add{{Month: entitle.MonthOf(at), Name: "requests", N: int64(i + 1), Limit: 100}},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, change := range []entitle.LevelChange{{By: int64(i + 1), Key: "key " + name}, {Lease: "holder", Lapse: time.Hour}} {
			change.Installation, change.Name, change.Time, change.Limit = installation, "hosts", at, 100
			if _, err := usage.Change(t.Context(), change); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := usage.Hold(t.Context(), entitle.Seat{Installation: installation, Fingerprint: "f", Writer: name, Time: at, Lapse: time.Hour, Max: 3}); err != nil {
			t.Fatal(err)
		}
	}
}

func must(t *testing.T) func(*entitlestore.Store, error) *entitlestore.Store {
	return func(s *entitlestore.Store, err error) *entitlestore.Store {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

// dumpOf returns a dump of a database.
func dumpOf(t *testing.T, db *sqldb.DB) string {
	t.Helper()
	var b bytes.Buffer
	err := dump.Snapshot(t.Context(), db, func(tx *sql.Tx) error {
		source, err := dump.Of(t.Context(), tx, db.Dialect)
		if err == nil {
			_, err = dump.Write(&b, source, time.Unix(0, 0), "a database")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func read(t *testing.T, text string) dump.Source {
	t.Helper()
	source, err := dump.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func replace(ctx context.Context, db *sqldb.DB, s dump.Source) error {
	return db.Tx(ctx, func(tx *sql.Tx) error {
		_, err := dump.Replace(ctx, tx, db.Dialect, s, func() error { return nil })
		return err
	})
}

// A dump of either database, restored into either, over other content, gives the same
// dump again: every row of every table. The store then works, and its history cannot be
// changed.
func TestDumpAndReplace(t *testing.T) {
	for from, openFrom := range opens {
		for to, openTo := range opens {
			t.Run(from+" to "+to, func(t *testing.T) {
				source := openFrom(t)
				fill(t, source, "source")
				want := dumpOf(t, source)
				target := openTo(t)
				fill(t, target, "target")
				if err := replace(t.Context(), target, read(t, want)); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(dumpOf(t, target), "\n")); diff != "" {
					t.Errorf("the dump (-before, +after):\n%.2000s", diff)
				}
				for _, table := range []string{"licenses", "licenses_history", "licenses_clock", "entitle_installations", "entitle_writers", "entitle_usage", "entitle_levels", "entitle_leases", "entitle_keys", "entitle_seats"} {
					if !strings.Contains(want, `{"table":"`+table+`"`) {
						t.Errorf("there is no row of %s, so nothing was tested", table)
					}
				}
				store := adminstore.Existing(target)
				if _, err := store.Write(t.Context(), admin.Write{ID: "new", Payload: "new", If: admin.IfAbsent}); err != nil {
					t.Error(err)
				}
				storetest.CheckHistory(t, store)
				for _, statement := range []string{`DELETE FROM licenses_history`, `UPDATE licenses_history SET who = 'x'`} {
					if _, err := target.Exec(statement); err == nil || !strings.Contains(err.Error(), "append-only") {
						t.Errorf("%s: %v", statement, err)
					}
				}
			})
		}
	}
}

// Dumps have all tables that migrations make.
func TestAllTables(t *testing.T) {
	for name, open := range opens {
		db := open(t)
		query := `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
		if db.Dialect == sqldb.PostgreSQL {
			query = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`
		}
		rows, err := db.Query(query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		fill(t, db, "x")
		counts, err := read(t, dumpOf(t, db)).Count()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var table string
			if err := rows.Scan(&table); err != nil {
				t.Fatal(err)
			}
			if counts[table] == 0 && table != "licseal_migrations" {
				t.Errorf("%s: the table %s is not in the dump", name, table)
			}
		}
	}
}

// A dump that was cut, or changed in a single byte, is refused as a whole, and the
// database stays as it is.
func TestDamagedDump(t *testing.T) {
	db := opens["SQLite"](t)
	records := adminstore.Existing(db)
	if _, err := records.Write(t.Context(), admin.Write{ID: "x", Payload: "a", If: admin.Always}); err != nil {
		t.Fatal(err)
	}
	good := dumpOf(t, db)
	if _, err := read(t, good).Count(); err != nil {
		t.Fatal(err)
	}
	check := func(name, text string) {
		t.Helper()
		source, err := dump.Read(strings.NewReader(text))
		if err == nil {
			_, err = source.Count()
		}
		if err == nil {
			t.Errorf("%s: it is read", name)
		}
	}
	for i := range good {
		check(fmt.Sprintf("cut after %d bytes", i), good[:i])
		changed := []byte(good)
		changed[i] ^= 1
		check(fmt.Sprintf("byte %d changed", i), string(changed))
	}
	for _, more := range []string{good, "\n", "x", "\x00"} {
		if _, err := read(t, good+more).Count(); err == nil || !strings.Contains(err.Error(), "more text follows") {
			t.Errorf("followed by %.10q: %v", more, err)
		}
	}
	lines := strings.SplitAfter(good, "\n")
	for i := 1; i < len(lines)-2; i++ {
		check("a line is missing", strings.Join(slices.Delete(slices.Clone(lines), i, i+1), ""))
	}
	cut := read(t, strings.Join(lines[:3], ""))
	if err := replace(t.Context(), db, cut); err == nil || !strings.Contains(err.Error(), "not complete") {
		t.Errorf("a dump that was cut is restored: %v", err)
	}
	if after := dumpOf(t, db); after != good {
		t.Error("the database was changed")
	}
}

// Texts survive that are not UTF-8, that are long, or that JSON may escape, which makes them
// longer; and so do the smallest and the largest number.
func TestStrangeTexts(t *testing.T) {
	db := opens["SQLite"](t)
	if _, err := db.Exec(`INSERT INTO entitle_installations (installation, latest_ns) VALUES (CAST(x'ff00fe' AS TEXT), -9223372036854775808)`); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 1<<20)
	if _, err := db.Exec(`INSERT INTO entitle_installations (installation, latest_ns) VALUES ($1, 9223372036854775807), ('<>&', 0)`, long); err != nil {
		t.Fatal(err)
	}
	text := dumpOf(t, db)
	other := opens["SQLite"](t)
	if err := replace(t.Context(), other, read(t, text)); err != nil {
		t.Fatal(err)
	}
	if got := dumpOf(t, other); got != text || !strings.Contains(got, `{"base64":"/wD+"}`) || !strings.Contains(got, `"<>&"`) || !strings.Contains(got, long) {
		t.Errorf("got %.1000s", got)
	}
}

// A dump of a newer version, with unknown columns or tables, or of another database is
// refused.
func TestForeignDump(t *testing.T) {
	rows := func(rows ...dump.Row) dump.Source {
		return dump.Source{Migrations: map[string]int{"licenses": 1}, Rows: func(yield func(dump.Row, error) bool) {
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
		}}
	}
	newer := rows()
	newer.Migrations["licenses"] = 1000
	for want, source := range map[string]dump.Source{
		"newer version":          newer,
		`no table "pg_shadow"`:   rows(dump.Row{Table: "pg_shadow"}),
		`no column "x) --"`:      rows(dump.Row{Table: "licenses", Columns: []string{"x) --"}, Values: []any{"a"}}),
		"0 rows of licenses_clo": rows(),
	} {
		for name, open := range opens {
			if err := replace(t.Context(), open(t), source); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %s", name, err, want)
			}
		}
	}
	for text, want := range map[string]string{
		"": "not complete", "{}": "not complete", "\n": "not a backup", "{}\n": "not a backup", "[]\n": "not a backup",
		`{"licseald":"other","format":1}` + "\n": "not a backup", `{"licseald":"backup","format":"1"}` + "\n": "not a backup",
		`{"licseald":"backup","format":0}` + "\n": "it has format 0, and this program reads format 1", `{"licseald":"backup","format":2}` + "\n": "it has format 2",
	} {
		if _, err := dump.Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "empty.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := dump.Of(t.Context(), db, db.Dialect); !errors.Is(err, dump.ErrNoTables) {
		t.Errorf("an empty database: %v", err)
	}
}

// A snapshot has one state of the database, and keeps nobody from writing.
func TestSnapshot(t *testing.T) {
	for name, open := range opens {
		db := open(t)
		fill(t, db, "x")
		want := dumpOf(t, db)
		store := adminstore.Existing(db)
		var b bytes.Buffer
		err := dump.Snapshot(t.Context(), db, func(tx *sql.Tx) error {
			source, err := dump.Of(t.Context(), tx, db.Dialect)
			if err != nil {
				return err
			}
			rows := source.Rows
			source.Rows = func(yield func(dump.Row, error) bool) {
				n := 0
				for row, err := range rows {
					if n++; n%3 == 0 {
						if _, err := store.Write(t.Context(), admin.Write{ID: fmt.Sprint("new", n), Payload: fmt.Sprint(n), If: admin.Always}); err != nil {
							t.Error(err)
						}
					}
					if !yield(row, err) {
						return
					}
				}
			}
			_, err = dump.Write(&b, source, time.Unix(0, 0), "a database")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if b.String() != want {
			t.Errorf("%s: the dump is not that of the beginning", name)
		}
	}
}
