//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/admin/storetest"
	"github.com/licseal/licseal/internal/sqldb/sqlite"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/internal/testenv/pgtest"
)

// load writes to a licseald that may die at any moment, and remembers what was
// acknowledged.
type load struct {
	vendor *vendor
	name   string
	url    func() string // of a process that was running a moment ago
	client *http.Client

	acknowledged atomic.Int64
	refused      atomic.Int64 // clear 503s

	mu      sync.Mutex
	present map[string]string // id → payload, of records whose last write was acknowledged
	deleted map[string]bool   // ids whose deletion was acknowledged
	written map[string]bool   // every payload whose write was acknowledged
	strange []string          // answers that nobody should get
}

func newLoad(v *vendor, name string, url func() string) *load {
	return &load{
		vendor: v, name: name, url: url, client: &http.Client{Timeout: 5 * time.Second},
		present: map[string]string{}, deleted: map[string]bool{}, written: map[string]bool{},
	}
}

// run writes until the context ends: new records, changed ones and deletions. Its last
// request gets its answer: one that is given up may still be done, when a test looks.
func (l *load) run(ctx context.Context, t *testing.T) {
	whole := context.WithoutCancel(ctx)
	var own []string // ids of records that nobody else changes
	for i := 0; ctx.Err() == nil; i++ {
		payload := l.vendor.licence(t, fmt.Sprintf("%s-%d", l.name, i), 30)
		switch {
		case i%4 == 2 && len(own) > 0:
			l.change(whole, own[len(own)-1], payload)
		case i%7 == 6 && len(own) > 0:
			l.remove(whole, own[0])
			own = own[1:]
		default:
			if id := l.create(whole, payload); id != "" {
				own = append(own, id)
			}
		}
	}
}

// call returns whether a request was done; if not, it may have been.
func (l *load) call(ctx context.Context, method, path, payload string) (string, bool) {
	status, body, err := call(ctx, l.client, method, l.url()+path, payload)
	switch {
	case err != nil:
		time.Sleep(5 * time.Millisecond)
		return "", false
	case status == 503:
		l.refused.Add(1)
		time.Sleep(5 * time.Millisecond)
		if !strings.Contains(body, "retry later") {
			l.note(fmt.Sprintf("%d %s", status, body))
		}
		return "", false
	case status == 507:
		return "", false
	case status < 300:
		l.acknowledged.Add(1)
		return body, true
	}
	l.note(fmt.Sprintf("%s %s: %d %s", method, path, status, body))
	return "", false
}

func (l *load) note(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.strange = append(l.strange, text)
}

func (l *load) create(ctx context.Context, payload string) string {
	body, done := l.call(ctx, "POST", "/licenses", payload)
	if !done {
		return ""
	}
	var record admin.Record
	if err := json.Unmarshal([]byte(body), &record); err != nil || record.Payload != payload {
		l.note("POST was answered with " + body)
		return ""
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.present[record.ID], l.written[payload] = payload, true
	return record.ID
}

func (l *load) change(ctx context.Context, id, payload string) {
	_, done := l.call(ctx, "PATCH", "/licenses/"+id, payload)
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.present, id) // if it was not acknowledged, either payload may be there
	if done {
		l.present[id], l.written[payload] = payload, true
	}
}

func (l *load) remove(ctx context.Context, id string) {
	_, done := l.call(ctx, "DELETE", "/licenses/"+id, "")
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.present, id)
	if done {
		l.deleted[id] = true
	}
}

