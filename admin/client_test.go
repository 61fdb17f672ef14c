package admin_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/sign"
)

// licence returns a licence document with a key and a number of seats.
func licence(t testing.TB, key string, seats int) string {
	t.Helper()
	payload, err := licseal.ParsePayload(fmt.Appendf(nil, `{"license_key":%q,"admin_seats":"%d","dataplanes":"2"}`, key, seats))
	if err != nil {
		t.Fatal(err)
	}
	lic, err := sign.License(payload, ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	return lic.String()
}

// serve starts a server with a handler. It returns a client of the server, and a func
// that returns the methods of the requests that the server got.
func serve(t *testing.T, h http.Handler, options *admin.ClientOptions) (*admin.Client, func() string) {
	t.Helper()
	var (
		mu    sync.Mutex
		calls []string
	)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		calls = append(calls, r.Method)
		mu.Unlock()
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	if options == nil {
		options = &admin.ClientOptions{Check: anything}
	}
	client, err := admin.NewClient(server.URL, options)
	if err != nil {
		t.Fatal(err)
	}
	return client, func() string {
		mu.Lock()
		defer mu.Unlock()
		defer func() { calls = nil }()
		return strings.Join(calls, " ")
	}
}

func TestClient(t *testing.T) {
	ctx := t.Context()
	client, calls := serve(t, newHandler(&admin.Memory{}), nil)
	if _, err := client.Active(ctx); !errors.Is(err, admin.ErrNotFound) {
		t.Errorf("nothing is active: %v", err)
	}
	calls()
	first, err := client.Create(ctx, "one")
	if err != nil || first.Payload != "one" || calls() != "POST GET" {
		t.Errorf("%v, %v", first, err)
	}
	second, err := client.Put(ctx, id2, "two")
	if err != nil || second.ID != id2 || calls() != "PUT GET" {
		t.Errorf("%v, %v", second, err)
	}
	changed, err := client.Update(ctx, first.ID, "three")
	if err != nil || changed.Payload != "three" || changed.CreatedAt != first.CreatedAt || calls() != "PATCH GET" {
		t.Errorf("%v, %v", changed, err)
	}
	active, err := client.Active(ctx)
	if diff := cmp.Diff(changed, active); diff != "" || err != nil {
		t.Errorf("active: %s %v", diff, err)
	}
	if _, err := client.Update(ctx, id1, "four"); !errors.Is(err, admin.ErrNotFound) {
		t.Errorf("updating what is not there: %v", err)
	}
	if _, err := client.Get(ctx, id1); !errors.Is(err, admin.ErrNotFound) {
		t.Errorf("getting what is not there: %v", err)
	}
	for range 2 {
		if err := client.Delete(ctx, id2); err != nil {
			t.Error(err)
		}
	}
	var refused *admin.StatusError
	if _, err := client.Create(ctx, "three"); !errors.As(err, &refused) || refused.Status != 409 || !strings.Contains(err.Error(), "already stored") {
		t.Errorf("a duplicate: %v", err)
	}
	calls()
	if _, err := client.Create(ctx, "bad"); err == nil || calls() != "" {
		t.Errorf("a licence that its own check refuses was sent: %v", err)
	}
	if _, err := client.Get(ctx, "../status"); err == nil || calls() != "" {
		t.Errorf("an id that is none was sent: %v", err)
	}
	if report, err := client.Report(ctx); err != nil || report.KongVersion != "3.9.0.1" {
		t.Errorf("%v, %v", report, err)
	}
}

// All pages of a list are read, by offset.
func TestClientPages(t *testing.T) {
	store := &admin.Memory{}
	h := newHandler(store)
	const count = 1201
	for i := range count {
		if _, err := store.Write(t.Context(), admin.Write{ID: fmt.Sprintf("%08x-0000-4000-8000-000000000000", i), Payload: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	client, calls := serve(t, h, nil)
	records, err := client.List(t.Context())
	if len(records) != count || err != nil || calls() != "GET GET GET" {
		t.Errorf("%d records, %v", len(records), err)
	}
	var asked atomic.Int64
	for page, want := range map[string]string{
		`{"data":[{"id":"%d","payload":"b"}],"offset":"1","next":"y"}`:   "form a loop",
		`{"data":[{"id":"a","payload":"b"}],"offset":"%d","next":"y"}`:   "repeat: the record a came twice",
		`{"data":[],"offset":"%d","next":"y"}`:                           "do not end",
		`{"data":[{"id":"%d","payload":"b"}],"next":"/licenses?page=2"}`: "is not complete",
	} {
		endless := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, page, asked.Add(1))
		})
		client, _ = serve(t, endless, nil)
		if _, err := client.List(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("pages that %s: %v", want, err)
		}
	}
}

func TestClientWorkspaceAndToken(t *testing.T) {
	const secret = "0123456789abcdef"
	token, err := admin.NewToken("", secret)
	if err != nil {
		t.Fatal(err)
	}
	h := admin.RequireToken(func() []admin.Token { return []admin.Token{token} }, newHandler(&admin.Memory{}))
	for _, test := range []struct {
		options admin.ClientOptions
		status  int
	}{
		{admin.ClientOptions{Token: secret}, 0},
		{admin.ClientOptions{Token: secret, Workspace: "default"}, 0},
		{admin.ClientOptions{Token: secret, Workspace: "other"}, 404},
		{admin.ClientOptions{Token: "fedcba9876543210"}, 401},
		{admin.ClientOptions{}, 401},
	} {
		client, _ := serve(t, h, &test.options)
		_, err := client.List(t.Context())
		var refused *admin.StatusError
		if errors.As(err, &refused) != (test.status != 0) || refused != nil && refused.Status != test.status {
			t.Errorf("%+v: %v", test.options, err)
		}
		if err != nil && strings.Contains(err.Error(), "fedcba") {
			t.Errorf("the token is in the error: %v", err)
		}
	}
}

// A client does not follow redirects, so neither its token nor its licence leaks.
func TestClientFollowsNoRedirect(t *testing.T) {
	var got atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { got.Add(1) }))
	defer other.Close()
	client, _ := serve(t, http.RedirectHandler(other.URL, http.StatusTemporaryRedirect), &admin.ClientOptions{Token: "x", Check: anything})
	_, listErr := client.List(t.Context())
	_, createErr := client.Create(t.Context(), "one")
	if listErr == nil || createErr == nil || !strings.Contains(listErr.Error(), other.URL) || got.Load() != 0 {
		t.Errorf("%v, %v, %d requests elsewhere", listErr, createErr, got.Load())
	}
}

