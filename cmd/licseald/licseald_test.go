//go:build unix

package main

import (
	"bufio"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/internal/clihelp"
	"github.com/licseal/licseal/internal/sqldb/sqlite"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/internal/testenv/pgtest"
	"github.com/licseal/licseal/revoke"
)

// What is let in: a licence that a trusted key signed, with the right fields, that
// is valid now. Everything else is 400, with a message that says why.
func TestJudge(t *testing.T) {
	v, forger := newVendor(t), newVendor(t)
	p := start(t, "--ephemeral", "--trust", v.trust)
	good := v.licence(t, "LS-1", 30)
	expect(t, 201, "POST", p.url+"/licenses", good)
	for name, test := range map[string]struct{ licence, message string }{
		"forged":        {forger.licence(t, "LS-2", 30), "the signature is not good here"},
		"changed":       {strings.Replace(good, `"admin_seats":"5"`, `"admin_seats":"500"`, 1), "the signature is not good here"},
		"expired":       {v.licence(t, "LS-2", -1), "expired at "},
		"not yet valid": {futureLicence(t, v), "not yet valid: "},
		"no licence":    {`{"license":{}}`, "not a licence document: "},
		"wrong fields":  {wrongFields(t, v), "admin_seats"},
		// The signature is judged first: nothing else is said of a forged one.
		"forged, expired": {forger.licence(t, "LS-2", -1), "the signature is not good here"},
	} {
		body := expect(t, 400, "POST", p.url+"/licenses", test.licence)
		if !strings.Contains(body, test.message) {
			t.Errorf("%s: %s", name, body)
		}
	}
	p.stop(t)
	if log := p.log.String(); strings.Contains(log, good) || !strings.Contains(log, "stopping") {
		t.Errorf("the log: %s", log)
	}
}

// A field that the schema does not know passes a built-in schema, because the licence is
// signed and may be newer than this program; a vendor's own schema means what it says.
func TestJudgeUnknownField(t *testing.T) {
	v := newVendor(t)
	own := filepath.Join(t.TempDir(), "own.json")
	testenv.WriteFile(t, own, `{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "additionalProperties": false,
		"required": ["license_key", "license_creation_date", "license_expiration_date"],
		"properties": {"license_key": {"type": "string"}, "license_creation_date": {"type": "string"}, "license_expiration_date": {"type": "string"}},
		"x-licseal": {"roles": {"id": "/license_key", "not_before": "/license_creation_date", "not_after": "/license_expiration_date"}}}`)
	const dates = `"license_key":"K","license_creation_date":"2020-01-01","license_expiration_date":"2500-01-01"`
	p := start(t, "--ephemeral", "--trust", v.trust, "--schema", own)
	expect(t, 201, "POST", p.url+"/licenses", v.sign(t, `{`+dates+`}`))
	if body := expect(t, 400, "POST", p.url+"/licenses", v.sign(t, `{`+dates+`,"extra":"x"}`)); !strings.Contains(body, "extra") {
		t.Errorf("%s", body)
	}
	p = start(t, "--ephemeral", "--trust", v.trust)
	const fields = dates + `,"admin_seats":"5","customer":"C","dataplanes":"2","product_subscription":"P","support_plan":"None"`
	expect(t, 201, "POST", p.url+"/licenses", v.sign(t, `{`+fields+`,"extra":"x"}`))
}

