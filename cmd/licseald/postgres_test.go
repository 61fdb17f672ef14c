//go:build unix

package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal/internal/sqldb/postgres"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/internal/testenv/pgtest"
)

// execute runs statements in PostgreSQL.
func execute(t *testing.T, store string, statements ...string) {
	t.Helper()
	db, err := postgres.Open(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// newRole creates a role. It returns its name, and the URL of the store for it.
func newRole(t *testing.T, store string) (role, asRole string) {
	t.Helper()
	role = "role_" + strings.ToLower(rand.Text())
	execute(t, store, "CREATE ROLE "+role+" LOGIN")
	t.Cleanup(func() {
		if db, err := postgres.Open(context.Background(), store); err == nil {
			db.Exec("DROP OWNED BY " + role)
			db.Exec("DROP ROLE " + role)
			db.Close()
		}
	})
	u, err := url.Parse(store)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User(role)
	return role, u.String()
}

// guideGrants returns the SQL of the guide, for a role.
func guideGrants(t *testing.T, role string) []string {
	t.Helper()
	guide := string(testenv.ReadFile(t, "../../docs/licseald.md"))
	_, after, _ := strings.Cut(guide, "```sql\n")
	grants, _, found := strings.Cut(after, ";\n```")
	if !found {
		t.Fatal("the guide has no SQL")
	}
	return strings.Split(strings.ReplaceAll(grants, "TO licseald", "TO "+role), ";\n")
}

// A role with the grants of the guide can do everything but change the tables and the
// history.
func TestLeastPrivilege(t *testing.T) {
	v, store := newVendor(t), pgtest.Database(t)
	role, asRole := newRole(t, store)
	entitlements, dir := entitlementArgs(t, v)
	testenv.WriteFile(t, filepath.Join(dir, "installed.json"), v.sign(t, string(testenv.ReadFile(t, "../../testdata/entitlement/get-payload.json"))))
	args := append(entitlements, "--store", asRole, "--listen", "127.0.0.1:0")
	if said := fails(t, args...); !strings.Contains(said, "hint: run 'licseald migrate' as the owner") {
		t.Errorf("without tables it says %s", said)
	}
	if said := output(t, "migrate", "--store", store); said != "the tables are up to date\n" {
		t.Errorf("migrate prints %q", said)
	}
	if said := fails(t, args...); !strings.Contains(said, "permission denied") || !strings.Contains(said, "hint: run 'licseald migrate'") {
		t.Errorf("without grants it says %s", said)
	}
	execute(t, store, guideGrants(t, role)...)
	p := start(t, args...)
	useEverything(t, v, p)
	p.stop(t)
	if text := p.log.String(); strings.Contains(text, "denied") {
		t.Errorf("the log says %s", text)
	}
	if table := output(t, "history", "--store", asRole); !strings.Contains(table, "deleted") {
		t.Errorf("the history is %s", table)
	}
	output(t, "backup", "--store", asRole, filepath.Join(t.TempDir(), "backup"))

	db, err := postgres.Open(t.Context(), asRole)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range []string{
		`UPDATE licenses_history SET who = 'nobody'`, `DELETE FROM licenses_history`, `TRUNCATE licenses_history`,
		`ALTER TABLE licenses_history DISABLE TRIGGER USER`, `DROP TABLE licenses`, `CREATE TABLE mine (n INT)`,
		`INSERT INTO licenses_clock VALUES (2, 0, 0)`, `DELETE FROM licenses_clock`,
	} {
		if _, err := db.Exec(statement); err == nil || !regexp.MustCompile("denied|must be owner").MatchString(err.Error()) {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

// useEverything calls all that writes to or reads from a store.
func useEverything(t *testing.T, v *vendor, p *process) {
	t.Helper()
	id := postedID(t, expect(t, 201, "POST", p.url+"/licenses", v.licence(t, "LS-1", 30)))
	expect(t, 200, "PUT", p.url+"/licenses/"+id, v.licence(t, "LS-2", 30))
	expect(t, 200, "PATCH", p.url+"/licenses/"+id, v.licence(t, "LS-3", 30))
	expect(t, 409, "POST", p.url+"/licenses", v.licence(t, "LS-3", 30))
	expect(t, 201, "POST", p.url+"/licenses", v.licence(t, "LS-4", 30))
	expect(t, 204, "DELETE", p.url+"/licenses/"+id, "")
	for _, path := range []string{"/", "/licenses", "/license/report", "/metrics", "/status"} {
		expect(t, 200, "GET", p.url+path, "")
	}
	if status, answer := p.license(t, "GET", "", entitlementToken); status != 200 {
		t.Errorf("GET of the entitlement licence: %d %v", status, answer)
	}
}

// A database that is read-only, as a standby is, serves reads. Writes are 503.
func TestReadOnlyPostgreSQL(t *testing.T) {
	v, store := newVendor(t), pgtest.Database(t)
	p := start(t, "--store", store, "--listen", "127.0.0.1:0", "--trust", v.trust)
	post(t, v, p, "LS", 2)
	p.stop(t)
	p = start(t, "--store", store+"&default_transaction_read_only=on", "--listen", "127.0.0.1:0", "--trust", v.trust)
	if got := stored(t, p); got != 2 {
		t.Errorf("%d licences are there", got)
	}
	expect(t, 200, "GET", p.url+"/status", "")
	expect(t, 503, "POST", p.url+"/licenses", v.licence(t, "LS-NEW", 30))
	expect(t, 503, "DELETE", p.url+"/licenses/30b4edb7-0847-4f65-af90-efbed8b0161f", "")
	if table := output(t, "history", "--store", store+"&default_transaction_read_only=on"); !strings.Contains(table, "created") {
		t.Errorf("the history is %s", table)
	}
}

// A standby that follows another server serves reads, also those of what is written later,
// and refuses writes with the reason.
func TestStandby(t *testing.T) {
	v, primary := newVendor(t), pgtest.Start(t)
	store := primary.NewDatabase(t)
	writer := start(t, "--store", store, "--listen", "127.0.0.1:0", "--trust", v.trust)
	post(t, v, writer, "LS", 2)
	u, err := url.Parse(store)
	if err != nil {
		t.Fatal(err)
	}
	other, err := url.Parse(primary.Standby(t).URL())
	if err != nil {
		t.Fatal(err)
	}
	u.Host = other.Host
	p := start(t, "--store", u.String(), "--listen", "127.0.0.1:0", "--trust", v.trust)
	if got := stored(t, p); got != 2 {
		t.Errorf("%d licences are there", got)
	}
	id := postedID(t, expect(t, 201, "POST", writer.url+"/licenses", v.licence(t, "LS-LATER", 30)))
	testenv.WaitUntil(t, "the standby has what was written", func() bool { return stored(t, p) == 3 })
	for _, path := range []string{"/licenses/" + id, "/license/report", "/metrics", "/status"} {
		expect(t, 200, "GET", p.url+path, "")
	}
	for method, path := range map[string]string{"POST": "/licenses", "PUT": "/licenses/" + id, "PATCH": "/licenses/" + id, "DELETE": "/licenses/" + id} {
		if body := expect(t, 503, method, p.url+path, v.licence(t, "LS-"+method, 30)); !strings.Contains(body, "the store is read-only, as a standby is: nothing was changed") {
			t.Errorf("%s: %s", method, body)
		}
	}
	output(t, "backup", "--store", u.String(), filepath.Join(t.TempDir(), "backup"))
}

// pooled starts PgBouncer in front of a database, with fewer connections to it than
// clients have, and returns the URL of the database through it.
func pooled(t *testing.T, store string) string {
	t.Helper()
	testenv.Programs(t, "pgbouncer")
	u, err := url.Parse(store)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	dir := t.TempDir()
	config := filepath.Join(dir, "pgbouncer.ini")
	testenv.WriteFile(t, config, fmt.Sprintf(`[databases]
* = host=127.0.0.1 port=%s user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
server_login_retry = 1
`, u.Port(), port))
	args := []string{config}
	if os.Getuid() == 0 { // as which it refuses to run
		args = []string{"-u", "nobody", config}
		if err := os.Chmod(config, 0o644); err != nil {
			t.Fatal(err)
		}
		for path := dir; path != os.TempDir() && path != "/"; path = filepath.Dir(path) {
			if err := os.Chmod(path, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	bouncer, log := exec.Command("pgbouncer", args...), &testenv.Buffer{}
	bouncer.Stdout, bouncer.Stderr = log, log
	if err := bouncer.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bouncer.Process.Kill(); bouncer.Wait() })
	log.WaitFor(t, "process up")
	u.Host = fmt.Sprintf("127.0.0.1:%d", port)
	return u.String()
}

// Two servers write through a pooler in transaction mode, while PostgreSQL is restarted.
// There is no answer but success and 503, and nothing is lost.
func TestPooler(t *testing.T) {
	t.Parallel()
	v, server := newVendor(t), pgtest.Start(t)
	store := server.NewDatabase(t)
	args := []string{"--store", pooled(t, store), "--listen", "127.0.0.1:0", "--trust", v.trust}
	var loads []*load
	for i := range 2 {
		p := start(t, args...)
		for j := range 4 {
			loads = append(loads, newLoad(v, fmt.Sprintf("%d-%d", i, j), func() string { return p.url }))
		}
	}
	written := func() (n int64) {
		for _, l := range loads {
			n += l.acknowledged.Load()
		}
		return n
	}
	ctx, cancel := context.WithCancel(t.Context())
	group := startLoads(ctx, t, loads...)
	const restarts = 2
	all := int64(testenv.Rounds(300, 10_000))
	for i := range int64(restarts + 1) {
		for deadline := time.Now().Add(5 * time.Minute); written() < all*(i+1)/(restarts+1); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("there were %d writes, and no more", written())
			}
		}
		if i == restarts {
			break
		}
		if err := server.Stop(); err != nil {
			t.Fatal(err)
		}
		waitForMore(t, &loads[0].refused)
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	group.Wait()
	checkStore(t, store, loads...)
	t.Logf("%d writes", written())
}
