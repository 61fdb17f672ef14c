package entitle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What cannot be written as JSON is an error of the server, and logged.
func TestAnswerFails(t *testing.T) {
	var log bytes.Buffer
	h := &handler{newStill(Options{}).Guard, HandlerOptions{Log: slog.New(slog.NewTextHandler(&log, nil))}}
	w := httptest.NewRecorder()
	h.write(w, 200, func() {})
	if got := w.Body.String(); w.Code != 500 || got != `{"message":"Internal error","status":"error"}`+"\n" || !strings.Contains(log.String(), `level=ERROR msg="writing an answer" error=`) {
		t.Errorf("%d %s, and the log has %s", w.Code, got, log.String())
	}
	w = httptest.NewRecorder()
	(&usageHandler{newStill(Options{}).Guard, nil}).answer(w, func() {})
	if got := w.Body.String(); w.Code != 503 || !strings.Contains(got, `"reason":"store"`) {
		t.Errorf("%d %s", w.Code, got)
	}
}

// How many a request asks for: a whole number, from 1 to the largest count.
func TestReadCount(t *testing.T) {
	space := func(n int) string { return strings.Repeat(" ", n) }
	for body, want := range map[string]int64{ // 0 if it is refused
		"": 1, `{"n":1}`: 1, `{"n":2}`: 2, fmt.Sprintf(`{"n":%d}`, int64(MaxCount)): MaxCount, fmt.Sprintf(`{"n":%d}`, int64(MaxCount)+1): 0, `{"n":0}`: 0, `{"n":-1}`: 0, `{"n":1e400}`: 0,
		`{}`: 0, `{"n":null}`: 0, `{"n":1,"m":1}`: 0, `{"N":1}`: 0, `{"n":1,"n":1}`: 0, `{"n":1.5}`: 0, `{"n":"1"}`: 0, `[1]`: 0, `1`: 0, "x": 0, " ": 0,
		space(1024-7) + `{"n":3}`: 3, space(1024-6) + `{"n":3}`: 0,
	} {
		w := httptest.NewRecorder()
		n, err := readCount(w, httptest.NewRequest("POST", "/", strings.NewReader(body)))
		if n != want || (err == nil) != (want > 0) {
			t.Errorf("%.40q: %d, %v", body, n, err)
		}
	}
}

// A status has its errors in the same order each time.
func TestStatusOfErrors(t *testing.T) {
	s := newStill(Options{})
	s.listDue.Store(nanos(january(20)))
	status := s.Status()
	status.ClockErr, status.LoadErr, status.StoreErr, status.RememberErr = errors.New("c"), errors.New("l"), errors.New("s"), errors.New("r")
	for range 20 {
		text, err := json.Marshal(status)
		if want := `{"status":"missing","time":"2026-01-10T00:00:00.000Z","revocation_list_due":"2026-01-20T00:00:00.000Z","clock_behind_seconds":0,"errors":{"clock":"c","load":"l","remember":"r","store":"s"}}`; string(text) != want || err != nil {
			t.Fatalf("%s, %v", text, err)
		}
	}
}

// A refusal, and a status, raise the latest instant exactly; what is allowed does so in
// steps.
func TestSaw(t *testing.T) {
	for _, test := range []struct {
		name string
		at   time.Time
		do   func(*still)
		saw  bool
	}{
		{"a use", january(20), func(s *still) { s.permit("n") }, false}, {"a look", january(20), func(s *still) { s.Allows("n") }, false}, {"a status", january(20), func(s *still) { s.Status() }, true},
		{"a use that is refused", january(31), func(s *still) { s.permit("n") }, true}, {"a look that is refused", january(31), func(s *still) { s.Allows("n") }, true},
	} {
		s := newStill(Options{})
		s.has(t, upTo("n", 5))
		s.clock.shown = nanos(test.at) + 5
		before := nanos(test.at) - s.clock.ran
		s.lead.Store(before)
		test.do(s)
		if moved := s.lead.Load() - before; moved != map[bool]int64{true: 5}[test.saw] {
			t.Errorf("%s: it was raised by %d", test.name, moved)
		}
	}
}