// Licence keys, payloads and tokens are not in the log, in either format.
func TestLogIsMasked(t *testing.T) {
	const key, secret = "LS-0001-SECRET-KEY-0001", "correct-horse-battery"
	tokens := filepath.Join(t.TempDir(), "tokens")
	testenv.WriteFile(t, tokens, secret+"\n")
	for _, format := range []string{"text", "json"} {
		v := newVendor(t)
		p := start(t, "--ephemeral", "--trust", v.trust, "--log-format", format, "--token-file", tokens)
		payload := v.licence(t, key, 30)
		token := "Kong-Admin-Token: " + secret
		expect(t, 201, "POST", p.url+"/licenses", payload, token)
		expect(t, 409, "POST", p.url+"/licenses", payload, token)
		expect(t, 400, "POST", p.url+"/licenses", strings.Replace(payload, `"5"`, `"6"`, 1), token)
		expect(t, 200, "GET", p.url+"/licenses?payload="+key+"&token="+secret, "", token)
		expect(t, 400, "GET", p.url+"/licenses/"+key, "", token) // taken for the id
		expect(t, 404, "GET", p.url+"/"+key+"/licenses", "", token)
		expect(t, 405, key, p.url+"/licenses", "", token)
		expect(t, 204, "DELETE", p.url+"/licenses/30b4edb7-0847-4f65-af90-efbed8b0161f", "", token)
		expect(t, 401, "GET", p.url+"/licenses", "", "Kong-Admin-Token: "+secret+"x")
		p.stop(t)
		log := p.log.String()
		if strings.Contains(log, "SECRET") || strings.Contains(log, secret) || strings.Contains(log, "signature") {
			t.Errorf("the log: %s", log)
		}
		if strings.Contains(log, "licence deleted") {
			t.Errorf("the log says that something was deleted: %s", log)
		}
		if !strings.Contains(log, "LS-0…0001") || !strings.Contains(log, "/licenses/30b4edb7-") || strings.Count(log, "request") < 9 {
			t.Errorf("the log lacks something: %s", log)
		}
	}
}

func TestGrace(t *testing.T) {
	v := newVendor(t)
	p := start(t, "--ephemeral", "--trust", v.trust, "--grace", "30d")
	expect(t, 201, "POST", p.url+"/licenses", v.licence(t, "LS-1", -29))
	expect(t, 400, "POST", p.url+"/licenses", v.licence(t, "LS-1", -31))
}

// A licence whose key is not public can be rehearsed with, if one says so.
func TestAcceptUnverified(t *testing.T) {
	published, err := os.ReadFile("../../testdata/published/kong-until-2017-07-20.json")
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, "--ephemeral", "--accept-unverified")
	expect(t, 201, "POST", p.url+"/licenses", string(published))
	expect(t, 400, "POST", p.url+"/licenses", `{"license":{"payload":{}}}`)
	if !strings.Contains(p.log.String(), "UNVERIFIED") {
		t.Errorf("the log does not say so: %s", p.log)
	}
}

// The trusted keys are read again when the file changes; a broken file changes
// nothing, and is said in the log.
func TestReloadTrust(t *testing.T) {
	old, new := newVendor(t), newVendor(t)
	p := start(t, "--ephemeral", "--trust", old.trust)
	expect(t, 400, "POST", p.url+"/licenses", new.licence(t, "LS-1", 30))
	testenv.WriteFile(t, old.trust, "rubbish\n")
	p.Process.Signal(syscall.SIGHUP)
	p.log.WaitFor(t, "its previous content stays in force")
	expect(t, 201, "POST", p.url+"/licenses", old.licence(t, "LS-2", 30))
	testenv.WriteFile(t, old.trust, new.line(t))
	p.log.WaitFor(t, "read again") // by itself, within a second or so
	expect(t, 201, "POST", p.url+"/licenses", new.licence(t, "LS-1", 30))
	expect(t, 400, "POST", p.url+"/licenses", old.licence(t, "LS-3", 30))
	os.Remove(old.trust)
	p.Process.Signal(syscall.SIGHUP)
	p.log.WaitFor(t, "no such file")
	expect(t, 201, "POST", p.url+"/licenses", new.licence(t, "LS-4", 30))
}

