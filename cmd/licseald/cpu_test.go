//go:build linux

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/internal/benchratio"
	"github.com/licseal/licseal/internal/testenv/pgtest"
	"golang.org/x/sys/unix"
)

// BenchmarkCPU measures how much processor time a request takes of licseald (cpu-µs),
// and its ratio to that of a server with nothing but net/http, which answers the same
// bytes (x-bare). Both are processes of their own, and four clients send requests to one
// and the other in turns. The time that PostgreSQL itself takes does not count.
func BenchmarkCPU(b *testing.B) {
	stores := []struct {
		name string
		args func() []string
	}{
		{"Memory", func() []string { return []string{"--ephemeral"} }},
		{"SQLite", func() []string { return []string{"--store", "sqlite:" + filepath.Join(b.TempDir(), "licences.db")} }},
		{"PostgreSQL", func() []string { return []string{"--store", pgtest.Database(b)} }},
	}
	bare := startBare(b)
	for _, store := range stores {
		b.Run(store.name, func(b *testing.B) {
			v := newVendor(b)
			full, err := tryStart(append(store.args(), "--listen", "127.0.0.1:0", "--trust", v.trust)...)
			if err != nil {
				b.Fatal(err)
			}
			defer full.kill()
			pair := &serverPair{bare, full}
			post := func() []byte { return postRequest(b, v) }
			b.Run("POST", func(b *testing.B) { pair.compare(b, post, "HTTP/1.1 201") })
			listed := answerOf(b, full, getRequest("/licenses?size=100"))
			_, id, _ := strings.Cut(listed, `{"id":"`)
			one := getRequest("/licenses/" + id[:36])
			b.Run("GETOne", func(b *testing.B) { pair.compare(b, func() []byte { return one }, "HTTP/1.1 200") })
			list := getRequest("/licenses?size=100")
			b.Run("GETHundred", func(b *testing.B) { pair.compare(b, func() []byte { return list }, "HTTP/1.1 200") })
		})
	}
}

func getRequest(path string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n", path)
}

func postRequest(b *testing.B, v *vendor) []byte {
	_, body := admin.Body(admin.JSON, v.licence(b, fmt.Sprintf("LS-%d", licenceNumber.Add(1)), 30))
	return fmt.Appendf(nil, "POST /licenses HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// serverPair is a bare server and licseald.
type serverPair struct{ bare, full *process }

// compare sends requests to both. Each turn of a server is a hundred requests.
func (p *serverPair) compare(b *testing.B, request func() []byte, status string) {
	const turn = 100
	want := answerOf(b, p.full, request())
	if !strings.HasPrefix(want, status) {
		b.Fatalf("the answer is %s", want)
	}
	setBareAnswer(b, p.bare, want)
	bare, full := newTraffic(b, p.bare), newTraffic(b, p.full)
	for len(full.clients) < 4 {
		bare.add(b)
		full.add(b)
	}
	var costs, ratios []float64
	for b.Loop() {
		requests := make([][]byte, turn)
		for i := range requests {
			requests[i] = request()
		}
		before := bare.send(b, requests)
		took := full.send(b, requests)
		after := bare.send(b, requests)
		costs = append(costs, float64(took.Nanoseconds())/turn/1000)
		ratios = append(ratios, 2*float64(took)/float64(before+after))
	}
	b.ReportMetric(0, "ns/op") // of a turn, which means nothing
	b.ReportMetric(benchratio.Median(costs), "cpu-µs")
	b.ReportMetric(benchratio.Median(ratios), "x-bare")
}

// traffic is what is sent to a server over several connections.
type traffic struct {
	*process
	clients []client
}

type client struct {
	net.Conn
	answers *bufio.Reader
}

func newTraffic(b *testing.B, p *process) *traffic {
	l := &traffic{process: p}
	b.Cleanup(func() {
		for _, c := range l.clients {
			c.Close()
		}
	})
	return l
}

func (l *traffic) add(b *testing.B) {
	conn, err := net.Dial("tcp", strings.TrimPrefix(l.url, "http://"))
	if err != nil {
		b.Fatal(err)
	}
	l.clients = append(l.clients, client{conn, bufio.NewReaderSize(conn, 1<<20)})
}

// send sends requests, each client one at a time, and returns the processor time that
// the server took.
func (l *traffic) send(b *testing.B, requests [][]byte) time.Duration {
	start := l.cpu(b)
	var next atomic.Int64
	var group sync.WaitGroup
	for _, c := range l.clients {
		group.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(requests); i = next.Add(1) - 1 {
				if err := c.send(requests[i]); err != nil {
					b.Error(err)
				}
			}
		})
	}
	group.Wait()
	return l.cpu(b) - start
}

func (c client) send(request []byte) error {
	if _, err := c.Write(request); err != nil {
		return err
	}
	response, err := http.ReadResponse(c.answers, nil)
	if err != nil {
		return err
	}
	if response.StatusCode >= 300 {
		return fmt.Errorf("status %s", response.Status)
	}
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

// cpu returns the processor time that a process has taken: clock_getcpuclockid(3).
func (l *traffic) cpu(b *testing.B) time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^l.Process.Pid<<3|2), &t); err != nil {
		b.Fatal(err)
	}
	return time.Duration(t.Nano())
}

func answerOf(b *testing.B, p *process, request []byte) string {
	l := newTraffic(b, p)
	l.add(b)
	if _, err := l.clients[0].Write(request); err != nil {
		b.Fatal(err)
	}
	response, err := http.ReadResponse(l.clients[0].answers, nil)
	if err != nil {
		b.Fatal(err)
	}
	var whole bytes.Buffer
	if err := response.Write(&whole); err != nil {
		b.Fatal(err)
	}
	return whole.String()
}

// beBare makes this test binary a server that answers all requests with the answer that
// it was last sent as the body of a PUT.
const beBare = "LICSEALD_TEST_BE_BARE"

func init() {
	if os.Getenv(beBare) == "" {
		return
	}
	var answer atomic.Pointer[http.Response]
	var body atomic.Pointer[[]byte]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			response, err := http.ReadResponse(bufio.NewReader(r.Body), nil)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			data, _ := io.ReadAll(response.Body)
			answer.Store(response)
			body.Store(&data)
			return
		}
		io.Copy(io.Discard, r.Body)
		for name, value := range answer.Load().Header {
			w.Header()[name] = value
		}
		w.WriteHeader(answer.Load().StatusCode)
		w.Write(*body.Load())
	}))
	fmt.Println(server.URL)
	select {}
}

func startBare(b *testing.B) *process {
	b.Setenv(beBare, "1")
	p, err := tryStart()
	if err != nil {
		b.Fatal(err)
	}
	os.Unsetenv(beBare)
	b.Cleanup(p.kill)
	return p
}

func setBareAnswer(b *testing.B, p *process, answer string) {
	request, err := http.NewRequest(http.MethodPut, p.url, strings.NewReader(answer))
	if err != nil {
		b.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil || response.StatusCode != http.StatusOK {
		b.Fatal(err, response)
	}
	response.Body.Close()
}
