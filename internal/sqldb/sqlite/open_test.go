package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/internal/filelock"
	"github.com/licseal/licseal/internal/sqldb"
	"github.com/licseal/licseal/internal/sqldb/sqlite"
	"github.com/licseal/licseal/internal/testenv"
)

// Files are opened if they belong together. Otherwise no file is changed, nothing stays
// open or locked, and the same is said again.
func TestFilesThatBelongTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	db := open(t, path)
	if err := add(t.Context(), db, "in the file"); err != nil {
		t.Fatal(err)
	}
	copied := vacuumInto(t, db)
	db.Close()
	db = open(t, path)
	if err := add(t.Context(), db, "in the log"); err != nil {
		t.Fatal(err)
	}
	crashed := crash(t, path)
	const absent = "absent"
	existing := sqlite.Options{Existing: true}
	broken := errors.New("no answer")
	for name, test := range map[string]struct {
		files   map[string]string // what is put in their place
		options sqlite.Options
		want    any // what the error is or says; nil: it is opened
	}{
		"after a crash":                        {},
		"a copy":                               {map[string]string{"": copied}, sqlite.Options{}, sqlite.ErrForeignLog},
		"a copy, to read":                      {map[string]string{"": copied}, existing, sqlite.ErrForeignLog},
		"a copy, new":                          {map[string]string{"": copied}, sqlite.Options{New: true}, sqlite.ErrForeignLog},
		"a copy, without the log":              {map[string]string{"": copied, "-wal": absent}, sqlite.Options{}, nil},
		"a copy, and an empty log":             {map[string]string{"": copied, "-wal": ""}, sqlite.Options{}, nil},
		"half a header":                        {map[string]string{"": copied[:63]}, sqlite.Options{}, "reading its header"},
		"no database":                          {map[string]string{"": strings.Repeat("text ", 1000), "-wal": absent}, sqlite.Options{}, sqldb.Corrupt},
		"no database, to read":                 {map[string]string{"": strings.Repeat("text ", 1000), "-wal": absent}, existing, sqldb.Corrupt},
		"two bytes, without the log":           {map[string]string{"": "xy", "-wal": absent}, sqlite.Options{}, sqldb.Corrupt},
		"nothing but the log":                  {map[string]string{"": absent, "-marker": absent}, sqlite.Options{}, "missing or empty"},
		"nothing but one byte of a log":        {map[string]string{"": absent, "-wal": "x", "-marker": absent}, sqlite.Options{}, sqlite.ErrForeignLog},
		"nothing but an empty log":             {map[string]string{"": absent, "-wal": "", "-marker": absent}, sqlite.Options{}, nil},
		"nothing but an empty log, to read":    {map[string]string{"": absent, "-wal": "", "-marker": absent}, existing, "there is no database in it"},
		"nothing but an empty file, to read":   {map[string]string{"": "", "-wal": absent, "-marker": absent}, existing, "there is no database in it"},
		"nothing but a marker":                 {map[string]string{"": absent, "-wal": absent}, sqlite.Options{}, sqlite.ErrLost},
		"nothing, to read":                     {map[string]string{"": absent, "-wal": absent, "-marker": absent}, existing, os.ErrNotExist},
		"a damaged marker":                     {map[string]string{"-marker": "{"}, sqlite.Options{}, "if it is damaged, remove it"},
		"it cannot be said if it is empty":     {nil, sqlite.Options{Empty: func(context.Context, *sql.DB) (bool, error) { return false, broken }}, broken},
		"it has nothing that the caller knows": {nil, sqlite.Options{Empty: func(context.Context, *sql.DB) (bool, error) { return true, nil }}, sqlite.ErrLost},
	} {
		t.Run(name, func(t *testing.T) {
			image := crash(t, crashed)
			for suffix, data := range test.files {
				if os.Remove(image + suffix); data != absent {
					testenv.WriteFile(t, image+suffix, data)
				}
			}
			before := files(t, image)
			for range 2 {
				db, err := sqlite.OpenWith(t.Context(), image, test.options)
				if test.want == nil {
					if err != nil {
						t.Fatal(err)
					}
					if err := db.Close(); err != nil {
						t.Fatal(err)
					}
					noneOpen(t, image)
					continue
				}
				if err == nil {
					db.Close()
					t.Fatal("it is opened")
				}
				if !is(err, test.want) || !strings.Contains(err.Error(), image) {
					t.Errorf("got %v, want %v", err, test.want)
				}
				noneOpen(t, image)
				after := files(t, image)
				delete(after, "-shm")                                                         // which says nothing without somebody who has it open
				if diff := cmp.Diff(before, after); diff != "" && test.options.Empty == nil { // which reads the log
					t.Errorf("the files were changed: %.500s", diff)
				}
			}
			lock, err := filelock.Try(image)
			if err != nil {
				t.Fatal(err)
			}
			lock.Release()
		})
	}
}

// is reports whether an error is what is wanted: another error, of a kind, or with a text.
func is(err error, want any) bool {
	switch want := want.(type) {
	case error:
		return errors.Is(err, want)
	case sqldb.Kind:
		return sqldb.KindOf(err) == want
	}
	return strings.Contains(err.Error(), fmt.Sprint(want))
}

// noneOpen fails the test if this process has a file in the folder of a database open. It
// sees that on Linux.
func noneOpen(t *testing.T, path string) {
	t.Helper()
	links, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if name, err := os.Readlink(link); err == nil && strings.HasPrefix(name, filepath.Dir(path)+"/") {
			t.Errorf("%s stays open", name)
		}
	}
}