// A file that becomes a pipe to which nobody writes, or somebody and nothing, keeps
// no other file from being read again.
func TestReloadPipe(t *testing.T) {
	t.Parallel()
	const old, new = "correct-horse-battery", "another-token-altogether"
	v := newVendor(t)
	tokens := filepath.Join(t.TempDir(), "tokens")
	testenv.WriteFile(t, tokens, old+"\n")
	p := start(t, "--ephemeral", "--trust", v.trust, "--token-file", tokens)
	os.Remove(v.trust)
	if err := syscall.Mkfifo(v.trust, 0o600); err != nil {
		t.Fatal(err)
	}
	p.log.WaitFor(t, "its previous content stays in force")
	silent, err := os.OpenFile(v.trust, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	testenv.WriteFile(t, tokens, new+"\n")
	p.log.WaitFor(t, "read again")
	expect(t, 401, "GET", p.url+"/", "", "Kong-Admin-Token: "+old)
	expect(t, 200, "GET", p.url+"/", "", "Kong-Admin-Token: "+new)
}

// The operator is told of a file of tokens that others can read.
func TestTokenFileReadable(t *testing.T) {
	tokens := filepath.Join(t.TempDir(), "tokens")
	testenv.WriteFile(t, tokens, "correct-horse-battery\n")
	for mode, want := range map[os.FileMode]bool{0o600: false, 0o640: true, 0o604: true} {
		if err := os.Chmod(tokens, mode); err != nil {
			t.Fatal(err)
		}
		p := start(t, "--ephemeral", "--accept-unverified", "--token-file", tokens)
		p.stop(t)
		if got := strings.Contains(p.log.String(), "can be read by others"); got != want {
			t.Errorf("mode %v: warned %t: %s", mode, got, p.log)
		}
	}
}

func TestTokenFile(t *testing.T) {
	const secret = "correct-horse-battery"
	v := newVendor(t)
	tokens := filepath.Join(t.TempDir(), "tokens")
	testenv.WriteFile(t, tokens, "ci "+secret+"\n")
	p := start(t, "--ephemeral", "--trust", v.trust, "--token-file", tokens, "--listen", "0.0.0.0:0")
	p.url = strings.Replace(p.url, "[::]", "127.0.0.1", 1)
	for _, path := range []string{"/", "/licenses", "/license/report", "/metrics", "/nothing"} {
		expect(t, 401, "GET", p.url+path, "")
		expect(t, 401, "GET", p.url+path, "", "Kong-Admin-Token: wrong-token-wrong-token")
	}
	expect(t, 401, "POST", p.url+"/licenses", v.licence(t, "LS-1", 30))
	expect(t, 200, "GET", p.url+"/status", "")
	expect(t, 201, "POST", p.url+"/licenses", v.licence(t, "LS-1", 30), "Kong-Admin-Token: "+secret)
	expect(t, 200, "GET", p.url+"/metrics", "", "Authorization: Bearer "+secret)
	testenv.WriteFile(t, tokens, "another-token-altogether\n")
	p.log.WaitFor(t, "read again")
	expect(t, 401, "GET", p.url+"/", "", "Kong-Admin-Token: "+secret)
	expect(t, 200, "GET", p.url+"/", "", "Kong-Admin-Token: another-token-altogether")
	if strings.Contains(p.log.String(), secret) {
		t.Error("the token is in the log")
	}
	if !strings.Contains(p.log.String(), `who="ci at 127.0.0.1"`) {
		t.Errorf("the log does not say who: %s", p.log)
	}
}

// Without a token, a browser on the machine cannot be used to come in.
func TestLocalName(t *testing.T) {
	p := start(t, "--ephemeral", "--accept-unverified")
	expect(t, 403, "GET", p.url+"/licenses", "", "Host: attacker.example")
	expect(t, 403, "GET", p.url+"/licenses", "", "Host: localhost.attacker.example:80")
	expect(t, 200, "GET", p.url+"/licenses", "", "Host: localhost:8001")
	expect(t, 403, "DELETE", p.url+"/licenses/30b4edb7-0847-4f65-af90-efbed8b0161f", "", "Origin: http://attacker.example")
}

func TestTLS(t *testing.T) {
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	testenv.Run(t, "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650",
		"-subj", "/CN=server", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", file("key"), "-out", file("cert"))
	testenv.Run(t, "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650",
		"-subj", "/CN=deploy robot", "-keyout", file("client.key"), "-out", file("client"))
	v := newVendor(t)
	p := start(t, "--ephemeral", "--trust", v.trust, "--tls-cert", file("cert"), "--tls-key", file("key"), "--client-ca", file("client"))
	if !strings.HasPrefix(p.url, "https://") {
		t.Fatalf("it listens on %s", p.url)
	}
	pem, err := os.ReadFile(file("cert"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	client := func(certificates ...tls.Certificate) *http.Client {
		return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: certificates}}}
	}
	if _, body, err := call(t.Context(), client(), "GET", p.url+"/", ""); err == nil {
		t.Errorf("without a client certificate: %s", body)
	}
	pair, err := tls.LoadX509KeyPair(file("client"), file("client.key"))
	if err != nil {
		t.Fatal(err)
	}
	status, body, err := call(t.Context(), client(pair), "POST", p.url+"/licenses", v.licence(t, "LS-1", 30))
	if status != 201 || err != nil {
		t.Errorf("with one: %d %s %v", status, body, err)
	}
	p.log.WaitFor(t, "deploy robot at 127.0.0.1")
}

// A request that is under way when the server is told to stop is answered.
func TestGracefulStop(t *testing.T) {
	v := newVendor(t)
	store := filepath.Join(t.TempDir(), "licences.db")
	p := start(t, "--store", "sqlite:"+store, "--listen", "127.0.0.1:0", "--trust", v.trust)
	_, body := admin.Body(admin.JSON, v.licence(t, "LS-1", 30))
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(testenv.Patience))
	fmt.Fprintf(conn, "POST /licenses HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", len(body))
	answers := bufio.NewReader(conn)
	if line, err := answers.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("%q, %v", line, err)
	}
	answers.ReadString('\n') // now it waits for the body
	conn.Write(body[:100])
	p.Process.Signal(syscall.SIGTERM)
	p.log.WaitFor(t, "stopping")
	conn.Write(body[100:])
	response, err := http.ReadResponse(answers, nil)
	if err != nil || response.StatusCode != http.StatusCreated {
		t.Errorf("the request under way got %v, %v", response, err)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("%v: %s", err, p.log)
	}
	for _, suffix := range []string{"-wal", "-shm", ".lock"} {
		if _, err := os.Stat(store + suffix); err == nil {
			t.Errorf("the database was not closed: %s is there", suffix)
		}
	}
}

