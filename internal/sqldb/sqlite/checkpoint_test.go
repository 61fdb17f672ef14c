package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/internal/filelock"
	"github.com/licseal/licseal/internal/sqldb/sqlite"
	"github.com/licseal/licseal/internal/testenv"
)

// The log grows with the commits, is moved into the file once it is large, and begins again.
func TestLogIsMovedOnceItIsLarge(t *testing.T) {
	const large = 4 << 20
	path := filepath.Join(t.TempDir(), "s.db")
	db := open(t, path)
	log := func() int64 {
		info, err := os.Stat(path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	text := strings.Repeat("x", 256<<10)
	before, moved := log(), 0
	for commits := range 60 {
		if err := add(t.Context(), db, text); err != nil {
			t.Fatal(err)
		}
		switch size := log(); {
		case size < before:
			if moved++; before+int64(len(text)) < large {
				t.Fatalf("after %d commits, a log of %d bytes was moved", commits, before)
			}
			before = size
		case size > large+2*int64(len(text)):
			t.Fatalf("after %d commits, the log has %d bytes", commits, size)
		default:
			before = size
		}
	}
	if moved < 2 || moved > 4 {
		t.Errorf("the log was moved %d times", moved)
	}
	if n := count(t, db); n != 60 {
		t.Errorf("%d things are there", n)
	}
}

// While somebody reads an older state, the log stays, and nothing fails; that is tried again
// when the log has grown as much again. Afterwards it is moved.
func TestLogStaysForReaders(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	db := open(t, path)
	text := strings.Repeat("x", 1<<20)
	if err := add(t.Context(), db, "first"); err != nil {
		t.Fatal(err)
	}
	tx, err := db.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := tx.QueryRow(`SELECT COUNT(*) FROM things`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	tries, marker := 0, string(testenv.ReadFile(t, path+"-marker"))
	for range 6 {
		if err := add(t.Context(), db, text); err != nil {
			t.Fatal(err)
		}
		if now := string(testenv.ReadFile(t, path+"-marker")); now != marker {
			tries, marker = tries+1, now
		}
	}
	if tries != 1 {
		t.Errorf("it was tried %d times to move the log", tries)
	}
	size := func() int64 {
		info, err := os.Stat(path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	if size() < 6<<20 {
		t.Errorf("the log has %d bytes, and somebody reads it", size())
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	for range 6 {
		if err := add(t.Context(), db, text); err != nil {
			t.Fatal(err)
		}
	}
	if size() > 6<<20 || count(t, db) != 13 {
		t.Errorf("the log has %d bytes, and %d things are there", size(), count(t, db))
	}
}

// While another process has the lock of the marker, the log stays, and nothing waits for it.
func TestLogStaysWhileAnotherProcessMovesIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	db := open(t, path)
	if err := add(t.Context(), db, "first"); err != nil {
		t.Fatal(err)
	}
	lock, err := filelock.Try(path + "-marker")
	if err != nil {
		t.Fatal(err)
	}
	before := testenv.ReadFile(t, path)
	for range 3 {
		if err := add(t.Context(), db, strings.Repeat("x", 3<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(before, testenv.ReadFile(t, path)) {
		t.Error("the file was changed")
	}
	lock.Release()
	if err := add(t.Context(), db, strings.Repeat("x", 3<<20)); err != nil {
		t.Fatal(err)
	}
	if log := testenv.ReadFile(t, path+"-wal"); len(log) > 1<<20 {
		t.Errorf("afterwards, the log has %d bytes", len(log))
	}
}

// A database is opened while somebody else writes to it.
func TestOpenWhileSomebodyWrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	db := open(t, path)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(`INSERT INTO things (n, text) VALUES (1, 'x')`); err != nil {
		t.Fatal(err)
	}
	other, err := sqlite.OpenWith(t.Context(), path, sqlite.Options{Empty: noThings})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if n := count(t, other); n != 0 {
		t.Errorf("%d things are there before the commit", n)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := add(t.Context(), other, "y"); err != nil || count(t, db) != 2 {
		t.Errorf("%d things are there: %v", count(t, db), err)
	}
}

// A marker that cannot be read is an error that names it, and holds nothing up afterwards.
func TestDamagedMarker(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	db := open(t, path)
	if err := add(t.Context(), db, "x"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	whole := testenv.ReadFile(t, path+"-marker")
	testenv.WriteFile(t, path+"-marker", "{")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for range 2 {
		if _, err := sqlite.OpenWith(ctx, path, sqlite.Options{Empty: noThings}); err == nil || !strings.Contains(err.Error(), "reading "+path+"-marker: ") || !strings.Contains(err.Error(), "if it is damaged, remove it") {
			t.Fatalf("the error is %v", err)
		}
	}
	testenv.WriteFile(t, path+"-marker", string(whole))
	if n := count(t, open(t, path)); n != 1 {
		t.Errorf("%d things are there", n)
	}
}

// After the last process has closed it, a database has no log, and its marker allows one
// content: that of the file.
func TestMarkerAfterClose(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	for range 3 {
		db := open(t, path)
		if err := add(t.Context(), db, "x"); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		var marker struct {
			Incarnations []uint32
			Filled       bool
		}
		if err := json.Unmarshal(testenv.ReadFile(t, path+"-marker"), &marker); err != nil {
			t.Fatal(err)
		}
		header := binary.BigEndian.Uint32(testenv.ReadFile(t, path)[60:])
		if diff := cmp.Diff([]uint32{header}, marker.Incarnations); diff != "" || !marker.Filled {
			t.Errorf("filled %v, %s", marker.Filled, diff)
		}
		if _, err := os.Stat(path + "-wal"); err == nil {
			t.Error("there is a log")
		}
	}
}

// A copy is read without its log, if it has none or if that is wanted, and with it otherwise.
// Reading it changes no file, and needs none.
func TestOpenCopy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	db := open(t, path)
	if err := add(t.Context(), db, "in the file"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	clean := crash(t, path)
	db = open(t, path)
	if err := add(t.Context(), db, "in the log"); err != nil {
		t.Fatal(err)
	}
	withLog := crash(t, path)
	for _, test := range []struct {
		name  string
		path  string
		alone bool
		want  int
	}{
		{"no log", clean, false, 1}, {"no log, alone", clean, true, 1}, {"a log, alone", withLog, true, 1}, {"a log", withLog, false, 2},
	} {
		before := namesIn(t, filepath.Dir(test.path))
		content := files(t, test.path)
		copied, err := sqlite.OpenCopy(t.Context(), test.path, test.alone)
		if err != nil {
			t.Fatal(err)
		}
		if n := count(t, copied); n != test.want {
			t.Errorf("%s: %d things are there, and not %d", test.name, n, test.want)
		}
		if diff := cmp.Diff(before, namesIn(t, filepath.Dir(test.path))); diff != "" && test.want == 1 {
			t.Errorf("%s: while it is read, the folder changes: %s", test.name, diff)
		}
		if _, err := copied.Exec(`DELETE FROM things`); err == nil {
			t.Errorf("%s: it can be changed", test.name)
		}
		copied.Close()
		after := files(t, test.path)
		for suffix, data := range content {
			if suffix != "-shm" && after[suffix] != data {
				t.Errorf("%s: the file *%s has changed", test.name, suffix)
			}
		}
	}
	if _, err := sqlite.OpenCopy(t.Context(), filepath.Join(t.TempDir(), "none.db"), true); err == nil || !strings.Contains(err.Error(), "none.db") {
		t.Errorf("a copy that is missing: %v", err)
	}
}

// namesIn returns the names in a folder.
func namesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