// What could not be opened leaves no pool of connections, which has a goroutine.
func TestFailedOpensLeaveNoPools(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.db")
	testenv.WriteFile(t, path, strings.Repeat("text ", 1000))
	for name, open := range map[string]func() (*sqldb.DB, error){
		"a copy that is missing": func() (*sqldb.DB, error) { return sqlite.OpenCopy(t.Context(), filepath.Join(dir, "none.db"), true) },
		"what is not a database": func() (*sqldb.DB, error) { return sqlite.Open(t.Context(), path) },
	} {
		before := pools() // of which a few may be about to end
		for range 20 {
			if _, err := open(); err == nil {
				t.Fatalf("%s is opened", name)
			}
		}
		for end := time.Now().Add(5 * time.Second); pools() > before; runtime.Gosched() {
			if time.Now().After(end) {
				t.Fatalf("%s leaves pools: there were %d, and there are %d", name, before, pools())
			}
		}
	}
}

// pools returns how many pools of connections this process has open.
func pools() int {
	stacks := make([]byte, 1<<20)
	return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), "created by database/sql.OpenDB ")
}

// A failed attempt to open a database does not count as one that has it open: its header is
// looked at again.
func TestCopyAfterFailedOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	db := open(t, path)
	copied := vacuumInto(t, db)
	if err := add(t.Context(), db, "text"); err != nil {
		t.Fatal(err)
	}
	image := crash(t, path)
	empty := func(context.Context, *sql.DB) (bool, error) { return true, nil }
	if _, err := sqlite.OpenWith(t.Context(), image, sqlite.Options{Empty: empty}); !errors.Is(err, sqlite.ErrLost) {
		t.Fatalf("got %v", err)
	}
	image2 := crash(t, path)
	for suffix, data := range files(t, image2) {
		testenv.WriteFile(t, image+suffix, data)
	}
	testenv.WriteFile(t, image, copied)
	if _, err := sqlite.Open(t.Context(), image); !errors.Is(err, sqlite.ErrForeignLog) {
		t.Errorf("got %v", err)
	}
}

// With Options.New, what is left of a lost database is kept under another name.
func TestNewKeepsWhatIsLeft(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	if err := add(t.Context(), open(t, path), "text"); err != nil {
		t.Fatal(err)
	}
	image := crash(t, path)
	if err := os.Remove(image); err != nil {
		t.Fatal(err)
	}
	left := files(t, image)
	db, err := sqlite.OpenWith(t.Context(), image, sqlite.Options{Empty: noThings, New: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	asides, err := filepath.Glob(image + ".aside-*-wal")
	if err != nil || len(asides) != 1 {
		t.Fatalf("there are %q, %v", asides, err)
	}
	if diff := cmp.Diff(left, files(t, strings.TrimSuffix(asides[0], "-wal"))); diff != "" {
		t.Error(diff)
	}
	if _, err := db.Exec(`SELECT * FROM things`); err == nil {
		t.Error("the new database has the old tables")
	}
}

// Options.Empty is called until something was stored, and never afterwards.
func TestEmptyIsCalledUntilSomethingWasStored(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	for run, want := range []int{4, 1} { // opened, the table, a transaction of nothing, the first thing; opened
		calls := 0
		db, err := sqlite.OpenWith(t.Context(), path, sqlite.Options{Empty: func(ctx context.Context, pool *sql.DB) (bool, error) {
			calls++
			return noThings(ctx, pool)
		}})
		if err == nil {
			err = db.Tx(t.Context(), func(tx *sql.Tx) error {
				_, err := tx.Exec(`CREATE TABLE IF NOT EXISTS things (n BIGINT NOT NULL, text TEXT NOT NULL)`)
				return err
			})
		}
		if err == nil {
			err = db.Tx(t.Context(), func(*sql.Tx) error { return nil })
		}
		for range 3 {
			if err == nil {
				err = add(t.Context(), db, "x")
			}
		}
		if err == nil {
			err = db.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		if calls != want {
			t.Errorf("run %d: called %d times, want %d", run, calls, want)
		}
	}
}

// As many transactions read at a time as there are connections, but for the one that
// writes, and all connections are kept.
func TestConnections(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "x.db"))
	if n := db.Stats().MaxOpenConnections; n != 8 {
		t.Errorf("there are at most %d connections", n)
	}
	var all []*sql.Conn
	for range 8 {
		c, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	for _, c := range all {
		c.Close()
	}
	if n := db.Stats().Idle; n != 8 {
		t.Errorf("%d connections are kept", n)
	}
}

// A folder that does not exist is named.
func TestNoFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	if _, err := sqlite.Open(t.Context(), filepath.Join(dir, "x.db")); err == nil || !strings.Contains(err.Error(), "the folder "+dir+" does not exist") {
		t.Errorf("got %v", err)
	}
}

// The first process of all switches a file to its log, and waits for another program that
// writes to it meanwhile, as long as the caller does.
func TestSwitchToTheLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	other, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate")
	if err == nil {
		_, err = other.Exec(string(things[0]))
	}
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for _, ends := range []bool{false, true} { // the other one's transaction
		tx, err := other.Begin()
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		if ends {
			ctx, cancel = context.WithTimeout(t.Context(), testenv.Patience)
			time.AfterFunc(20*time.Millisecond, func() { tx.Rollback() })
		}
		db, err := sqlite.Open(ctx, path)
		cancel()
		if ends && err != nil || !ends && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the other one ends %v: %v", ends, err)
		}
		if err == nil {
			db.Close()
		}
		tx.Rollback()
	}
}