// History, as its reader sees it.
func TestHistoryCommand(t *testing.T) {
	v := newVendor(t)
	store := "sqlite:" + filepath.Join(t.TempDir(), "licences.db")
	p := start(t, "--store", store, "--listen", "127.0.0.1:0", "--trust", v.trust)
	first, second := v.licence(t, "LS-0001-FIRST-LICENCE", 30), v.licence(t, "LS-0002-SECOND-LICENCE", 30)
	id := postedID(t, expect(t, 201, "POST", p.url+"/licenses", first))
	expect(t, 200, "PATCH", p.url+"/licenses/"+id, second)
	expect(t, 204, "DELETE", p.url+"/licenses/"+id, "")
	p.stop(t)
	table := output(t, "history", "--store", store)
	if lines := strings.Split(strings.TrimSpace(table), "\n"); len(lines) != 4 || strings.Contains(table, "FIRST") ||
		!strings.Contains(lines[2], "replaced") || !strings.Contains(lines[2], "LS-0…ENCE") || !strings.Contains(lines[3], "deleted") {
		t.Errorf("the history is:\n%s", table)
	}
	var change admin.Change
	line := output(t, "history", "--store", store, "--json", "--after-change", "1", "--id", id)
	line, _, _ = strings.Cut(line, "\n")
	if err := json.Unmarshal([]byte(line), &change); err != nil || change.Number != 2 || change.Before.Payload != first || change.After.Payload != second {
		t.Errorf("%s: %v", line, err)
	}
}

// The history is read without changing anything: a database without tables stays one,
// and of PostgreSQL a role that may only read is enough.
func TestHistoryOnlyReads(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.db")
	testenv.WriteFile(t, empty, "")
	if out, err := command("history", "--store", "sqlite:"+empty).CombinedOutput(); err == nil || !strings.Contains(string(out), "there is no database in it") {
		t.Errorf("%v: %s", err, out)
	}
	if files, err := os.ReadDir(filepath.Dir(empty)); err != nil || len(files) != 1 || len(testenv.ReadFile(t, empty)) > 0 {
		t.Errorf("the folder was changed: %v, %v", files, err)
	}
	name := pgtest.Database(t)
	db, store, err := openStore(t.Context(), name, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := store.Write(t.Context(), admin.Write{ID: "x", Payload: "a", If: admin.Always}); err != nil {
		t.Fatal(err)
	}
	role := "reader_" + strings.ToLower(rand.Text())
	for _, statement := range []string{"CREATE ROLE " + role + " LOGIN", "GRANT SELECT ON licenses_history, licenses_clock TO " + role} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	defer db.Exec("DROP OWNED BY " + role + "; DROP ROLE " + role)
	u, err := url.Parse(name)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User(role)
	if table := output(t, "history", "--store", u.String()); !strings.Contains(table, "created") {
		t.Errorf("the history is:\n%s", table)
	}
}

func output(t *testing.T, args ...string) string {
	t.Helper()
	c := command(args...)
	var stderr strings.Builder
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("licseald %s: %v: %s", args, err, &stderr)
	}
	return string(out)
}