// flaky answers with a status a few times, and then passes requests on.
func flaky(status, times int, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if times--; times >= 0 {
			w.WriteHeader(status)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Requests are retried if that is safe; a POST is sent once.
func TestClientTriesAgain(t *testing.T) {
	for _, test := range []struct {
		status, times int
		call          func(*admin.Client) error
		calls         string
		works         bool
	}{
		{503, 2, list, "GET GET GET", true},
		{429, 1, list, "GET GET", true},
		{502, 3, list, "GET GET GET GET", true},
		{502, 4, list, "GET GET GET GET", false},
		{500, 1, list, "GET", false},
		{404, 1, list, "GET", false},
		{503, 1, put, "PUT PUT GET", true},
		{503, 1, remove, "DELETE DELETE", true},
		{503, 1, create, "POST", false},
	} {
		client, calls := serve(t, flaky(test.status, test.times, newHandler(&admin.Memory{})), nil)
		err := test.call(client)
		if got := calls(); (err == nil) != test.works || got != test.calls {
			t.Errorf("%d, %d times: %s, want %s: %v", test.status, test.times, got, test.calls, err)
		}
	}
}

// Retry-After is honoured, up to ten seconds; a bad certificate is not retried.
func TestClientWaits(t *testing.T) {
	for retryAfter, want := range map[string]time.Duration{"2": 2 * time.Second, "3600": 10 * time.Second, "-1": 0, "soon": 0} {
		synctest.Test(t, func(t *testing.T) {
			transport := roundTripper(func(*http.Request) (*http.Response, error) {
				w := httptest.NewRecorder()
				w.Header().Set("Retry-After", retryAfter)
				w.WriteHeader(http.StatusServiceUnavailable)
				return w.Result(), nil
			})
			client, err := admin.NewClient("http://x", &admin.ClientOptions{HTTP: &http.Client{Transport: transport}, Tries: 2})
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			if err := list(client); err == nil {
				t.Error("no error")
			}
			if took := time.Since(start); took < want || took > want+time.Second {
				t.Errorf("Retry-After: %s: waited %v", retryAfter, took)
			}
		})
	}
	var tries atomic.Int32
	for _, failure := range []error{&tls.CertificateVerificationError{}, http.ErrSchemeMismatch, &net.DNSError{IsNotFound: true},
		&net.OpError{Op: "remote error", Err: errors.New("tls: certificate required")}} {
		tries.Store(0)
		client, err := admin.NewClient("http://x", &admin.ClientOptions{HTTP: &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
			tries.Add(1)
			return nil, failure
		})}})
		if err != nil {
			t.Fatal(err)
		}
		if err := list(client); !errors.Is(err, failure) || tries.Load() != 1 {
			t.Errorf("%v: %d tries", err, tries.Load())
		}
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// An endless answer is not read to its end.
func TestClientEndlessAnswer(t *testing.T) {
	const most = 128 << 20
	var sent atomic.Int64
	endless := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"data":[`)
		for block := bytes.Repeat([]byte(" "), 1<<20); sent.Load() < 3*most; sent.Add(int64(len(block))) {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	client, _ := serve(t, endless, nil)
	if err := list(client); err == nil || !strings.Contains(err.Error(), "the answer is larger than") || sent.Load() > 2*most {
		t.Errorf("%d bytes were sent: %v", sent.Load(), err)
	}
}

func list(c *admin.Client) error   { _, err := c.List(context.Background()); return err }
func put(c *admin.Client) error    { _, err := c.Put(context.Background(), id1, "x"); return err }
func create(c *admin.Client) error { _, err := c.Create(context.Background(), "x"); return err }
func remove(c *admin.Client) error { return c.Delete(context.Background(), id1) }

// The error says whether a server cannot be reached, or hung up in the middle of a
// POST, which is not retried.
func TestClientUnreachable(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	address := server.URL
	server.Close()
	client, err := admin.NewClient(address, &admin.ClientOptions{Check: anything, Tries: 2})
	if err != nil {
		t.Fatal(err)
	}
	var unreachable *admin.UnreachableError
	if err := create(client); !errors.As(err, &unreachable) || unreachable.Sent || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("a server that is not there: %v", err)
	}
	hangUp := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) })
	client, calls := serve(t, hangUp, nil)
	if err := create(client); !errors.As(err, &unreachable) || !unreachable.Sent || calls() != "POST" {
		t.Errorf("a server that hangs up: %v", err)
	}
	tls := httptest.NewTLSServer(http.NotFoundHandler())
	defer tls.Close()
	client, err = admin.NewClient(tls.URL, &admin.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if err := list(client); !errors.As(err, &unreachable) || !strings.Contains(err.Error(), "certificate") || time.Since(start) > time.Minute {
		t.Errorf("a server with an unknown certificate: %v", err)
	}
	if unreachable.Sent {
		t.Error("a server with an unknown certificate was sent something")
	}
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	client, err = admin.NewClient("https://"+mute.Addr().String(), &admin.ClientOptions{Check: anything, Timeout: 50 * time.Millisecond, Tries: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := create(client); !errors.As(err, &unreachable) || unreachable.Sent {
		t.Errorf("a server that never finishes the handshake: %v", err)
	}
	asked, release := make(chan struct{}, 1), make(chan struct{})
	defer close(release)
	slow := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		select {
		case asked <- struct{}{}:
		default:
		}
		<-release
	})
	for timeout := 50 * time.Millisecond; len(asked) == 0; timeout *= 2 { // until one is long enough to reach it
		client, _ = serve(t, slow, &admin.ClientOptions{Timeout: timeout, Tries: 1})
		if err := list(client); !errors.As(err, &unreachable) {
			t.Fatalf("a server that takes too long: %v", err)
		}
	}
}

// A server that stores something else than it was sent is detected.
func TestClientComparesWhatItWrote(t *testing.T) {
	for name, change := range map[string]func(*admin.Record){
		"payload": func(r *admin.Record) { r.Payload = strings.TrimSpace(r.Payload) },
		"id":      func(r *admin.Record) { r.ID = id2 },
	} {
		inner := newHandler(&admin.Memory{})
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			recorder := httptest.NewRecorder()
			inner.ServeHTTP(recorder, r)
			var record admin.Record
			if err := json.Unmarshal(recorder.Body.Bytes(), &record); err != nil {
				t.Error(err)
			}
			if r.Method == http.MethodGet {
				change(&record)
			}
			json.NewEncoder(w).Encode(record)
		})
		client, _ := serve(t, h, nil)
		_, err := client.Put(t.Context(), id1, "one\n")
		var mismatch *admin.MismatchError
		if !errors.As(err, &mismatch) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The text of a server cannot send escape sequences to a terminal.
func TestClientErrorIsPrintable(t *testing.T) {
	client, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(400)
		io.WriteString(w, `{"message":"\u001b[2J`+strings.Repeat("x", 5000)+`"}`)
	}), nil)
	if err := list(client); err == nil || strings.Contains(err.Error(), "\x1b") || len(err.Error()) > 1200 {
		t.Errorf("%q", err)
	}
}

// An answer that is not one of an Admin API is an error, not an empty list.
func TestClientStrangeAnswers(t *testing.T) {
	const record = `{"data":[{"id":"` + id1 + `"}]}`
	for _, answer := range []string{"", "<html>", "[]", `"x"`, "{}", "null", `{"message":"welcome"}`, `{"data":null}`, `{"data":{}}`,
		`{"data":[{"id":5}]}`, `{"data":[null]}`, `{"data":[{"payload":"x"}]}`, record} {
		client, calls := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, answer) }), nil)
		if records, err := client.List(t.Context()); err == nil || records != nil {
			t.Errorf("%q: %v, %v", answer, records, err)
		}
		if got, err := client.Get(t.Context(), id1); err == nil || got != (admin.Record{}) {
			t.Errorf("%q: %v, %v", answer, got, err)
		}
		if report, err := client.Report(t.Context()); err == nil || report != nil {
			t.Errorf("%q: %v, %v", answer, report, err)
		}
		calls()
		if plan, err := client.Plan(t.Context(), licence(t, "A", 1), licseal.Roles{}, false); err == nil || calls() != "GET" {
			t.Errorf("%q: %v, %v", answer, plan, err)
		}
	}
	for _, answer := range []string{`{"counters":[],"kong_version":"3.4.0.0"}`, `{"counters":[],"rbac_users":1}`, `{"kong_version":"3.4.0.0","rbac_users":1}`} {
		client, _ := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, answer) }), nil)
		if report, err := client.Report(t.Context()); err == nil || !strings.Contains(err.Error(), "it has no ") {
			t.Errorf("%q: %v, %v", answer, report, err)
		}
	}
}

func TestNewClientRefuses(t *testing.T) {
	for _, address := range []string{"", "localhost:8001", "ftp://x", "http://", "http://user:secret@x", "http://x?token=secret", "http://x#y", "http://\x00"} {
		client, err := admin.NewClient(address, nil)
		if client != nil || err == nil || strings.Contains(err.Error(), "secret@") {
			t.Errorf("%q: %v", address, err)
		}
	}
	if client, err := admin.NewClient("http://localhost:1", &admin.ClientOptions{Token: "secret\ntoken"}); client != nil || err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a token with a newline: %v", err)
	}
	client, err := admin.NewClient("http://localhost:1/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := create(client); err == nil || !strings.Contains(err.Error(), "has no check for licences") {
		t.Errorf("a client without a check func wrote: %v", err)
	}
}

// A push makes the fewest calls.
func TestPush(t *testing.T) {
	old, renewed, other := licence(t, "A", 1), licence(t, "A", 2), licence(t, "B", 1)
	spaced := strings.Replace(renewed, ":", " :\n", 1)
	for _, test := range []struct {
		name   string
		stored []string // in this order, under id numbers 1, 2, …
		prune  bool
		call   admin.PlannedCall
		target int // number of the updated record
		calls  string
		left   []string // payloads that are there afterwards, by id
		backup int
	}{
		{"empty", nil, false, admin.CreateCall, 0, "GET PUT GET", []string{renewed}, 0},
		{"active already", []string{other, renewed}, false, admin.NoCall, 0, "GET POST", []string{other, renewed}, 0},
		{"active already, in other words", []string{spaced}, false, admin.NoCall, 0, "GET POST", []string{spaced}, 0},
		{"active already, prune", []string{other, renewed}, true, admin.NoCall, 0, "GET POST GET DELETE", []string{renewed}, 1},
		{"there, not active", []string{renewed, other}, false, admin.UpdateCall, 1, "GET GET PATCH GET", []string{renewed, other}, 1},
		{"there in other words, not active", []string{spaced, other}, false, admin.UpdateCall, 1, "GET GET PATCH GET", []string{renewed, other}, 1},
		{"there twice, not active", []string{spaced, renewed, other}, false, admin.UpdateCall, 2, "GET GET PATCH GET", []string{spaced, renewed, other}, 1},
		{"there twice, not active, prune", []string{spaced, renewed, other}, true, admin.UpdateCall, 2, "GET GET PATCH GET GET DELETE GET DELETE", []string{renewed}, 3},
		{"a renewal", []string{other, old}, false, admin.UpdateCall, 2, "GET GET PATCH GET", []string{other, renewed}, 1},
		{"a renewal of what is not active", []string{old, other}, false, admin.UpdateCall, 1, "GET GET PATCH GET", []string{renewed, other}, 1},
		{"a renewal, prune", []string{old, other}, true, admin.UpdateCall, 1, "GET GET PATCH GET GET DELETE", []string{renewed}, 2},
		{"of another key", []string{other}, false, admin.CreateCall, 0, "GET PUT GET", []string{other, renewed}, 0},
		{"of another key, prune", []string{other}, true, admin.CreateCall, 0, "GET PUT GET GET DELETE", []string{renewed}, 1},
		{"beside rubbish", []string{"rubbish"}, true, admin.CreateCall, 0, "GET PUT GET GET DELETE", []string{renewed}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			store := &admin.Memory{}
			for i, payload := range test.stored {
				if _, err := store.Write(t.Context(), admin.Write{ID: number(i + 1), Payload: payload}); err != nil {
					t.Fatal(err)
				}
			}
			client, calls := serve(t, newHandler(store), nil)
			plan, err := client.Plan(t.Context(), renewed, licseal.Roles{}, test.prune)
			if err != nil || plan.Call != test.call || (plan.Target != nil) != (test.target != 0) || plan.Target != nil && plan.Target.ID != number(test.target) {
				t.Fatalf("the plan is %+v, %v", plan, err)
			}
			backups := 0
			active, err := client.Apply(t.Context(), plan, func(admin.Record) error { backups++; return nil })
			if err != nil || backups != test.backup {
				t.Errorf("%d backups, %v", backups, err)
			}
			if got := calls(); got != test.calls {
				t.Errorf("calls %s, want %s", got, test.calls)
			}
			newest, err := store.Newest(t.Context())
			if err != nil || newest != active {
				t.Errorf("%v is active, not %v: %v", newest, active, err)
			}
			var left []string
			records, _, _ := store.List(t.Context(), "", 100)
			for _, record := range records {
				left = append(left, record.Payload)
			}
			slices.Sort(left)
			slices.Sort(test.left)
			if diff := cmp.Diff(test.left, left); diff != "" {
				t.Error(diff)
			}
			again, err := client.Plan(t.Context(), renewed, licseal.Roles{}, test.prune)
			if err != nil || !again.Nothing() {
				t.Errorf("a second push would do %+v: %v", again, err)
			}
		})
	}
}

func number(n int) string { return fmt.Sprintf("%08x-0000-4000-8000-000000000000", n) }

// Nothing is overwritten or removed if its backup failed.
func TestPushNeedsBackup(t *testing.T) {
	store := &admin.Memory{}
	store.Write(t.Context(), admin.Write{ID: id1, Payload: licence(t, "A", 1)})
	client, calls := serve(t, newHandler(store), nil)
	plan, err := client.Plan(t.Context(), licence(t, "A", 2), licseal.Roles{}, true)
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space left on device")
	fail := func(admin.Record) error { return full }
	if _, err := client.Apply(t.Context(), plan, fail); !errors.Is(err, full) || calls() != "GET GET" {
		t.Errorf("%v", err)
	}
	plan, err = client.Plan(t.Context(), licence(t, "B", 1), licseal.Roles{}, true)
	if err != nil || plan.Call != admin.CreateCall || len(plan.Remove) != 1 {
		t.Fatalf("%+v, %v", plan, err)
	}
	if _, err := client.Apply(t.Context(), plan, fail); !errors.Is(err, full) || calls() != "GET PUT GET GET" {
		t.Errorf("%v", err)
	}
}

// If a server's clock was set back, the licence that was pushed may not be the active
// one. That is an error.
func TestPushIsNotActive(t *testing.T) {
	a, b := licence(t, "A", 1), licence(t, "B", 1)
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/licenses" && r.Method == http.MethodGet {
			json.NewEncoder(w).Encode(admin.Page{Data: []admin.Record{{ID: id1, Payload: a, UpdatedAt: 5}}})
			return
		}
		json.NewEncoder(w).Encode(admin.Record{ID: path.Base(r.URL.Path), Payload: b, UpdatedAt: 5})
	})
	client, calls := serve(t, h, nil)
	plan, err := client.Plan(t.Context(), b, licseal.Roles{}, true)
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Apply(t.Context(), plan, func(admin.Record) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "either may be active") || calls() != "GET PUT GET" {
		t.Errorf("%v", err)
	}
}

// If a server gives two records the same second, push does not guess which is active.
func TestPushTie(t *testing.T) {
	a, b := licence(t, "A", 1), licence(t, "B", 1)
	page := func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(admin.Page{Data: []admin.Record{{ID: id1, Payload: a, UpdatedAt: 5}, {ID: id2, Payload: b, UpdatedAt: 5}}})
	}
	client, _ := serve(t, http.HandlerFunc(page), nil)
	for payload, target := range map[string]string{a: id1, b: id2} {
		plan, err := client.Plan(t.Context(), payload, licseal.Roles{}, false)
		if err != nil || plan.Call != admin.UpdateCall || plan.Target.ID != target {
			t.Errorf("%+v, %v", plan, err)
		}
	}
}

func TestUsage(t *testing.T) {
	lic, err := licseal.ParseUnverified([]byte(licence(t, "A", 5)))
	if err != nil {
		t.Fatal(err)
	}
	report := &admin.Report{RBACUsers: 6, DeploymentInfo: &admin.DeploymentInfo{ConnectedDPCount: 2}, LicenseKey: admin.Hash("A")}
	got := report.Usage(lic.Payload)
	want := []admin.Usage{{Name: "admin_seats", Used: 6, Allowed: 5}, {Name: "dataplanes", Used: 2, Allowed: 2}}
	if diff := cmp.Diff(want, got); diff != "" || !got[0].Exceeded() || got[1].Exceeded() {
		t.Error(diff)
	}
	if !report.IsAbout("A") || report.IsAbout("B") {
		t.Error("which licence the report is about")
	}
	report.DeploymentInfo = nil
	if got := report.Usage(lic.Payload); len(got) != 1 {
		t.Errorf("without deployment_info: %v", got)
	}
}

// Of a licence with entitlements, the requests of the newest month are compared.
func TestUsageOfEntitlements(t *testing.T) {
	report := &admin.Report{Counters: admin.Counters{{"2026-02", 31}, {"UNKNOWN", 99}, {"2026-01", 50}}}
	for entitlement, want := range map[string][]admin.Usage{
		`{"is_limited":true,"max_uses":30,"name":"x"}`:          {{Name: "monitored_monthly_requests", Used: 31, Allowed: 30}},
		`{"is_limited":true,"max_uses":"unlimited","name":"x"}`: nil,
		`{"is_limited":false,"max_uses":30,"name":"x"}`:         nil,
	} {
		p, err := licseal.ParsePayload([]byte(`{"entitlements":{"monitored_monthly_requests":` + entitlement + `}}`))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, report.Usage(p)); diff != "" {
			t.Errorf("%s: %s", entitlement, diff)
		}
	}
}