// check compares the store with what was acknowledged.
func checkLoads(t *testing.T, store admin.Store, loads ...*load) {
	t.Helper()
	storetest.CheckHistory(t, store) // nothing twice, no gap, one story
	stored := map[string]string{}
	for after, more := "", true; more; {
		page, next, err := store.List(t.Context(), after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range page {
			stored[record.ID] = record.Payload
			after = record.ID
		}
		more = next
	}
	everWritten := map[string]int{}
	for after := int64(0); ; {
		changes, err := store.History(t.Context(), after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if len(changes) == 0 {
			break
		}
		for _, c := range changes {
			after = c.Number
			if c.After != nil {
				everWritten[c.After.Payload]++
			}
		}
	}
	for _, l := range loads {
		for id, payload := range l.present {
			if stored[id] != payload {
				t.Errorf("load %s: the acknowledged record %s is not there, or another: %.80q", l.name, id, stored[id])
			}
		}
		for id := range l.deleted {
			if _, there := stored[id]; there {
				t.Errorf("load %s: the deleted record %s is there", l.name, id)
			}
		}
		for payload := range l.written {
			if everWritten[payload] != 1 {
				t.Errorf("load %s: an acknowledged write is in the history %d times", l.name, everWritten[payload])
			}
		}
		for _, text := range l.strange {
			t.Errorf("load %s: %s", l.name, text)
		}
		if l.acknowledged.Load() == 0 {
			t.Errorf("load %s: nothing was acknowledged, so nothing was tested", l.name)
		}
		t.Logf("load %s: %d acknowledged, %d refused with 503", l.name, l.acknowledged.Load(), l.refused.Load())
	}
}

// killAgainAndAgain kills a process under load and starts it again, each time after all
// of its loads have got on.
func killAgainAndAgain(t *testing.T, kills int, current *atomic.Pointer[process], loads []*load, args ...string) {
	for range testenv.Rounds(2, kills) {
		waitForAll(t, loads)
		time.Sleep(rand.N(250 * time.Millisecond))
		current.Load().kill()
		p, err := tryStart(args...)
		if err != nil {
			t.Error(err)
			return
		}
		current.Store(p)
	}
	waitForAll(t, loads)
}

// waitForAll waits until one more write of each load was acknowledged.
func waitForAll(t *testing.T, loads []*load) {
	t.Helper()
	for _, l := range loads {
		before := l.acknowledged.Load()
		testenv.WaitUntil(t, "a write of load "+l.name+" is acknowledged", func() bool { return l.acknowledged.Load() > before })
	}
}

func startLoads(ctx context.Context, t *testing.T, loads ...*load) *sync.WaitGroup {
	var group sync.WaitGroup
	for _, l := range loads {
		group.Go(func() { l.run(ctx, t) })
	}
	return &group
}

// SQLite: licseald is killed again and again while it writes. Every write that was
// acknowledged is there, nothing is there twice, the history is whole.
func TestKillSQLite(t *testing.T) {
	v := newVendor(t)
	store := "sqlite:" + filepath.Join(t.TempDir(), "licences.db")
	args := []string{"--store", store, "--listen", "127.0.0.1:0", "--trust", v.trust}
	var current atomic.Pointer[process]
	current.Store(start(t, args...))
	t.Cleanup(func() { current.Load().kill() })
	url := func() string { return current.Load().url }
	loads := []*load{newLoad(v, "A", url), newLoad(v, "B", url), newLoad(v, "C", url)}
	ctx, cancel := context.WithCancel(t.Context())
	group := startLoads(ctx, t, loads...)
	killAgainAndAgain(t, 200, &current, loads, args...)
	cancel()
	group.Wait()
	checkStore(t, store, loads...)
}

func checkStore(t *testing.T, name string, loads ...*load) {
	t.Helper()
	db, store, err := openStore(t.Context(), name, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	checkLoads(t, store, loads...)
}

// PostgreSQL: two licseald on one database, under load from both sides, and one of
// them is killed again and again.
func TestKillPostgreSQL(t *testing.T) {
	v := newVendor(t)
	store := pgtest.Database(t)
	args := []string{"--store", store, "--listen", "127.0.0.1:0", "--trust", v.trust}
	steady := start(t, append([]string{"--store-timeout", "2m"}, args...)...) // so that it refuses nothing because the machine is busy
	var current atomic.Pointer[process]
	current.Store(start(t, args...))
	t.Cleanup(func() { current.Load().kill() })
	steadyURL, url := func() string { return steady.url }, func() string { return current.Load().url }
	loads := []*load{newLoad(v, "A", steadyURL), newLoad(v, "B", steadyURL), newLoad(v, "C", url), newLoad(v, "D", url)}
	ctx, cancel := context.WithCancel(t.Context())
	group := startLoads(ctx, t, loads...)
	killAgainAndAgain(t, 50, &current, loads[2:], args...)
	cancel()
	group.Wait()
	for _, l := range loads[:2] {
		if l.refused.Load() > 0 {
			t.Errorf("the process that was not killed refused %d requests", l.refused.Load())
		}
	}
	checkStore(t, store, loads...)
}

// PostgreSQL stops under load: clear 503s. It starts again: service, and nothing
// is lost.
func TestPostgreSQLStops(t *testing.T) {
	v := newVendor(t)
	server := pgtest.Start(t)
	store := server.NewDatabase(t)
	p := start(t, "--store", store, "--listen", "127.0.0.1:0", "--trust", v.trust)
	l := newLoad(v, "A", func() string { return p.url })
	ctx, cancel := context.WithCancel(t.Context())
	group := startLoads(ctx, t, l)
	for range 2 {
		waitForMore(t, &l.acknowledged)
		if err := server.Stop(); err != nil {
			t.Fatal(err)
		}
		waitForMore(t, &l.refused)
		expect(t, 503, "GET", p.url+"/licenses", "")
		expect(t, 503, "GET", p.url+"/status", "")
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
	}
	waitForMore(t, &l.acknowledged)
	cancel()
	group.Wait()
	expect(t, 200, "GET", p.url+"/status", "")
	checkStore(t, store, l)
}

func waitForMore(t *testing.T, n *atomic.Int64) {
	t.Helper()
	before := n.Load()
	testenv.WaitUntil(t, fmt.Sprintf("there were %d, and more come", before), func() bool { return n.Load() >= before+5 })
}

// A database that hangs holds nobody for long: 503, and service once it goes on.
func TestStoreHangs(t *testing.T) {
	stores := map[string]func(*testing.T) string{
		"SQLite":     func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "licences.db") },
		"PostgreSQL": func(t *testing.T) string { return pgtest.Database(t) },
	}
	for name, store := range stores {
		t.Run(name, func(t *testing.T) {
			v, store := newVendor(t), store(t)
			p := start(t, "--store", store, "--listen", "127.0.0.1:0", "--trust", v.trust, "--store-timeout", "300ms")
			db, err := openDatabase(t.Context(), store, sqlite.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			tx, err := db.Begin()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.Exec(`UPDATE licenses_clock SET stamp = stamp`); err != nil {
				t.Fatal(err)
			}
			within(t, 8*time.Second, func() { // SQLite waits for a second by itself
				expect(t, 503, "POST", p.url+"/licenses", v.licence(t, "LS-1", 30))
			})
			expectSoon(t, 200, "GET", p.url+"/licenses", "") // reading waits for nobody
			if err := tx.Rollback(); err != nil {
				t.Fatal(err)
			}
			expectSoon(t, 201, "POST", p.url+"/licenses", v.licence(t, "LS-1", 30))
		})
	}
}

// within fails the test unless f ends in time once in five times: the machine may be
// busy.
func within(t *testing.T, most time.Duration, f func()) {
	t.Helper()
	var took time.Duration
	for range 5 {
		began := time.Now()
		f()
		if took = time.Since(began); took <= most {
			return
		}
	}
	t.Errorf("it took %v", took)
}

// A full disk: 507, or 503 where SQLite does not say what is wrong, and nothing half
// written. With room again, service.
func TestDiskFull(t *testing.T) {
	dir := testenv.SmallDisk(t, "size=1m")
	v := newVendor(t)
	store := "sqlite:" + filepath.Join(dir, "licences.db")
	p := start(t, "--store", store, "--listen", "127.0.0.1:0", "--trust", v.trust)
	acknowledged := map[string]string{}
	full := 0
	for i := 0; full < 10 && i < 5000; i++ {
		payload := v.licence(t, fmt.Sprintf("LS-%d", i), 30)
		status, body, err := call(t.Context(), http.DefaultClient, "POST", p.url+"/licenses", payload)
		switch {
		case err != nil:
			t.Fatal(err)
		case status == 201:
			acknowledged[postedID(t, body)] = payload
		case status == 507 || status == 503:
			full++
		default:
			t.Fatalf("%d %s", status, body)
		}
	}
	if full == 0 || len(acknowledged) < 10 {
		t.Fatalf("%d licences fit, %d were refused", len(acknowledged), full)
	}
	t.Logf("%d licences fit", len(acknowledged))
	expect(t, 200, "GET", p.url+"/licenses?size=1", "") // reading goes on
	if output, err := exec.Command("mount", "-o", "remount,size=4m", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	payload := v.licence(t, "LS-ROOM", 30)
	acknowledged[postedID(t, expect(t, 201, "POST", p.url+"/licenses", payload))] = payload
	p.stop(t)
	db, opened, err := openStore(t.Context(), store, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	storetest.CheckHistory(t, opened)
	records, more, err := opened.List(t.Context(), "", 5000)
	if err != nil || more {
		t.Fatalf("more %v: %v", more, err)
	}
	stored := map[string]string{}
	for _, record := range records {
		stored[record.ID] = record.Payload
	}
	if !maps.Equal(stored, acknowledged) {
		t.Errorf("%d licences are stored, %d were acknowledged", len(stored), len(acknowledged))
	}
	var verdict string
	if err := db.QueryRow(`PRAGMA integrity_check`).Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity check: %s, %v", verdict, err)
	}
}

// The disk of PostgreSQL is full: the same, as far as PostgreSQL lets one know.
func TestDiskFullPostgreSQL(t *testing.T) {
	dir := testenv.SmallDisk(t, "size=160m,mode=1777")
	t.Setenv("TMPDIR", dir)
	os.Chmod(filepath.Dir(dir), 0o755) // the server is another user
	server := pgtest.Start(t)
	v := newVendor(t)
	store := server.NewDatabase(t)
	p := start(t, "--store", store, "--listen", "127.0.0.1:0", "--trust", v.trust)
	acknowledged := map[string]string{}
	post := func(i int) int {
		// Padded, so that the table grows: a document may have any white space.
		payload := v.licence(t, fmt.Sprintf("LS-%d", i), 30) + strings.Repeat(" ", 60_000)
		status, body, err := call(t.Context(), http.DefaultClient, "POST", p.url+"/licenses", payload)
		if err != nil {
			t.Fatal(err)
		}
		if status == 201 {
			acknowledged[postedID(t, body)] = payload
		} else if status != 507 && status != 503 {
			t.Errorf("%d %s", status, body)
		}
		return status
	}
	post(0)
	filler := filepath.Join(dir, "filler")
	exec.Command("dd", "if=/dev/zero", "of="+filler, "bs=64k").Run() // until the disk is full
	full := 0
	for i := 1; full < 5 && i < 2000; i++ {
		if post(i) != 201 {
			full++
		}
	}
	if full == 0 {
		t.Fatal("the disk is never full")
	}
	t.Logf("%d licences fit", len(acknowledged))
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	for i := 2000; post(i) != 201; i++ { // PostgreSQL may have to recover
		if i == 2400 {
			t.Fatal("with room again, there is no service")
		}
		time.Sleep(50 * time.Millisecond)
	}
	db, opened, err := openStore(t.Context(), store, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	storetest.CheckHistory(t, opened)
	for id, payload := range acknowledged {
		if record, err := opened.Get(t.Context(), id); err != nil || record.Payload != payload {
			t.Errorf("the acknowledged record %s: %v", id, err)
		}
	}
}