// An image that names a store can be rehearsed with all the same.
func TestEphemeralInImage(t *testing.T) {
	t.Setenv(storeVariable, "sqlite:/nonexistent/licences.db")
	p := start(t, "--ephemeral", "--accept-unverified")
	expect(t, 200, "GET", p.url+"/status", "")
}

func TestStatusAndMetrics(t *testing.T) {
	v := newVendor(t)
	p := start(t, "--ephemeral", "--trust", v.trust)
	if body := expect(t, 200, "GET", p.url+"/status", ""); !strings.Contains(body, `"reachable":true`) {
		t.Errorf("%s", body)
	}
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
		expect(t, 405, method, p.url+"/status", "")
		expect(t, 405, method, p.url+"/metrics", "")
	}
	expect(t, 200, "HEAD", p.url+"/status", "")
	if body := expect(t, 200, "GET", p.url+"/metrics", ""); strings.Contains(body, "\nkong_enterprise_license_expiration ") {
		t.Error("without a licence there is an expiration")
	}
	expect(t, 201, "POST", p.url+"/licenses", v.licence(t, "LS-1", 30))
	expect(t, 404, "GET", p.url+"/some/path/"+strings.Repeat("x", 100), "")
	body := expect(t, 200, "GET", p.url+"/metrics", "")
	until := time.Now().UTC().AddDate(0, 0, 30).Truncate(24 * time.Hour).Unix()
	var value float64
	for line := range strings.Lines(body) {
		if text, ok := strings.CutPrefix(line, "kong_enterprise_license_expiration "); ok {
			json.Unmarshal([]byte(text), &value)
		}
	}
	if want := until - 24*60*60; int64(value) != want { // as a gateway gives it
		t.Errorf("the licence expires at %f, want %d", value, want)
	}
	for _, want := range []string{
		`licseald_http_requests_total{method="POST",route="/licenses",status="201"} 1`,
		`licseald_http_requests_total{method="GET",route="other",status="404"} 1`,
		"kong_enterprise_license_errors 0", "process_open_fds",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in\n%s", want, body)
		}
	}
}

