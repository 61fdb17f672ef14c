//go:build unix

package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/internal/testenv/pgtest"
)

// A file that is no store is left as it is by commands that read.
func TestNoStore(t *testing.T) {
	for name, make := range map[string]func(path string){
		"missing":  func(string) {},
		"empty":    func(path string) { testenv.WriteFile(t, path, "") },
		"text":     func(path string) { testenv.WriteFile(t, path, strings.Repeat("some text\n", 500)) },
		"folder":   func(path string) { os.Mkdir(path, 0o700) },
		"database": func(path string) { otherDatabase(t, path) },
	} {
		for _, command := range [][]string{{"history"}, {"history", "--head"}, {"backup"}} {
			t.Run(name+" "+strings.Join(command, " "), func(t *testing.T) {
				dir := t.TempDir()
				path := filepath.Join(dir, "file")
				make(path)
				before := contents(t, dir)
				args := append(command, "--store", "sqlite:"+path)
				if command[0] == "backup" {
					args = append(args, filepath.Join(t.TempDir(), "backup"))
				}
				if said := fails(t, args...); !strings.Contains(said, path) {
					t.Errorf("it says %s", said)
				}
				if diff := cmp.Diff(before, contents(t, dir)); diff != "" {
					t.Errorf("files have changed: %s", diff)
				}
			})
		}
	}
}

func otherDatabase(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`CREATE TABLE things (name TEXT)`); err != nil {
		t.Fatal(err)
	}
}

// contents returns the files of a folder.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text := "a folder"
		if !e.IsDir() {
			text = string(testenv.ReadFile(t, filepath.Join(dir, e.Name())))
		}
		files[e.Name()] = text
	}
	return files
}

// The history tells keys apart that look the same when they are masked.
func TestHistoryKeys(t *testing.T) {
	v := newVendor(t)
	store := "sqlite:" + filepath.Join(t.TempDir(), "licences.db")
	p := start(t, "--store", store, "--listen", "127.0.0.1:0", "--trust", v.trust)
	keys := []string{"LS-0001", "LS-0101", "A1", "A2"}
	for _, key := range keys {
		expect(t, 201, "POST", p.url+"/licenses", v.licence(t, key, 30))
	}
	p.stop(t)
	lines := strings.Split(strings.TrimSpace(output(t, "history", "--store", store)), "\n")[1:]
	for i, key := range keys {
		want := regexp.MustCompile(` \(` + admin.Hash(key)[:8] + `\), Example Company, Inc, until \d{4}-\d\d-\d\d$`)
		if !want.MatchString(lines[i]) {
			t.Errorf("%s: %s", key, lines[i])
		}
		if len(key) > 3 && strings.Contains(lines[i], key) {
			t.Errorf("the key is shown: %s", lines[i])
		}
	}
}

// With --wait-for-store, the server starts once PostgreSQL does. Without it, it ends.
func TestWaitForStore(t *testing.T) {
	t.Parallel()
	v, server := newVendor(t), pgtest.Start(t)
	store := server.NewDatabase(t)
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	args := []string{"--store", store, "--listen", "127.0.0.1:0", "--trust", v.trust}
	if said := fails(t, args...); !strings.Contains(said, "opening the database") {
		t.Errorf("it says %s", said)
	}
	started := make(chan *process)
	go func() {
		p, err := tryStart(append(args, "--wait-for-store", "100s")...)
		if err != nil {
			t.Error(err)
		}
		started <- p
	}()
	if err := server.Start(); err != nil {
		t.Error(err)
	}
	p := <-started
	if p == nil {
		return
	}
	defer p.kill()
	expect(t, 201, "POST", p.url+"/licenses", v.licence(t, "LS-1", 30))
	if said := fails(t, "--store", "postgres://host:port/x", "--trust", v.trust, "--wait-for-store", "100s"); !strings.Contains(said, "reading the address") {
		t.Errorf("a wrong address: %s", said)
	}
}

// A password in --store warns, and is not shown.
func TestPasswordWarning(t *testing.T) {
	v := newVendor(t)
	for _, store := range []string{"postgres://user:hunter22@127.0.0.1:1/x", "postgres://user@127.0.0.1:1/x?password=hunter22"} {
		for _, args := range [][]string{{"--trust", v.trust}, {"history"}, {"backup", "-"}, {"migrate"}} {
			args = append(args[:1:1], append([]string{"--store", store}, args[1:]...)...)
			if args[0] == "--trust" {
				args = []string{"--trust", v.trust, "--store", store}
			}
			if said := fails(t, args...); strings.Count(said, "--store has a password") != 1 || strings.Contains(said, "hunter22") {
				t.Errorf("%v says %s", args, said)
			}
		}
	}
	if said := fails(t, "history", "--store", "postgres://user@127.0.0.1:1/x"); strings.Contains(said, "--store has a password") {
		t.Errorf("without a password: %s", said)
	}
}
