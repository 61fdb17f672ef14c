//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/internal/sqldb/sqlite"
	"github.com/licseal/licseal/internal/testenv/pgtest"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/verify"
)

// BenchmarkAPI measures requests under load from four clients, side by side with a
// handler of net/http that reads the body and answers the same bytes. It reports
// requests a second (req/s), the median latency (p50-µs) and that of the slowest in a
// hundred (p99-µs), each with its ratio to the bare handler's.
//
// A commit on SQLite waits for the disk. The PostgreSQL that the tests start does not:
// for figures of one that does, LICSEAL_TEST_POSTGRES names another server.
func BenchmarkAPI(b *testing.B) {
	stores := []struct {
		name string
		open func(*testing.B) string
	}{
		{"Memory", nil},
		{"SQLite", func(b *testing.B) string { return "sqlite:" + filepath.Join(b.TempDir(), "licences.db") }},
		{"PostgreSQL", func(b *testing.B) string { return pgtest.Database(b) }},
	}
	for _, store := range stores {
		b.Run(store.name, func(b *testing.B) {
			name := ""
			if store.open != nil {
				name = store.open(b)
			}
			v := newVendor(b)
			handler := benchHandler(b, v, name)
			b.Run("POST", func(b *testing.B) { benchPost(b, v, handler) })
			b.Run("GETOne", func(b *testing.B) { benchGet(b, v, handler, 1) })
			b.Run("GETHundred", func(b *testing.B) { benchGet(b, v, handler, 100) })
		})
	}
}

// benchHandler is the whole of licseald's handler over a store, "" for memory.
func benchHandler(b *testing.B, v *vendor, name string) http.Handler {
	s := benchServer(b, v)
	if name != "" {
		db, store, err := openStore(b.Context(), name, sqlite.Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { db.Close() })
		s.store = boundedStore{store, 10 * time.Second}
	}
	return s.handler()
}

// benchServer is a licseald that keeps licences in memory.
func benchServer(t testing.TB, v *vendor) *server {
	trusted, err := keys.ParseTrusted("", []byte(v.line(t)))
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := verify.New(trusted, &verify.Options{Fields: schema.Kong()})
	if err != nil {
		t.Fatal(err)
	}
	accepted := &trust{keys: trusted, verifier: verifier}
	log, err := newLog(io.Discard, "json")
	if err != nil {
		t.Fatal(err)
	}
	return &server{
		watcher: watcher{log, &reloadFailures{}}, store: &admin.Memory{}, ping: func(context.Context) error { return nil },
		judge: &judge{trust: func() *trust { return accepted }, rules: schema.Kong(), log: slog.New(slog.DiscardHandler)},
		admin: admin.Options{Log: slog.New(slog.DiscardHandler)},
	}
}

var licenceNumber atomic.Int64

func benchPost(b *testing.B, v *vendor, handler http.Handler) {
	request := func() []byte {
		_, body := admin.Body(admin.JSON, v.licence(b, fmt.Sprintf("LS-%d", licenceNumber.Add(1)), 30))
		return body
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest("POST", "http://localhost/licenses", bytes.NewReader(request()))
	r.Header.Set("Content-Type", "application/json")
	handler.ServeHTTP(w, r)
	if w.Code != http.StatusCreated {
		b.Fatalf("%d %s", w.Code, w.Body)
	}
	compareHandlers(b, "POST", "/licenses", request, http.StatusCreated, w.Body.Bytes(), handler)
}

func benchGet(b *testing.B, v *vendor, handler http.Handler, size int) {
	w := httptest.NewRecorder()
	for range 100 { // so that a page is full
		_, body := admin.Body(admin.JSON, v.licence(b, fmt.Sprintf("LS-%d", licenceNumber.Add(1)), 30))
		r := httptest.NewRequest("POST", "http://localhost/licenses", bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	path := fmt.Sprintf("/licenses?size=%d", size)
	handler.ServeHTTP(w, httptest.NewRequest("GET", "http://localhost"+path, nil))
	if w.Code != http.StatusOK {
		b.Fatalf("%d %s", w.Code, w.Body)
	}
	compareHandlers(b, "GET", path, func() []byte { return nil }, http.StatusOK, w.Body.Bytes(), handler)
}

// compareHandlers sends the same requests to a handler and to a bare one that
// gives the same answer, in turns, so that both meet the same noise.
func compareHandlers(b *testing.B, method, path string, body func() []byte, status int, answer []byte, handler http.Handler) {
	bare := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		w.Write(answer)
	}))
	defer bare.Close()
	full := httptest.NewServer(handler)
	defer full.Close()
	var bareLoad, fullLoad measured
	for b.Loop() {
		const batch = 40
		bodies := make([][]byte, batch)
		for i := range bodies {
			bodies[i] = body()
		}
		bareLoad.send(b, method, bare.URL+path, bodies, status)
		fullLoad.send(b, method, full.URL+path, bodies, status)
	}
	b.ReportMetric(0, "ns/op") // of a batch, which means nothing
	b.ReportMetric(fullLoad.rate(), "req/s")
	b.ReportMetric(fullLoad.rate()/bareLoad.rate(), "rate-x-bare")
	for _, percent := range []int{50, 99} {
		full, bare := fullLoad.latency(percent), bareLoad.latency(percent)
		b.ReportMetric(float64(full.Microseconds()), fmt.Sprintf("p%d-µs", percent))
		b.ReportMetric(float64(full)/float64(bare), fmt.Sprintf("p%d-x-bare", percent))
	}
}

// measured is what became of the requests to one server.
type measured struct {
	took      time.Duration
	latencies []time.Duration
}

func (m *measured) rate() float64 { return float64(len(m.latencies)) / m.took.Seconds() }

// latency returns the time in which a percentage of the requests were answered.
func (m *measured) latency(percent int) time.Duration {
	slices.Sort(m.latencies)
	return m.latencies[len(m.latencies)*percent/100]
}

// benchClient keeps the connections of its four users open.
var benchClient = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4}}

// send sends one request for each body, four at a time.
func (m *measured) send(b *testing.B, method, url string, bodies [][]byte, status int) {
	latencies := make([]time.Duration, len(bodies))
	start := time.Now()
	var group sync.WaitGroup
	var next atomic.Int64
	for range 4 {
		group.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(bodies); i = next.Add(1) - 1 {
				sent := time.Now()
				r, err := http.NewRequest(method, url, bytes.NewReader(bodies[i]))
				if err != nil {
					b.Error(err)
					return
				}
				r.Header.Set("Content-Type", "application/json")
				response, err := benchClient.Do(r)
				if err != nil {
					b.Error(err)
					return
				}
				io.Copy(io.Discard, response.Body)
				response.Body.Close()
				if response.StatusCode != status {
					b.Errorf("status %d", response.StatusCode)
				}
				latencies[i] = time.Since(sent)
			}
		})
	}
	group.Wait()
	m.took += time.Since(start)
	m.latencies = append(m.latencies, latencies...)
}