func TestUsage(t *testing.T) {
	v := newVendor(t)
	for _, test := range []struct {
		args string
		want string
		code int
	}{
		{"", "--trust FILE or --trust-root FILE is required", 2},
		{"--trust F extra", `unexpected argument "extra"`, 2},
		{"--nonsense", "nonsense", 2},
		{"--trust T --accept-unverified", "mutually exclusive", 2},
		{"--trust T --ephemeral --store sqlite:x", "--ephemeral and --store are mutually exclusive", 2},
		{"--trust T --store sqlite::memory:", "use --ephemeral", 2},
		{"--store sqlite:x history", "put the flags of 'history' after it", 2},
		{"--ephemeral --trust T version", "put the flags of 'version' after it", 2},
		{"--trust T --listen 0.0.0.0:0", "requires --token-file or --client-ca", 2},
		{"--trust T --listen :0", "requires --token-file or --client-ca", 2},
		{"--trust T --listen [::]:0", "requires --token-file or --client-ca", 2},
		{"--trust T --listen example.com:0", "requires --token-file or --client-ca", 2},
		{"--trust T --listen 8001", "write it as 127.0.0.1:8001", 2},
		{"--trust T --tls-cert x", "require each other", 2},
		{"--trust T --client-ca x", "requires --tls-cert", 2},
		{"--trust T --store mysql://x", "is neither sqlite:FILE nor postgres://", 2},
		{"--trust T --log-format xml", "text and json", 2},
		{"--trust T --grace -1s", "-1s", 2},
		{"--trust T --grace 30x", "30x", 2},
		{"--trust T --header-timeout 0s", "greater than zero", 2},
		{"--trust T --max-list-age 1h", "--max-list-age requires --revocations", 2},
		{"--trust T --ephemeral --revocations /nonexistent", "no such file", 1},
		{"--accept-unverified --revocations x", "require --trust", 2},
		{"--trust=", "--trust needs a value", 2},
		{"--trust /nonexistent --ephemeral", "no such file", 1},
		{"--trust T --store sqlite:/nonexistent/x.db", "the folder /nonexistent does not exist", 1},
		{"--trust T --store postgres://u:hunter2@127.0.0.1:1/x", "opening the database", 1},
		{"--trust T --ephemeral --token-file /nonexistent", "--token-file", 1},
		{"--trust T --ephemeral --schema knog", `there is no schema file knog, and no built-in schema is named "knog"; did you mean "kong"?`, 1},
		{"--trust T --ephemeral --schema /proc/none/x", "/proc/none/x", 1},
		{"--trust T --store sqlite:/proc/x.db", "opening the database /proc/x.db", 1},
		{"history --store sqlite:/nonexistent/x.db", "does not exist", 1},
		{"--trust T --license-dir D", "--license-dir requires --entitlement-token-file, or", 2},
		{"--trust T --entitlement-token-file F", "--entitlement-token-file requires --license-dir", 2},
		{"--trust T --client-crl F", "require --client-ca", 2},
		{"--trust T --client-scopes F", "require --client-ca", 2},
		{"--accept-unverified --state F", "--state requires --trust or --trust-root", 2},
		{"--trust T --ephemeral --state /nonexistent", "licseal state new /nonexistent", 1},
		{"--accept-unverified --license-dir D --entitlement-token-file F", "requires --trust", 2},
		{"--trust T --ephemeral --license-dir /nonexistent --entitlement-token-file F", "no such file", 1},
		{"history extra", "unexpected argument", 2},
	} {
		args := strings.Fields(test.args)
		for i := range args {
			if args[i] == "T" {
				args[i] = v.trust
			}
		}
		c := command(args...)
		c.Dir = t.TempDir()
		out, err := c.CombinedOutput()
		if c.ProcessState.ExitCode() != test.code || !strings.Contains(string(out), test.want) || strings.Contains(string(out), "hunter2") {
			t.Errorf("licseald %s: %v: %s", test.args, err, out)
		}
	}
}

// Both ways to ask for help work, and name every flag.
func TestHelp(t *testing.T) {
	help := output(t, "--help")
	for _, flag := range serveFlags() {
		if !strings.Contains(help, "--"+flag.Names()[0]) {
			t.Errorf("the help does not have --%s", flag.Names()[0])
		}
	}
	if !strings.HasPrefix(output(t, "version"), "licseald ") || !strings.Contains(output(t, "history", "--help"), "--after-change") {
		t.Error("version or history --help")
	}
}

// Every help text names its usage and fits into a terminal of 80 columns.
func TestHelpIsNarrow(t *testing.T) {
	all := [][]string{{"--help"}, {"-h"}}
	for _, command := range newApp(io.Discard, io.Discard).Commands {
		all = append(all, []string{command.Name, "--help"})
	}
	for _, args := range all {
		help := output(t, args...)
		if !strings.Contains(help, "usage: licseald") {
			t.Errorf("licseald %s prints %q", args, help)
		}
		for line := range strings.Lines(help) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > clihelp.Width {
				t.Errorf("licseald %s: %d columns: %s", args, n, line)
			}
		}
	}
}

