package admin_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/licseal/licseal/admin"
)

// operator is somebody who changes licences while somebody else does.
type operator struct {
	client  *admin.Client
	work    func(o *operator) error
	backups []string

	steps chan chan bool // a request asks to be sent
	err   error
	done  bool
}

// RoundTrip waits for its turn before each request.
func (o *operator) RoundTrip(r *http.Request) (*http.Response, error) {
	turn := make(chan bool)
	o.steps <- turn
	<-turn
	return http.DefaultTransport.RoundTrip(r)
}

func (o *operator) backup(r admin.Record) error {
	o.backups = append(o.backups, r.Payload)
	return nil
}

func newOperator(t *testing.T, url string, work func(*operator) error) *operator {
	o := &operator{work: work, steps: make(chan chan bool)}
	var err error
	if o.client, err = admin.NewClient(url, &admin.ClientOptions{Check: anything, HTTP: &http.Client{Transport: o}}); err != nil {
		t.Fatal(err)
	}
	return o
}

// run lets the operators send their requests in turns: each letter of the schedule is a
// request of the first or the second. It returns the requests that were sent.
func run(operators [2]*operator, schedule string) string {
	var finished [2]chan struct{}
	var waiting [2]chan bool
	next := func(i int) { // until the next request, or the end
		select {
		case waiting[i] = <-operators[i].steps:
		case <-finished[i]:
			operators[i].done = true
		}
	}
	for i, o := range operators {
		finished[i] = make(chan struct{})
		go func() {
			o.err = o.work(o)
			close(finished[i])
		}()
		next(i)
	}
	sent := ""
	for n := 0; !operators[0].done || !operators[1].done; n++ {
		i := 0
		if n < len(schedule) && schedule[n] == 'b' || operators[0].done {
			i = 1
		}
		if operators[i].done {
			i = 1 - i
		}
		sent += string('a' + rune(i))
		waiting[i] <- true
		next(i)
	}
	return sent
}

// schedules returns all orders of so many requests of two operators.
func schedules(length int) []string {
	all := []string{""}
	for range length {
		var longer []string
		for _, s := range all {
			longer = append(longer, s+"a", s+"b")
		}
		all = longer
	}
	return all
}

// withoutETags hides what a gateway does not know.
func withoutETags(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("If-Match")
		r.Header.Del("If-None-Match")
		next.ServeHTTP(dropETag{w}, r)
	})
}

type dropETag struct{ http.ResponseWriter }

func (w dropETag) WriteHeader(status int) {
	w.Header().Del("ETag")
	w.ResponseWriter.WriteHeader(status)
}

// Two operators change the same record at the same time, in every order of their
// requests. With ETags, what is no longer stored is in a backup, and who was told of no
// error has their licence stored, or somebody replaced it after having backed it up.
// Without ETags, that does not hold if one writes between the other's reading and
// writing; the test shows that nothing else is lost.
func TestTwoOperators(t *testing.T) {
	old, first, second := licence(t, "A", 1), licence(t, "A", 2), licence(t, "A", 3)
	push := func(payload string) func(*operator) error {
		return func(o *operator) error {
			_, _, err := o.client.Push(context.Background(), payload, admin.PushOptions{Backup: o.backup})
			return err
		}
	}
	swap := func(payload string, create bool) func(*operator) error {
		return func(o *operator) error {
			_, err := o.client.Swap(context.Background(), admin.Swap{ID: id1, Payload: payload, Create: create, Backup: o.backup})
			return err
		}
	}
	tests := []struct {
		name   string
		stored []string
		a, b   func(*operator) error
		writes []string // what a and b write
		length int
	}{
		{"push and push", []string{old}, push(first), push(second), []string{first, second}, 8},
		{"put and put", []string{old}, swap(first, true), swap(second, true), []string{first, second}, 6},
		{"put and put, new", nil, swap(first, true), swap(second, true), []string{first, second}, 6},
		{"update and delete", []string{old}, swap(first, false), swap("", false), []string{first, ""}, 6},
		{"push and delete", []string{old}, push(first), swap("", false), []string{first, ""}, 7},
		{"delete and delete", []string{old}, swap("", false), swap("", false), []string{"", ""}, 5},
	}
	for _, etags := range []bool{true, false} {
		for _, test := range tests {
			t.Run(fmt.Sprintf("%s, ETags %v", test.name, etags), func(t *testing.T) {
				lost := 0
				for _, schedule := range schedules(test.length) {
					store := &admin.Memory{}
					for _, payload := range test.stored {
						store.Write(t.Context(), admin.Write{ID: id1, Payload: payload, If: admin.Always})
					}
					handler := newHandler(store)
					if !etags {
						handler = withoutETags(handler)
					}
					var log calls
					server := httptest.NewServer(log.of(handler))
					operators := [2]*operator{newOperator(t, server.URL, test.a), newOperator(t, server.URL, test.b)}
					sent := run(operators, schedule)
					server.Close()
					problem := whatIsLost(t, store, operators, test.stored, test.writes)
					if problem == "" {
						continue
					}
					lost++
					if etags || !overlaps(sent, log.methods) {
						t.Errorf("order %s, requests %s: %s", sent, log.methods, problem)
					}
				}
				t.Logf("lost in %d orders", lost)
			})
		}
	}
}

// calls are the methods of the requests that a server got.
type calls struct {
	mu      sync.Mutex
	methods []string
}

func (c *calls) of(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		c.methods = append(c.methods, r.Method)
		c.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

// whatIsLost says which licence is gone without a trace, "" if none.
func whatIsLost(t *testing.T, store admin.Store, operators [2]*operator, stored, writes []string) string {
	records, _, err := store.List(t.Context(), "", 100)
	if err != nil {
		t.Fatal(err)
	}
	kept := append(slices.Clone(operators[0].backups), operators[1].backups...)
	for _, r := range records {
		kept = append(kept, r.Payload)
	}
	for _, payload := range stored {
		if !slices.Contains(kept, payload) {
			return "what was there is in no backup"
		}
	}
	for i, o := range operators {
		if o.err == nil && writes[i] != "" && !slices.Contains(kept, writes[i]) {
			return fmt.Sprintf("operator %d was told that all is well, but the licence is neither stored nor in a backup", i+1)
		}
		var changed *admin.ChangedError
		var status *admin.StatusError
		var mismatch *admin.MismatchError
		if o.err != nil && !errors.As(o.err, &changed) && !errors.As(o.err, &status) && !errors.As(o.err, &mismatch) && !errors.Is(o.err, admin.ErrNotFound) {
			return fmt.Sprintf("operator %d: %v", i+1, o.err)
		}
	}
	return ""
}

// overlaps reports whether one operator wrote between the last read before the other's
// write and that write.
func overlaps(sent string, methods []string) bool {
	isWrite := func(i int) bool { return methods[i] != http.MethodGet }
	for i := range sent {
		if !isWrite(i) {
			continue
		}
		read := strings.LastIndexByte(sent[:i], sent[i])
		for j := read + 1; j < i; j++ {
			if isWrite(j) {
				return true
			}
		}
	}
	return false
}