// What is permitted, from the first reason that speaks against it.
func TestPermit(t *testing.T) {
	s := newStill(Options{})
	is := func(what, name string, want error) {
		t.Helper()
		grant, now, err := s.permit(name)
		if diff := cmp.Diff(fmt.Sprint(want), fmt.Sprint(err)); diff != "" || (grant != nil) != (want == nil) || now != s.now() || s.allows(name) != (want == nil) {
			t.Errorf("%s: %s", what, diff)
		}
	}
	is("no licence", "n", ErrNoLicense)
	s.has(t, upTo("n", 1))
	is("good", "n", nil)
	is("not included", "none", &NotIncludedError{"none"})
	s.unseated.Store(1)
	is("without its seat", "n", &MachinesError{1})
	is("without its seat, not included", "none", &MachinesError{1})
	s.unseated.Store(0)
	end := func(at time.Time, state State, since time.Time) error {
		e := &InactiveError{State: state, Since: since, Expiry: january(29), Time: at}
		s.clock.shown = nanos(at)
		s.lead.Store(noTime)
		return e
	}
	is("before it begins", "n", end(january(1).Add(-1), NotYetValid, january(1)))
	s.clock.shown = nanos(january(1))
	is("when it begins", "n", nil)
	s.clock.shown = nanos(january(31)) - 1
	is("in its grace", "n", nil)
	is("expired", "n", end(january(31), Expired, january(31)))
	s.current.Load().suspended = true
	is("suspended", "n", end(january(10), Suspended, time.Time{}))
}

// Close waits for what goes on in the background, and after it nothing is counted.
func TestCloseWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, reports := newAnswers(), 0
		began := make(chan bool)
		g, err := Open(t.Context(), none{ErrNoLicense}, nil, &Options{Installation: "here", Store: store, MayBeMissing: true, Batch: true, Notify: func(e Event) {
			if e.Kind == StoreFailed {
				close(began)
				time.Sleep(3 * time.Second)
				reports++
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		g.give(licensed(t, "A-1", upTo("n", 5)), g.now())
		store.fails(errors.New("broken"))
		<-began
		store.fails(nil)
		start := time.Now()
		if err := g.Close(); err != nil || time.Since(start) != 3*time.Second || reports != 1 {
			t.Errorf("it took %v, with %d reports: %v", time.Since(start), reports, err)
		}
		if err := g.counter("n").add(g.now(), 1, 5, anyShare); err != ErrClosed {
			t.Errorf("a use that was late: %v", err)
		}
		if err := g.Close(); err != ErrClosed {
			t.Errorf("closed twice: %v", err)
		}
	})
}

// Close gives back seats and leases, and says if the store, or what remembers, fails.
func TestCloseReleases(t *testing.T) {
	for _, fails := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			store := newAnswers()
			g, err := Open(t.Context(), none{ErrNoLicense}, nil, &Options{Installation: "here", Store: store, MayBeMissing: true, Levels: []string{"seats"}, Clock: func() time.Time { return january(10) }})
			if err != nil {
				t.Fatal(err)
			}
			g.give(licensed(t, "A-1", upTo("seats", 5)), g.now())
			b, err := g.Bind(t.Context(), "m1")
			if err != nil {
				t.Fatal(err)
			}
			l, err := g.Lease(t.Context(), "seats")
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			store.took()
			if fails {
				store.fails(errors.New("broken"))
			}
			err = g.Close()
			if fails != isStore(err) || b.Held() || l.Held() || store.calls["Release"] != 1 || store.calls["Change"] != 1 {
				t.Errorf("fails %v: %v, %v", fails, err, store.calls)
			}
		})
	}
}