// Warnings about an accepted licence are logged, without its key. A refused one has none.
func TestWarningsAreLogged(t *testing.T) {
	v := newVendor(t)
	fields := func(key, more string) string {
		return v.sign(t, `{"admin_seats":"5","customer":"C","dataplanes":"2","license_key":"`+key+`","license_creation_date":"2020-01-01",
			"license_expiration_date":"2500-01-01","product_subscription":"P","support_plan":"None"`+more+`}`)
	}
	const key = "LS-0000-SECRET-0001"
	for _, args := range [][]string{{"--trust", v.trust}, {"--accept-unverified"}} {
		for _, format := range []string{"text", "json"} {
			p := start(t, append(args, "--ephemeral", "--log-format", format)...)
			expect(t, 201, "POST", p.url+"/licenses", fields("LS-1", ""))
			if log := p.log.String(); strings.Contains(log, "warning") {
				t.Errorf("%s: without a warning: %s", args, log)
			}
			expect(t, 201, "POST", p.url+"/licenses", fields(key, `,"extra":1,"`+key+`":"`+key+`","line\nbreak":2`))
			expect(t, 400, "POST", p.url+"/licenses", `{"licence":{}}`)
			p.stop(t)
			var found []string
			for line := range strings.Lines(p.log.String()) {
				if strings.Contains(line, "accepted with warnings") {
					found = append(found, line)
				}
			}
			if len(found) != 1 || !strings.Contains(found[0], "/extra: unknown member") || !strings.Contains(found[0], "LS-0…0001") ||
				!strings.Contains(found[0], "WARN") || strings.Contains(found[0], "SECRET") {
				t.Errorf("%s: the log says %q", args, found)
			}
		}
	}
}

func futureLicence(t testing.TB, v *vendor) string {
	return v.sign(t, `{"admin_seats":"5","customer":"C","dataplanes":"2","license_key":"K","license_creation_date":"2500-01-01",
		"license_expiration_date":"2501-01-01","product_subscription":"P","support_plan":"None"}`)
}

func wrongFields(t testing.TB, v *vendor) string {
	return v.sign(t, `{"admin_seats":5,"customer":"C","dataplanes":"2","license_key":"K","license_creation_date":"2020-01-01",
		"license_expiration_date":"2500-01-01","product_subscription":"P","support_plan":"None"}`)
}

// A revoked licence is refused from the moment on at which the list has it; an
// older list never takes the place of a newer one.
func TestRevocations(t *testing.T) {
	v := newVendor(t)
	list := filepath.Join(t.TempDir(), "revoked")
	issued := time.Now().Add(-time.Hour)
	first := revoke.New(issued, issued.AddDate(0, 0, 30))
	revokeIn(t, first, "LS-9")
	second := first.Next(issued.Add(time.Minute), issued.AddDate(0, 0, 30))
	revokeIn(t, second, "LS-2")
	v.writeList(t, list, first)
	p := start(t, "--ephemeral", "--trust", v.trust, "--revocations", list)
	expect(t, 400, "POST", p.url+"/licenses", v.licence(t, "LS-9", 30))
	expect(t, 201, "POST", p.url+"/licenses", v.licence(t, "LS-1", 30))
	v.writeList(t, list, second)
	p.log.WaitFor(t, "read again")
	if body := expect(t, 400, "POST", p.url+"/licenses", v.licence(t, "LS-2", 30)); !strings.Contains(body, "revoked") {
		t.Errorf("%s", body)
	}
	v.writeList(t, list, first)
	p.log.WaitFor(t, "its previous content stays in force")
	expect(t, 400, "POST", p.url+"/licenses", v.licence(t, "LS-2", 30))
}

// A list is as large as revocation lists may be, which is more than other files may.
func TestLargeRevocationList(t *testing.T) {
	v := newVendor(t)
	path := filepath.Join(t.TempDir(), "revoked")
	issued := time.Now().Add(-time.Hour)
	list := revoke.New(issued, issued.AddDate(0, 0, 30))
	for i := range 20_000 {
		revokeIn(t, list, fmt.Sprintf("LS-%d", i))
	}
	v.writeList(t, path, list)
	if info, err := os.Stat(path); err != nil || info.Size() <= maxFile {
		t.Fatalf("%v, %v", info.Size(), err)
	}
	p := start(t, "--ephemeral", "--trust", v.trust, "--revocations", path)
	expect(t, 400, "POST", p.url+"/licenses", v.licence(t, "LS-19999", 30))
}

func revokeIn(t *testing.T, list *revoke.Contents, id string) {
	t.Helper()
	if err := list.RevokeLicense(id, ""); err != nil {
		t.Fatal(err)
	}
}

func (v *vendor) writeList(t *testing.T, path string, list *revoke.Contents) {
	t.Helper()
	signed, err := revoke.Sign(list, v.key)
	if err != nil {
		t.Fatal(err)
	}
	testenv.WriteFile(t, path, signed.String())
}
