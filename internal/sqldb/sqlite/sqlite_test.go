package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/filelock"
	"github.com/licseal/licseal/internal/sqldb"
	"github.com/licseal/licseal/internal/sqldb/sqlite"
	"github.com/licseal/licseal/internal/testenv"
)

var things = []sqldb.Migration{`CREATE TABLE things (n BIGINT NOT NULL, text TEXT NOT NULL)`}

func noThings(ctx context.Context, pool *sql.DB) (bool, error) {
	var n int
	err := pool.QueryRowContext(ctx, `SELECT COUNT(*) FROM things`).Scan(&n)
	if err != nil && strings.Contains(err.Error(), "no such table") {
		return true, nil
	}
	return n == 0, err
}

func open(t *testing.T, path string) *sqldb.DB {
	t.Helper()
	db, err := sqlite.OpenWith(t.Context(), path, sqlite.Options{Empty: noThings})
	if err == nil {
		err = db.Migrate(t.Context(), "test", things)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func add(ctx context.Context, db *sqldb.DB, text string) error {
	return db.Tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO things (n, text) SELECT COUNT(*), $1 FROM things`, text)
		return err
	})
}

func count(t *testing.T, db *sqldb.DB) (n int) {
	t.Helper()
	if err := db.QueryRow(`SELECT COUNT(*) FROM things`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// files returns the content of all files of a database, by what their names end with.
func files(t *testing.T, path string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	names, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		suffix := strings.TrimPrefix(name, path)
		if strings.HasSuffix(suffix, filelock.Suffix) || strings.HasPrefix(suffix, ".aside") { // which come and go, and of another
			continue
		}
		all[suffix] = string(testenv.ReadFile(t, name))
	}
	return all
}

// crash copies the files of an open database, as a crash would leave them, to another
// folder.
func crash(t *testing.T, path string) string {
	t.Helper()
	image := filepath.Join(t.TempDir(), "x.db")
	for suffix, data := range files(t, path) {
		if suffix != "-shm" { // which a restart of the machine does not leave
			testenv.WriteFile(t, image+suffix, data)
		}
	}
	return image
}

// vacuumInto returns a copy that was made by means of SQLite.
func vacuumInto(t *testing.T, db *sqldb.DB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "copy")
	if _, err := db.Exec(`VACUUM INTO ?`, path); err != nil {
		t.Fatal(err)
	}
	return string(testenv.ReadFile(t, path))
}

// After a crash, what was committed is there. A copy of the file that is put in its
// place is refused, and no file is changed: the log would be written over it.
func TestCopyAfterCrash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	ctx, copies := t.Context(), map[string]string{}
	db := open(t, path)
	if err := add(ctx, db, "of the first run"); err != nil {
		t.Fatal(err)
	}
	copies["by SQLite in an earlier run"] = vacuumInto(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	copies["of the file between two runs"] = string(testenv.ReadFile(t, path))
	db = open(t, path)
	if err := add(ctx, db, "of the second run"); err != nil {
		t.Fatal(err)
	}
	copies["by SQLite earlier in this run"] = vacuumInto(t, db)
	for range 3 { // until the log is moved
		if err := add(ctx, db, strings.Repeat("x", 2<<20)); err != nil {
			t.Fatal(err)
		}
	}
	copies["by SQLite just before the last write"] = vacuumInto(t, db)
	second := open(t, path)
	copies["by SQLite with two that have it open"] = vacuumInto(t, db)
	second.Close()
	if err := add(ctx, db, "the last"); err != nil {
		t.Fatal(err)
	}
	want := count(t, db)
	reader, err := sqlite.OpenWith(ctx, path, sqlite.Options{Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	reader.Close() // changes nothing
	image := crash(t, path)
	for name, copied := range copies {
		t.Run(name, func(t *testing.T) {
			image := crash(t, image)
			testenv.WriteFile(t, image, copied)
			before := files(t, image)
			_, err := sqlite.Open(t.Context(), image)
			if !errors.Is(err, sqlite.ErrForeignLog) {
				t.Errorf("got %v", err)
			}
			if after := files(t, image); fmt.Sprint(after) != fmt.Sprint(before) {
				t.Error("the files were changed")
			}
			// Without the marker, whoever removes it decides.
			if err := os.Remove(image + "-marker"); err != nil {
				t.Fatal(err)
			}
			if db, err := sqlite.Open(t.Context(), image); err != nil && sqldb.KindOf(err) != sqldb.Corrupt {
				t.Errorf("without a marker: %v", err)
			} else if err == nil {
				db.Close()
			}
		})
	}
	for range 3 { // with a crash after each start
		db := open(t, image)
		if got := count(t, db); got != want {
			t.Errorf("after a crash, %d of %d things are there", got, want)
		}
		image = crash(t, image)
	}
}

// A database whose file is missing or empty next to its log is refused, and the log is
// kept: SQLite would remove it.
func TestLogAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	if err := add(t.Context(), open(t, path), "text"); err != nil {
		t.Fatal(err)
	}
	for _, empty := range []bool{false, true} {
		for _, marker := range []bool{false, true} {
			image := crash(t, path)
			os.Remove(image)
			if empty {
				testenv.WriteFile(t, image, "")
			}
			want := sqlite.ErrLost
			if !marker {
				os.Remove(image + "-marker")
				want = sqlite.ErrForeignLog
			}
			before := files(t, image)
			if _, err := sqlite.Open(t.Context(), image); !errors.Is(err, want) {
				t.Errorf("empty %v, marker %v: %v", empty, marker, err)
			}
			if fmt.Sprint(files(t, image)) != fmt.Sprint(before) {
				t.Errorf("empty %v, marker %v: the files were changed", empty, marker)
			}
		}
	}
}

// What is done to the files of an open database keeps every later commit from being
// acknowledged, and shows in Check. Closing then leaves what is there as it is.
func TestReplacedWhileOpen(t *testing.T) {
	cases := map[string]func(t *testing.T, path, copied string) error{
		"the file is moved over": func(t *testing.T, path, copied string) error {
			return errors.Join(os.WriteFile(path+".new", []byte(copied), 0o600), os.Rename(path+".new", path))
		},
		"the file is removed": func(_ *testing.T, path, _ string) error { return os.Remove(path) },
		"the log is removed":  func(_ *testing.T, path, _ string) error { return os.Remove(path + "-wal") },
		"the folder is moved": func(_ *testing.T, path, _ string) error {
			return os.Rename(filepath.Dir(path), filepath.Dir(path)+"-2")
		},
		"the file is overwritten": func(t *testing.T, path, copied string) error { return os.WriteFile(path, []byte(copied), 0o600) },
		"the log is replaced": func(t *testing.T, path, _ string) error {
			return errors.Join(os.WriteFile(path+".new", nil, 0o600), os.Rename(path+".new", path+"-wal"))
		},
	}
	for name, replace := range cases {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "dir", "x.db")
			if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			db := open(t, path)
			if err := add(t.Context(), db, "text"); err != nil {
				t.Fatal(err)
			}
			copied := vacuumInto(t, db)
			db.Close()
			db = open(t, path)
			if err := db.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := replace(t, path, copied); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := add(t.Context(), db, "lost"); !errors.Is(err, sqldb.ErrReplaced) {
					t.Errorf("a commit is acknowledged: %v", err)
				}
				if err := db.Check(t.Context()); !errors.Is(err, sqldb.ErrReplaced) {
					t.Errorf("Check returns %v", err)
				}
			}
			before := files(t, path)
			if err := db.Close(); !errors.Is(err, sqldb.ErrReplaced) {
				t.Errorf("Close returns %v", err)
			}
			if fmt.Sprint(files(t, path)) != fmt.Sprint(before) {
				t.Error("Close changed the files")
			}
		})
	}
}

// A link that leads to another file counts as that file.
func TestLink(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link.db")
	open(t, filepath.Join(dir, "a.db")).Close()
	if err := os.Symlink("a.db", link); err != nil {
		t.Fatal(err)
	}
	db := open(t, link)
	if err := add(t.Context(), db, "text"); err != nil {
		t.Fatal(err)
	}
	open(t, filepath.Join(dir, "b.db"))
	if err := errors.Join(os.Remove(link), os.Symlink("b.db", link)); err != nil {
		t.Fatal(err)
	}
	if err := add(t.Context(), db, "text"); !errors.Is(err, sqldb.ErrReplaced) {
		t.Errorf("got %v", err)
	}
}

// A program that knows of no marker may share a database. It may move the log.
func TestShared(t *testing.T) {
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
	for range 3 {
		if _, err := other.Exec(`INSERT INTO things VALUES (7, 'by another'); PRAGMA wal_checkpoint(PASSIVE)`); err != nil {
			t.Fatal(err)
		}
		if err := add(t.Context(), db, "text"); err != nil {
			t.Error(err)
		}
	}
	image := crash(t, path)
	if got := count(t, open(t, image)); got != 7 {
		t.Errorf("%d things are there", got)
	}
}

// A database that was not empty and is empty now needs Options.New.
func TestLost(t *testing.T) {
	cases := map[string]func(*testing.T, string) error{
		"removed": func(_ *testing.T, path string) error { return os.Remove(path) },
		"cut":     func(_ *testing.T, path string) error { return os.Truncate(path, 0) },
		"another": func(t *testing.T, path string) error {
			other := filepath.Join(t.TempDir(), "other.db")
			open(t, other).Close()
			return os.Rename(other, path)
		},
	}
	for name, lose := range cases {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.db")
			for range 2 {
				open(t, path).Close() // empty is accepted as long as nothing was stored
			}
			db := open(t, path)
			if err := add(t.Context(), db, "text"); err != nil {
				t.Fatal(err)
			}
			db.Close()
			if err := lose(t, path); err != nil {
				t.Fatal(err)
			}
			options := sqlite.Options{Empty: noThings}
			for range 2 {
				if _, err := sqlite.OpenWith(t.Context(), path, options); !errors.Is(err, sqlite.ErrLost) {
					t.Fatalf("got %v", err)
				}
			}
			options.New = true
			db, err := sqlite.OpenWith(t.Context(), path, options)
			if err != nil {
				t.Fatal(err)
			}
			db.Close()
			open(t, path).Close() // it is new now
		})
	}
}

// The lock of a database keeps it from being opened.
func TestLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	db := open(t, path)
	if _, err := filelock.Try(path); !errors.Is(err, filelock.ErrHeld) {
		t.Errorf("an open database is locked: %v", err)
	}
	open(t, path).Close() // others may open it
	db.Close()
	lock, err := filelock.Try(path)
	if err != nil {
		t.Fatal(err)
	}
	expired, cancel := context.WithTimeout(t.Context(), 1)
	defer cancel()
	if _, err := sqlite.Open(expired, path); err == nil || !strings.Contains(err.Error(), "being restored") {
		t.Errorf("got %v", err)
	}
	db, err = sqlite.OpenWith(t.Context(), path, sqlite.Options{Lock: lock})
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	lock.Release()
	open(t, path)
}

// Opening a file to read it creates none.
func TestExisting(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.db")
	if _, err := sqlite.OpenWith(t.Context(), path, sqlite.Options{Existing: true}); !errors.Is(err, os.ErrNotExist) || strings.Count(err.Error(), path) != 1 {
		t.Errorf("got %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("there are %v, %v", entries, err)
	}
	if err := add(t.Context(), open(t, path), "text"); err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.OpenWith(t.Context(), path, sqlite.Options{Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := count(t, db); got != 1 {
		t.Errorf("%d things are there", got)
	}
	db.Close()
}

// MoveAside keeps the files of a database together, under a name that no other has: the time,
// and a number from 1 if that is taken.
func TestMoveAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	if err := add(t.Context(), open(t, path), "text"); err != nil {
		t.Fatal(err)
	}
	image := crash(t, path)
	asides := make(map[string]int) // how many have which time
	for range 3 {
		before := files(t, image)
		aside, err := sqlite.MoveAside(image)
		if err != nil {
			t.Fatal(err)
		}
		if after := files(t, aside); fmt.Sprint(after) != fmt.Sprint(before) {
			t.Errorf("got %v", after)
		}
		name := regexp.MustCompile(`\.aside-\d{8}T\d{6}Z`).FindString(aside)
		want := image + name
		if n := asides[name]; n > 0 {
			want += fmt.Sprintf("-%d", n)
		}
		if aside != want {
			t.Errorf("got %s, want %s", aside, want)
		}
		asides[name]++
		if got := count(t, open(t, aside)); got != 1 {
			t.Errorf("%d things are there", got)
		}
		for suffix, data := range before {
			testenv.WriteFile(t, image+suffix, data)
		}
	}
	long := filepath.Join(filepath.Dir(image), strings.Repeat("x", 250)) // so that the other name is too long
	testenv.WriteFile(t, long, "text")
	if _, err := sqlite.MoveAside(long); err == nil || errors.Is(err, os.ErrNotExist) {
		t.Errorf("a name that is too long: %v", err)
	}
	if got := testenv.ReadFile(t, long); string(got) != "text" {
		t.Errorf("the file has %q", got)
	}
}
