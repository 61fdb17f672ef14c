//go:build unix

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/admin/sqlstore"
	"github.com/licseal/licseal/internal/benchratio"
	"github.com/licseal/licseal/internal/sqldb/sqlite"
	"github.com/licseal/licseal/internal/testenv"
)

// peakMemory returns the most memory that a process ever had, in bytes.
func peakMemory(t *testing.T, p *process) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
	if err != nil {
		fmt.Fprintf(os.Stderr, "SKIP %s: the memory of a process cannot be read here\n", t.Name())
		testenv.Missing(t, "the memory of a process cannot be read here")
	}
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "VmHWM:" {
			kilobytes, err := strconv.ParseInt(fields[1], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kilobytes << 10
		}
	}
	t.Fatal("no VmHWM")
	return 0
}

// raw sends bytes as they are, and returns the status of the answer, or 0 if the
// server hung up without one.
func raw(t *testing.T, p *process, text string) int {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(testenv.Patience))
	go io.WriteString(conn, text) // the server may stop reading
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0
	}
	response.Body.Close()
	return response.StatusCode
}

// What a hostile client sends over the wire, and what it gets. Afterwards the server
// works as before, nothing has panicked, and it never had much memory.
func TestHostile(t *testing.T) {
	v := newVendor(t)
	store := "sqlite:" + filepath.Join(t.TempDir(), "licences.db")
	p := start(t, "--store", store, "--listen", "127.0.0.1:0", "--trust", v.trust,
		"--header-timeout", "1s", "--body-timeout", "2s", "--log-format", "json")
	good := v.licence(t, "LS-1", 30)
	id := postedID(t, expect(t, 201, "POST", p.url+"/licenses", good))
	const host = " HTTP/1.1\r\nHost: localhost\r\n"
	const form = "Content-Type: application/x-www-form-urlencoded\r\n"
	const isJSON = "Content-Type: application/json\r\n"
	sql := "'; DROP TABLE licenses; --"
	for _, test := range []struct {
		name, request string
		status        int
	}{
		{"no HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("x", 100) + "\r\n\r\n", 400},
		{"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
		{"HTTP/9", "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", 505},
		{"a bad length", "POST /licenses" + host + "Content-Length: -1\r\n\r\n", 400},
		{"two lengths", "POST /licenses" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nx", 400},
		{"length and chunks", "POST /licenses" + host + form + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
		{"bad chunks", "POST /licenses" + host + form + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
		{"a flood of headers", "GET /" + host + strings.Repeat("X-Flood: "+strings.Repeat("y", 100)+"\r\n", 1000) + "\r\n", 431},
		{"one huge header", "GET /" + host + "X-Huge: " + strings.Repeat("y", 1<<20) + "\r\n\r\n", 431},
		{"a huge path", "GET /" + strings.Repeat("a", 1<<20) + host + "\r\n", 431},
		{"a line folded", "GET /" + host + "X: a\r\n b\r\n\r\n", 200},
		{"a header with a newline", "GET /" + host + "X-A: a\rb\r\n\r\n", 400},
		{"a slow header", "GET /" + host + "X-Slow: ", 0},
		{"a slow body", "POST /licenses" + host + form + "Content-Length: 100\r\n\r\npayload=", 408},
		{"slow chunks", "POST /licenses" + host + form + "Transfer-Encoding: chunked\r\n\r\n5\r\npaylo\r\n", 408},
		{"a large body", "POST /licenses" + host + form + "Content-Length: 99999999\r\n\r\n" + strings.Repeat("x", 1<<20), 413},
		{"a large chunked body", "POST /licenses" + host + form + "Transfer-Encoding: chunked\r\n\r\n100000\r\n" + strings.Repeat("x", 1<<20), 413},
		{"expect 100, large", "POST /licenses" + host + form + "Expect: 200-maybe\r\nContent-Length: 5\r\n\r\nhello", 417},
		{"deep JSON", "POST /licenses" + host + isJSON + "Connection: close\r\nContent-Length: 100000\r\n\r\n" + strings.Repeat("[", 100000), 400},
		{"a path out", "GET /../../etc/passwd" + host + "\r\n", 404},
		{"an escaped path out", "GET /licenses/%2e%2e/%2e%2e/etc/passwd" + host + "\r\n", 404},
		{"a path with a backslash", "GET /licenses\\.." + host + "\r\n", 404},
		{"another host's URL", "GET http://attacker.example/licenses" + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 403},
		{"CONNECT", "CONNECT localhost:80" + host + "\r\n", 405},
		{"SQL in the path", "GET /licenses/" + strings.ReplaceAll(sql, " ", "%20") + host + "\r\n", 400},
		{"SQL in the offset", "GET /licenses?offset=" + strings.ReplaceAll(sql, " ", "%20") + host + "\r\n", 400},
		{"SQL in a payload", "POST /licenses" + host + isJSON + jsonRequest(map[string]any{"payload": sql}), 400},
		{"SQL in an id", "POST /licenses" + host + isJSON + jsonRequest(map[string]any{"payload": good, "id": sql}), 400},
		{"SQL in a name", "POST /licenses" + host + isJSON + jsonRequest(map[string]any{sql: sql}), 400},
		{"SQL in a header", "GET /licenses" + host + "User-Agent: " + sql + "\r\nKong-Admin-Token: " + sql + "\r\n\r\n", 200},
		{"a token where none is needed", "GET /licenses" + host + "Kong-Admin-Token: \r\n\r\n", 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := raw(t, p, test.request); got != test.status {
				t.Errorf("got %d, want %d", got, test.status)
			}
		})
	}
	t.Cleanup(func() { // after the parallel tests
		if body := getOnce(p.url + "/licenses"); !strings.Contains(body, id) {
			t.Errorf("afterwards the server says %.300s", body)
		}
		if log := p.log.String(); strings.Contains(log, "panic") || strings.Contains(log, "unexpected error") {
			t.Errorf("the log: %s", log)
		}
	})
}

// getOnce is for when the context of a test is over.
func getOnce(url string) string {
	_, body, err := call(context.Background(), http.DefaultClient, "GET", url, "")
	if err != nil {
		return err.Error()
	}
	return body
}

// jsonRequest returns the rest of a request with a JSON body.
func jsonRequest(v any) string {
	body, _ := json.Marshal(v)
	return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
}

// A thousand connections that say nothing, and a thousand that stay open after a
// request, keep nobody else from being served, and cost little memory.
func TestIdleConnections(t *testing.T) {
	v := newVendor(t)
	p := start(t, "--ephemeral", "--trust", v.trust, "--header-timeout", "20s")
	expect(t, 200, "GET", p.url+"/licenses", "")
	before := peakMemory(t, p)
	const each = 1000
	var conns []net.Conn
	defer func() {
		for _, conn := range conns {
			conn.Close()
		}
	}()
	for i := range 2 * each {
		conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
		if i >= each {
			io.WriteString(conn, "GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n")
			conn.SetReadDeadline(time.Now().Add(testenv.Patience))
			if _, err := conn.Read(make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
		}
	}
	start := time.Now()
	expect(t, 201, "POST", p.url+"/licenses", v.licence(t, "LS-1", 30))
	grown := peakMemory(t, p) - before
	t.Logf("%d idle connections: %d KiB each; a POST took %v", 2*each, grown/(2*each)>>10, time.Since(start))
	if grown > 2*each*(64<<10) && !benchratio.Race {
		t.Errorf("%d idle connections took %d MiB", 2*each, grown>>20)
	}
}

// Ten thousand stored licences are listed in pages, in memory that does not grow
// with their number.
func TestTenThousand(t *testing.T) {
	name := "sqlite:" + filepath.Join(t.TempDir(), "licences.db")
	count := testenv.Rounds(2_000, 10_000)
	fillStore(t, name, count, "")
	p := start(t, "--store", name, "--listen", "127.0.0.1:0", "--accept-unverified")
	expect(t, 200, "GET", p.url+"/licenses?size=1000", "")
	before := peakMemory(t, p)
	client, err := admin.NewClient(p.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	for range 3 {
		seen := 0
		for _, err := range client.Records(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			seen++
		}
		if seen != count {
			t.Fatalf("saw %d of %d", seen, count)
		}
	}
	grown := peakMemory(t, p) - before
	t.Logf("%d licences three times: %v, and %d MiB more than for a page", count, time.Since(start), grown>>20)
	if grown > 48<<20 && !benchratio.Race {
		t.Errorf("listing took %d MiB more than a page", grown>>20)
	}
}

// Clients that ask for long lists and do not read them do not use up the memory.
func TestListsNotRead(t *testing.T) {
	t.Parallel()
	name := "sqlite:" + filepath.Join(t.TempDir(), "licences.db")
	fillStore(t, name, 1000, strings.Repeat(" ", 4<<10))
	p := start(t, "--store", name, "--listen", "127.0.0.1:0", "--accept-unverified")
	expect(t, 200, "GET", p.url+"/licenses?size=1000", "")
	before := peakMemory(t, p)
	for range 300 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.(*net.TCPConn).SetReadBuffer(4 << 10)
		io.WriteString(conn, "GET /licenses?size=1000 HTTP/1.1\r\nHost: localhost\r\n\r\n")
	}
	time.Sleep(3 * time.Second) // as long as it takes where nothing holds them back
	// On a slow machine the lists that are being read may keep the database from
	// answering in time. Once they are read, it answers, although nobody takes them.
	testenv.WaitUntil(t, "the server is well", func() bool {
		status, _, err := call(t.Context(), http.DefaultClient, "GET", p.url+"/status", "")
		return status == 200 && err == nil
	})
	grown := peakMemory(t, p) - before
	t.Logf("300 lists that nobody reads: %d MiB more than for one", grown>>20)
	if grown > 200<<20 && !benchratio.Race {
		t.Errorf("lists that nobody reads took %d MiB", grown>>20)
	}
}

// A client that does not read its answer is given up.
func TestAnswerNotRead(t *testing.T) {
	wrote := make(chan error, 1)
	server := newHTTPServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, err := w.Write(make([]byte, 64<<20)) // more than a connection holds
		wrote <- err
	}), time.Second, 100*time.Millisecond, 100*time.Millisecond)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(listener)
	defer server.Close()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	select {
	case err := <-wrote:
		if err == nil {
			t.Error("the answer was written, and nobody read it")
		}
	case <-time.After(testenv.Patience):
		t.Error("it still waits")
	}
}

// fillStore stores records without licseald, in one transaction.
func fillStore(t testing.TB, name string, count int, padding string) {
	t.Helper()
	db, err := openDatabase(context.Background(), name, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := sqlstore.New(context.Background(), db); err != nil {
		t.Fatal(err)
	}
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	v := newVendor(t)
	for i := range count {
		_, err := tx.Exec(`INSERT INTO licenses (id, payload, payload_sha256, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)`,
			fmt.Sprintf("%08x-0000-4000-8000-000000000000", i), v.licence(t, fmt.Sprintf("LS-%d", i), 30)+padding, fmt.Sprint(i), i)
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}
