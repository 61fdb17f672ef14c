//go:build unix

package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/admin/storetest"
	"github.com/licseal/licseal/internal/sqldb/dump"
	"github.com/licseal/licseal/internal/sqldb/sqlite"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/internal/testenv/pgtest"
)

// dumpOf returns all rows of a store.
func dumpOf(t *testing.T, name string) string {
	t.Helper()
	db, err := openDatabase(t.Context(), name, sqlite.Options{Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var b bytes.Buffer
	err = dump.Snapshot(t.Context(), db, func(tx *sql.Tx) error {
		source, err := dump.Of(t.Context(), tx, db.Dialect)
		if err == nil {
			_, err = dump.Write(&b, source, time.Time{}, "")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rowsOf(b.String())
}

// rowsOf returns the rows of a dump without its header and its trailer, which have the time.
func rowsOf(text string) string {
	_, rows, _ := strings.Cut(text, "\n")
	return rows[:strings.LastIndex(rows, `{"rows":`)]
}

// fails runs licseald with arguments with which it must fail, and returns what it says.
func fails(t *testing.T, args ...string) string {
	t.Helper()
	text, err := command(args...).CombinedOutput()
	if err == nil {
		t.Errorf("licseald %s succeeds: %s", args, text)
	}
	return string(text)
}

// The way of the guide: a backup while the server is running, a crash, and the backup is
// restored. Nothing of the old log comes back, and what was there is in another backup.
func TestRestoreAfterCrash(t *testing.T) {
	v := newVendor(t)
	p, file, args := sqliteServer(t, v)
	store, backup := "sqlite:"+file, filepath.Join(t.TempDir(), "backup")
	post(t, v, p, "KEPT", 5)
	output(t, "backup", "--store", store, backup)
	want := dumpOf(t, store)
	var list admin.Page
	if err := json.Unmarshal([]byte(expect(t, 200, "GET", p.url+"/licenses", "")), &list); err != nil || len(list.Data) != 5 {
		t.Fatalf("%d licences: %v", len(list.Data), err)
	}
	for _, record := range list.Data {
		expect(t, 204, "DELETE", p.url+"/licenses/"+record.ID, "")
	}
	post(t, v, p, "LATER", 2)
	if said := fails(t, "restore", "--store", store, backup); !strings.Contains(said, "stop it first") {
		t.Errorf("while the server is running: %s", said)
	}
	p.kill()
	later := dumpOf(t, store)
	keep := filepath.Join(t.TempDir(), "keep")
	if said := output(t, "restore", "--store", store, "--keep", keep, backup); !strings.Contains(said, "restored: licences: 5, changes in the history: 5") {
		t.Errorf("it says %s", said)
	}
	if got := dumpOf(t, store); got != want {
		t.Errorf("the store is not as in the backup: %.2000s", got)
	}
	p = start(t, args...)
	if got := stored(t, p); got != 5 {
		t.Errorf("%d licences are there", got)
	}
	p.kill()
	output(t, "restore", "--store", store, keep)
	if got := dumpOf(t, store); got != later {
		t.Errorf("what was there before is not as it was: %.2000s", got)
	}
	if others, _ := filepath.Glob(file + ".before-restore-*"); len(others) != 1 {
		t.Errorf("backups of what was there: %v", others)
	}
}

// A copy that was put back by hand is used by the command that the error names, and the
// files with the log are kept.
func TestRestoreCopyPutBack(t *testing.T) {
	v := newVendor(t)
	p, file, args := sqliteServer(t, v)
	store := "sqlite:" + file
	post(t, v, p, "KEPT", 3)
	copied, want := sqliteBackup(t, file), dumpOf(t, store)
	post(t, v, p, "LATER", 2)
	later := dumpOf(t, store)
	p.kill()
	log := testenv.ReadFile(t, file+"-wal")
	if err := os.Rename(copied, file); err != nil {
		t.Fatal(err)
	}
	refused(t, args...)
	if said := output(t, "restore", "--store", store, file); !strings.Contains(said, "renamed: "+file) {
		t.Errorf("it says %s", said)
	}
	if got := dumpOf(t, store); got != want || got == later {
		t.Errorf("the store is not the copy: %.2000s", got)
	}
	asides, _ := filepath.Glob(file + ".aside-*-wal")
	if len(asides) != 1 || !bytes.Equal(testenv.ReadFile(t, asides[0]), log) {
		t.Errorf("the log is not kept: %v", asides)
	}
	p = start(t, args...)
	if got := stored(t, p); got != 3 {
		t.Errorf("%d licences are there", got)
	}
	p.stop(t)
	if said := fails(t, "restore", "--store", store, file); !strings.Contains(said, "nothing to restore") {
		t.Errorf("it says %s", said)
	}
}

// A store that cannot be opened is renamed, and the backup is restored into a new file:
// one that is damaged, one that is no database, and one that is gone.
func TestRestoreDamagedStore(t *testing.T) {
	cases := map[string]func(t *testing.T, file string){
		"pages":  func(t *testing.T, file string) { damage(t, file, 4096) },
		"header": func(t *testing.T, file string) { damage(t, file, 0) },
		"removed": func(t *testing.T, file string) {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, breakFile := range cases {
		t.Run(name, func(t *testing.T) {
			v := newVendor(t)
			p, file, args := sqliteServer(t, v)
			store, backup := "sqlite:"+file, filepath.Join(t.TempDir(), "backup")
			post(t, v, p, "LS", 3)
			output(t, "backup", "--store", store, backup)
			want := dumpOf(t, store)
			if name == "removed" {
				p.kill()
			} else {
				p.stop(t) // otherwise everything is in the log
			}
			breakFile(t, file)
			damaged, _ := os.ReadFile(file)
			refused(t, args...)
			output(t, "restore", "--store", store, backup)
			if got := dumpOf(t, store); got != want {
				t.Errorf("the store is not as in the backup: %.2000s", got)
			}
			asides, _ := filepath.Glob(file + ".aside-*Z")
			if name != "removed" && (len(asides) != 1 || !bytes.Equal(testenv.ReadFile(t, asides[0]), damaged)) {
				t.Errorf("the damaged file is not kept: %v", asides)
			}
			start(t, args...).stop(t)
		})
	}
}

// damage overwrites a file from a byte on.
func damage(t *testing.T, file string, from int) {
	t.Helper()
	data := testenv.ReadFile(t, file)
	for i := from; i < len(data); i++ {
		data[i] = 0xff
	}
	testenv.WriteFile(t, file, data)
}

// A backup of either store, restored into the other and back, has equal content and
// history.
func TestRestoreBetweenStores(t *testing.T) {
	v := newVendor(t)
	p, file, _ := sqliteServer(t, v)
	first, second, last := "sqlite:"+file, pgtest.Database(t), "sqlite:"+filepath.Join(t.TempDir(), "last.db")
	post(t, v, p, "LS", 4)
	var list admin.Page
	if err := json.Unmarshal([]byte(expect(t, 200, "GET", p.url+"/licenses", "")), &list); err != nil {
		t.Fatal(err)
	}
	expect(t, 200, "PATCH", p.url+"/licenses/"+list.Data[0].ID, v.licence(t, "LS-CHANGED", 60))
	expect(t, 204, "DELETE", p.url+"/licenses/"+list.Data[1].ID, "")
	p.stop(t)
	stores := []string{first, second, last}
	for i, from := range stores[:2] {
		backup := filepath.Join(t.TempDir(), "backup")
		output(t, "backup", "--store", from, backup)
		output(t, "restore", "--store", stores[i+1], backup)
	}
	for _, store := range stores[1:] {
		if dumpOf(t, store) != dumpOf(t, first) {
			t.Errorf("the content of %s is another", store)
		}
		if output(t, "history", "--json", "--store", store) != output(t, "history", "--json", "--store", first) {
			t.Errorf("the history of %s is another", store)
		}
		p := start(t, "--store", store, "--listen", "127.0.0.1:0", "--trust", v.trust)
		if got := stored(t, p); got != 3 {
			t.Errorf("%d licences are there", got)
		}
		post(t, v, p, "NEW", 1)
		p.stop(t)
	}
	copied := filepath.Join(t.TempDir(), "copy.db") // of SQLite, which is a backup as well
	if err := os.Rename(file, copied); err != nil {
		t.Fatal(err)
	}
	want := dumpOf(t, "sqlite:"+copied)
	output(t, "restore", "--store", second, "--keep", filepath.Join(t.TempDir(), "keep"), copied)
	if dumpOf(t, second) != want {
		t.Error("the copy of SQLite is not in PostgreSQL")
	}
}

// Each store as a name, for tests of both.
func eachStore(t *testing.T, test func(t *testing.T, store string)) {
	t.Run("SQLite", func(t *testing.T) { test(t, "sqlite:"+filepath.Join(t.TempDir(), "licences.db")) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, pgtest.Database(t)) })
}

// A backup under load has all writes that were acknowledged before it began, and of the
// later ones the first: no gap in its history, which leads to its records.
func TestBackupUnderLoad(t *testing.T) {
	eachStore(t, func(t *testing.T, store string) {
		v := newVendor(t)
		p := start(t, "--store", store, "--listen", "127.0.0.1:0", "--trust", v.trust)
		url := func() string { return p.url }
		loads := []*load{newLoad(v, "A", url), newLoad(v, "B", url)}
		ctx, cancel := context.WithCancel(t.Context())
		group := startLoads(ctx, t, loads...)
		var backups []string
		var before []map[string]bool // written before each backup
		for i := range testenv.Rounds(3, 20) {
			waitForMore(t, &loads[0].acknowledged)
			written := map[string]bool{}
			for _, l := range loads {
				l.mu.Lock()
				maps.Copy(written, l.written)
				l.mu.Unlock()
			}
			before = append(before, written)
			backups = append(backups, filepath.Join(t.TempDir(), fmt.Sprint(i)))
			output(t, "backup", "--store", store, backups[i])
		}
		cancel()
		group.Wait()
		p.stop(t)
		checkStore(t, store, loads...)
		whole := output(t, "history", "--json", "--store", store)
		for i, backup := range backups {
			restored := "sqlite:" + filepath.Join(t.TempDir(), fmt.Sprintf("restored-%d.db", i))
			output(t, "restore", "--store", restored, backup)
			part := output(t, "history", "--json", "--store", restored)
			if !strings.HasPrefix(whole, part) {
				t.Errorf("the history of backup %d is not how the history begins", i)
			}
			for payload := range before[i] {
				if text, _ := json.Marshal(payload); !strings.Contains(part, string(text)) && !strings.Contains(part, payload) {
					t.Errorf("backup %d lacks a write that was acknowledged before", i)
				}
			}
			db, opened, err := openStore(t.Context(), restored, sqlite.Options{})
			if err != nil {
				t.Fatal(err)
			}
			storetest.CheckHistory(t, opened)
			db.Close()
		}
	})
}

// Servers of a PostgreSQL store go on while it is restored.
func TestRestoreUnderServers(t *testing.T) {
	v, store := newVendor(t), pgtest.Database(t)
	p := start(t, "--store", store, "--listen", "127.0.0.1:0", "--trust", v.trust)
	post(t, v, p, "KEPT", 3)
	backup := filepath.Join(t.TempDir(), "backup")
	output(t, "backup", "--store", store, backup)
	l := newLoad(v, "A", func() string { return p.url })
	ctx, cancel := context.WithCancel(t.Context())
	group := startLoads(ctx, t, l)
	for i := range 3 {
		waitForMore(t, &l.acknowledged)
		keep := filepath.Join(t.TempDir(), fmt.Sprint(i))
		output(t, "restore", "--store", store, "--keep", keep, backup)
	}
	cancel()
	group.Wait()
	for _, text := range l.strange {
		if !strings.Contains(text, ": 404 ") { // the record went away with the restore
			t.Error(text)
		}
	}
	output(t, "restore", "--store", store, "--keep", filepath.Join(t.TempDir(), "keep"), backup)
	if got := stored(t, p); got != 3 {
		t.Errorf("%d licences are there", got)
	}
	post(t, v, p, "NEW", 2)
}

// killedAt runs a command and kills it at a moment of the time that it takes. It reports
// whether the command had ended before.
func killedAt(longest time.Duration, c *exec.Cmd) (ended bool) {
	if c.Start() != nil {
		return false
	}
	time.Sleep(rand.N(longest))
	c.Process.Kill()
	return c.Wait() == nil
}

// Servers, backups and restores are killed again and again. No acknowledged write is
// lost, a backup is whole or not there, and a restore is done or has changed nothing.
func TestKillBackupAndRestore(t *testing.T) {
	rounds := map[string]int{"SQLite": 40, "PostgreSQL": 10} // of 5 kills
	eachStore(t, func(t *testing.T, store string) {
		v := newVendor(t)
		args := []string{"--store", store, "--listen", "127.0.0.1:0", "--trust", v.trust}
		whole, killed := 0, 0
		for round := range testenv.Rounds(2, rounds[filepath.Base(t.Name())]) {
			var current atomic.Pointer[process]
			current.Store(start(t, args...))
			l := newLoad(v, fmt.Sprint("ROUND-", round), func() string { return current.Load().url })
			ctx, cancel := context.WithCancel(t.Context())
			group := startLoads(ctx, t, l)
			waitForMore(t, &l.acknowledged)
			dir := t.TempDir()
			began := time.Now()
			backup := filepath.Join(dir, "backup")
			output(t, "backup", "--store", store, backup)
			took := time.Since(began)
			for i := range 2 {
				path := filepath.Join(dir, fmt.Sprint("killed-", i))
				killedAt(took, command("backup", "--store", store, path))
				if data, err := os.ReadFile(path); err == nil {
					whole++
					checkDump(t, data)
				}
			}
			current.Load().kill()
			cancel()
			group.Wait()
			if strings.HasPrefix(store, "postgres") {
				pgtest.WaitAlone(t, store)
			}
			checkStore(t, store, l)
			old, fresh := dumpOf(t, store), rowsOf(string(testenv.ReadFile(t, backup)))
			for i := range 2 {
				restore := command("restore", "--store", store, "--keep", filepath.Join(dir, fmt.Sprint("keep-", i)), backup)
				if !killedAt(2*took, restore) {
					killed++
				}
				if now := dumpOf(t, store); now != old && now != fresh {
					t.Fatalf("round %d: a restore that was killed left something else", round)
				}
			}
			output(t, "restore", "--store", store, "--keep", filepath.Join(dir, "keep"), backup)
			if dumpOf(t, store) != fresh {
				t.Errorf("round %d: the store is not as in the backup", round)
			}
		}
		t.Logf("%d backups were whole before they were killed, %d restores were killed", whole, killed)
	})
}

func checkDump(t *testing.T, data []byte) {
	t.Helper()
	source, err := dump.Read(bytes.NewReader(data))
	if err == nil {
		_, err = source.Count()
	}
	if err != nil {
		t.Errorf("a backup that was killed is there, and is damaged: %v", err)
	}
}

// What backup and restore refuse, without changing anything.
func TestBackupRefused(t *testing.T) {
	v := newVendor(t)
	p, file, _ := sqliteServer(t, v)
	store, dir := "sqlite:"+file, t.TempDir()
	post(t, v, p, "LS", 1)
	p.stop(t)
	backup, bad := filepath.Join(dir, "backup"), filepath.Join(dir, "bad")
	output(t, "backup", "--store", store, backup)
	data := testenv.ReadFile(t, backup)
	if info, err := os.Stat(backup); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup has mode %v, %v", info.Mode(), err)
	}
	if printed := output(t, "backup", "--store", store, "-"); rowsOf(printed) != rowsOf(string(data)) {
		t.Errorf("standard output has %s", printed)
	}
	testenv.WriteFile(t, bad, bytes.Replace(data, []byte("LS"), []byte("XX"), 1))
	before := dumpOf(t, store)
	for _, test := range []struct{ args, want string }{
		{"backup --store " + store + " " + backup, "exists already and was not replaced"},
		{"backup --store sqlite:" + dir + "/none.db " + dir + "/new", "no such file"},
		{"backup --store " + store, "FILE is missing"},
		{"backup " + dir + "/new --store " + store, "put flags before FILE"},
		{"restore --store " + store + " " + bad, ": the backup is damaged: the checksum does not match"},
		{"restore --store " + store + " " + v.trust, "not a backup of licseald"},
		{"restore --store " + store + " " + dir + "/none", "no such file"},
		{"restore --store " + store + " --keep " + backup + " " + backup, "exists"},
	} {
		if said := fails(t, strings.Fields(test.args)...); !strings.Contains(said, test.want) {
			t.Errorf("licseald %s says %s", test.args, said)
		}
	}
	if dumpOf(t, store) != before || !bytes.Equal(testenv.ReadFile(t, backup), data) {
		t.Error("something was changed")
	}
}
