//go:build unix

package main

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/testenv"
)

// sqliteServer starts a licseald on a new SQLite file.
func sqliteServer(t *testing.T, v *vendor) (p *process, file string, args []string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "licences.db")
	args = []string{"--store", "sqlite:" + file, "--listen", "127.0.0.1:0", "--trust", v.trust}
	return start(t, args...), file, args
}

// post stores licences and returns how many the server has then.
func post(t *testing.T, v *vendor, p *process, name string, n int) {
	t.Helper()
	for i := range n {
		expect(t, 201, "POST", p.url+"/licenses", v.licence(t, fmt.Sprintf("%s-%d", name, i), 30))
	}
}

// stored returns how many licences a server has.
func stored(t *testing.T, p *process) int {
	t.Helper()
	return strings.Count(expect(t, 200, "GET", p.url+"/licenses?size=1000", ""), `"payload"`)
}

// sqliteBackup makes a copy as the guide once said: sqlite3 FILE ".backup COPY".
func sqliteBackup(t *testing.T, file string) string {
	t.Helper()
	pool, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	copied := filepath.Join(t.TempDir(), "copy.db")
	if _, err := pool.Exec(`VACUUM INTO ?`, copied); err != nil {
		t.Fatal(err)
	}
	return copied
}

// refused starts a licseald that must not start, and returns what it says.
func refused(t *testing.T, args ...string) string {
	t.Helper()
	p, err := tryStart(args...)
	if err == nil {
		p.kill()
		t.Fatal("licseald starts")
	}
	return err.Error()
}

// A copy that is put back after a crash is neither used with the log of the file that it
// replaces nor changed.
func TestCopyPutBackAfterCrash(t *testing.T) {
	v := newVendor(t)
	p, file, args := sqliteServer(t, v)
	post(t, v, p, "KEPT", 3)
	copied := sqliteBackup(t, file)
	post(t, v, p, "LATER", 2)
	p.kill()
	log := testenv.ReadFile(t, file+"-wal")
	testenv.WriteFile(t, file, testenv.ReadFile(t, copied))
	for range 2 {
		said := refused(t, args...)
		for _, want := range []string{"the log next to it", "nothing was changed", "licseald restore --store sqlite:" + file + " " + file} {
			if !strings.Contains(said, want) {
				t.Errorf("it says nothing of %q: %s", want, said)
			}
		}
	}
	if string(testenv.ReadFile(t, file)) != string(testenv.ReadFile(t, copied)) || string(testenv.ReadFile(t, file+"-wal")) != string(log) {
		t.Error("the files were changed")
	}
}

// After a crash, a server that finds its own files starts.
func TestStartAfterCrash(t *testing.T) {
	v := newVendor(t)
	p, _, args := sqliteServer(t, v)
	for i := range 3 {
		post(t, v, p, fmt.Sprint("RUN", i), 2)
		p.kill()
		p = start(t, args...)
		if got := stored(t, p); got != 2*(i+1) {
			t.Errorf("%d licences are there", got)
		}
	}
}

// What is done to the files of a running server: no write is acknowledged that is lost,
// and health checks say so.
func TestFileReplacedUnderServer(t *testing.T) {
	cases := map[string]func(t *testing.T, file, copied string) error{
		"moved over":  func(_ *testing.T, file, copied string) error { return os.Rename(copied, file) },
		"removed":     func(_ *testing.T, file, _ string) error { return os.Remove(file) },
		"log removed": func(_ *testing.T, file, _ string) error { return os.Remove(file + "-wal") },
		"overwritten": func(t *testing.T, file, copied string) error {
			return os.WriteFile(file, testenv.ReadFile(t, copied), 0o600)
		},
	}
	for name, replace := range cases {
		t.Run(name, func(t *testing.T) {
			v := newVendor(t)
			p, file, args := sqliteServer(t, v)
			post(t, v, p, "FIRST", 2)
			p.stop(t)
			copied := filepath.Join(filepath.Dir(file), "copy")
			testenv.WriteFile(t, copied, testenv.ReadFile(t, file))
			p = start(t, args...)
			post(t, v, p, "SECOND", 2)
			expect(t, 200, "GET", p.url+"/status", "")
			if err := replace(t, file, copied); err != nil {
				t.Fatal(err)
			}
			for i := range 3 {
				expect(t, 503, "POST", p.url+"/licenses", v.licence(t, fmt.Sprint("LOST-", i), 30))
			}
			expect(t, 503, "GET", p.url+"/status", "")
			if !strings.Contains(p.log.String(), "level=ERROR") || !strings.Contains(p.log.String(), "was moved or replaced while it was open") {
				t.Errorf("the log does not say so: %s", p.log)
			}
			p.Process.Signal(os.Interrupt)
			p.Wait()
			switch name {
			case "moved over", "overwritten":
				if said := refused(t, args...); !strings.Contains(said, "the log next to it") {
					t.Errorf("it says %s", said)
				}
			case "removed":
				if said := refused(t, args...); !strings.Contains(said, "--new-store") {
					t.Errorf("it says %s", said)
				}
			}
		})
	}
}

// A store that is gone is not replaced by an empty one, unless that is asked for.
func TestStoreLost(t *testing.T) {
	v := newVendor(t)
	p, file, args := sqliteServer(t, v)
	p.stop(t)
	p = start(t, args...) // an empty one stays acceptable while nothing is stored
	post(t, v, p, "LS", 1)
	p.stop(t)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if said := refused(t, args...); !strings.Contains(said, "something was stored in it before") || !strings.Contains(said, "--new-store") {
		t.Errorf("it says %s", said)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file was made: %v", err)
	}
	start(t, append(args, "--new-store")...).stop(t)
	p = start(t, args...)
	if got := stored(t, p); got != 0 {
		t.Errorf("%d licences are there", got)
	}
}

// A damaged database: health checks fail, and requests get 503, not 500.
func TestDamagedStore(t *testing.T) {
	v := newVendor(t)
	p, file, args := sqliteServer(t, v)
	post(t, v, p, "LS", 40)
	p.stop(t)
	data := testenv.ReadFile(t, file)
	for i := 4096; i < len(data); i++ { // all but the schema
		data[i] = 0xff
	}
	testenv.WriteFile(t, file, data)
	p, err := tryStart(args...)
	if err != nil {
		if !strings.Contains(err.Error(), "licseald restore --store") {
			t.Errorf("it says %v", err)
		}
		return
	}
	defer p.kill()
	expect(t, 503, "GET", p.url+"/status", "")
	expect(t, 503, "GET", p.url+"/licenses", "")
}
