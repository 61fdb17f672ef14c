//go:build unix

package sqlite_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal/internal/filelock"
	"github.com/licseal/licseal/internal/sqldb"
	"github.com/licseal/licseal/internal/sqldb/sqlite"
	"github.com/licseal/licseal/internal/testenv"
)

// touch gives a file another time, as writing to it does.
func touch(t *testing.T, path string, at time.Time) {
	t.Helper()
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

// Once another content was seen in an open file, nothing is acknowledged any more, even if
// the right one is put back: SQLite has read both. What only keeps the content from being
// looked at is tried again.
func TestContentOfAnOpenFile(t *testing.T) {
	early := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, test := range map[string]struct {
		damage func(t *testing.T, path, copied string)
		want   any  // what the error is or says; nil: there is none
		stays  bool // even if what was there is put back
	}{
		"another time": {func(t *testing.T, path, _ string) { touch(t, path, early) }, nil, false},
		"a copy":       {func(t *testing.T, path, copied string) { testenv.WriteFile(t, path, copied) }, sqldb.ErrReplaced, true},
		"a longer copy with the old time": {func(t *testing.T, path, copied string) {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			testenv.WriteFile(t, path, copied+strings.Repeat("x", 4096))
			touch(t, path, info.ModTime())
		}, sqldb.ErrReplaced, true},
		"a copy as long": {func(t *testing.T, path, copied string) {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			copied += strings.Repeat("x", int(info.Size()))
			testenv.WriteFile(t, path, copied[:info.Size()])
			touch(t, path, early)
		}, sqldb.ErrReplaced, true},
		"no database": {func(t *testing.T, path, _ string) { testenv.WriteFile(t, path, strings.Repeat("text ", 2000)) }, sqldb.Corrupt, true},
		"a damaged marker": {func(t *testing.T, path, _ string) {
			testenv.WriteFile(t, path+"-marker", "{")
			touch(t, path, early)
		}, "if it is damaged, remove it", false},
		"a folder as the marker's lock": {func(t *testing.T, path, _ string) {
			if err := os.Mkdir(path+"-marker"+filelock.Suffix, 0o700); err != nil {
				t.Fatal(err)
			}
			touch(t, path, early)
		}, "not a regular file", false},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.db")
			db := open(t, path)
			copied := vacuumInto(t, db)
			db.Close()
			db = open(t, path)
			if err := add(t.Context(), db, "text"); err != nil {
				t.Fatal(err)
			}
			before := files(t, path)
			test.damage(t, path, copied)
			for range 3 {
				if err := db.Check(t.Context()); (err == nil) != (test.want == nil) || err != nil && !is(err, test.want) {
					t.Errorf("Check returns %v, want %v", err, test.want)
				}
			}
			os.Remove(path + "-marker" + filelock.Suffix)
			for _, suffix := range []string{"", "-marker"} {
				testenv.WriteFile(t, path+suffix, before[suffix])
			}
			touch(t, path, early.AddDate(0, 0, 1))
			if err := db.Check(t.Context()); (err != nil) != test.stays {
				t.Errorf("afterwards, Check returns %v", err)
			}
		})
	}
}

// Another program, which does not know of markers, may open and close a database. It does
// not take the log away, even if no query is running here.
func TestLogIsKeptOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	open(t, path).Close()
	for name, options := range map[string]sqlite.Options{"to write": {Empty: noThings}, "to read": {Existing: true}} {
		db, err := sqlite.OpenWith(t.Context(), path, options)
		if err != nil {
			t.Fatal(err)
		}
		db.SetMaxIdleConns(0)
		other, err := sql.Open("sqlite", path)
		if err == nil {
			_, err = other.Exec(`INSERT INTO things VALUES (7, 'by another')`)
		}
		if err == nil {
			err = other.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Check(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := db.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := count(t, open(t, path)); n != 2 {
		t.Errorf("%d things are there", n)
	}
}

// A program that does not know of markers moves the log into the file after everybody else
// has closed it, and crashes.
func TestCrashOfAnotherProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	db := open(t, path)
	if err := add(t.Context(), db, "text"); err != nil {
		t.Fatal(err)
	}
	other, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	other.SetMaxOpenConns(1)
	if _, err := other.Exec(`INSERT INTO things VALUES (7, 'by another')`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{`SELECT 1`, `PRAGMA wal_checkpoint(PASSIVE)`, `INSERT INTO things VALUES (8, 'by another')`} {
		if _, err := other.Exec(statement); err != nil {
			t.Fatal(err)
		}
		var want int
		if err := other.QueryRow(`SELECT COUNT(*) FROM things`).Scan(&want); err != nil {
			t.Fatal(err)
		}
		if n := count(t, open(t, crash(t, path))); n != want {
			t.Errorf("crashed after %s, %d of %d things are there", statement, n, want)
		}
	}
}

// Opening a database again, while this process has it open, releases none of the locks that
// SQLite has on the file: another process would take the log away.
func TestLocksStay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	first := open(t, path)
	if err := add(t.Context(), first, "text"); err != nil {
		t.Fatal(err)
	}
	if !isLocked(t, path) {
		testenv.Missing(t, "this system does not show which files are locked")
	}
	for range 2 {
		second, err := sqlite.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		if !isLocked(t, path) {
			t.Error("the file is not locked any more")
		}
		second.Close()
		if !isLocked(t, path) {
			t.Error("after one has closed it, the file is not locked any more")
		}
	}
}

// After a failed Close, nothing but the lock is released: see sqldb.ErrReplaced. After
// another error, nothing stays open.
func TestFailedClose(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	db := open(t, path)
	if err := add(t.Context(), db, "text"); err != nil {
		t.Fatal(err)
	}
	whole := testenv.ReadFile(t, path+"-marker")
	testenv.WriteFile(t, path+"-marker", "{")
	if err := db.Close(); err == nil || !strings.Contains(err.Error(), "if it is damaged, remove it") {
		t.Errorf("got %v", err)
	}
	if err := db.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
	noneOpen(t, path)
	testenv.WriteFile(t, path+"-marker", whole)
	if n := count(t, open(t, path)); n != 1 {
		t.Errorf("%d things are there", n)
	}

	path = filepath.Join(t.TempDir(), "x.db")
	db = open(t, path)
	if err := os.Remove(path + "-wal"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); !errors.Is(err, sqldb.ErrReplaced) {
		t.Errorf("got %v", err)
	}
	lock, err := filelock.Try(path)
	if err != nil {
		t.Fatal(err)
	}
	lock.Release()
}
