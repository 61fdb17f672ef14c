package entitle_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/internal/testenv"
)

const token = "0123456789abcdef0123456789abcdef"

// server is a product with a licence folder.
type server struct {
	*httptest.Server
	guard *entitle.Guard
	dir   string
}

func newServer(t *testing.T, clock *clock) *server {
	t.Helper()
	dir := t.TempDir()
	g := open(t, entitle.NewFolder(dir), &entitle.Options{MayBeMissing: true, Clock: clock.now})
	s := httptest.NewServer(entitle.NewHandler(g, &entitle.HandlerOptions{Authorize: entitle.BearerTokens(token)}))
	t.Cleanup(s.Close)
	return &server{s, g, dir}
}

// call sends a request and returns the status and the body.
func (s *server) call(t *testing.T, method, body string, header ...string) (int, object) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+entitle.LicensePath, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var decoded object
	if err := json.Unmarshal(data, &decoded); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	return answer.StatusCode, decoded
}

func keyBody(t *testing.T, key string) string {
	t.Helper()
	text, err := json.Marshal(map[string]string{"license_key": key})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func readJSON(t *testing.T, name string) object {
	t.Helper()
	text, err := os.ReadFile("../testdata/entitlement/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var v object
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// The published examples: a licence built from either, signed and installed,
// gives the same members and values on GET and on POST.
func TestPublishedExamples(t *testing.T) {
	for _, example := range []string{"get", "post"} {
		t.Run(example, func(t *testing.T) {
			want := readJSON(t, example+"-response.json")
			payload := readJSON(t, example+"-payload.json")
			s := newServer(t, at("2026-11-21T10:00:00.5Z"))
			put(t, filepath.Join(s.dir, "from the vendor.json"), signed(t, payload))
			key, hasKey := payload["key"].(string)
			if !hasKey { // the second example has none: it can be sent only as a whole
				key = string(signed(t, payload))
			}
			license := want["data"].(object)["license"].(object)
			// What is computed: when this licence was verified, and when it
			// was put here.
			license["last_validated"] = "2026-11-21T10:00:00.500Z"
			for _, call := range []struct{ method, body, message string }{
				{"POST", keyBody(t, key), "License succesfully inserted"},
				{"GET", "", "License info"},
			} {
				status, got := s.call(t, call.method, call.body)
				if status != 200 {
					t.Fatalf("%s: %d %v", call.method, status, got)
				}
				want["message"] = call.message
				updated := got["data"].(object)["license"].(object)["updated"].(string)
				if info, err := os.Stat(filepath.Join(s.dir, "installed.json")); err != nil || info.ModTime().UTC().Format("2006-01-02T15:04:05.000Z") != updated {
					t.Errorf("updated is %s: %v", updated, err)
				}
				license["updated"] = updated
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s: %s", call.method, diff)
				}
			}
		})
	}
}

// The counter of the month, and the limit.
func TestHandlerCounts(t *testing.T) {
	s := newServer(t, at("2026-11-21"))
	if status, body := s.call(t, "GET", ""); status != 404 || body["message"] != "No license installed" {
		t.Errorf("without a licence: %d %v", status, body)
	}
	if status, body := s.call(t, "POST", keyBody(t, string(signed(t, readJSON(t, "get-payload.json"))))); status != 200 {
		t.Fatalf("%d %v", status, body)
	}
	for _, step := range []struct {
		use     int64
		counter float64
		reached bool
	}{{5, 5, false}, {984, 989, false}, {1, 990, true}} {
		if err := s.guard.Use(t.Context(), entitle.MonthlyRequests, step.use); err != nil {
			t.Fatal(err)
		}
		_, body := s.call(t, "GET", "")
		data := body["data"].(object)
		if data["monthly_tx_counter"] != step.counter || data["monthly_tx_limit_reached"] != step.reached {
			t.Errorf("after %v: %v, %v", step.counter, data["monthly_tx_counter"], data["monthly_tx_limit_reached"])
		}
	}
}

func TestHandlerStates(t *testing.T) {
	c := at("2026-11-21")
	s := newServer(t, c)
	if status, _ := s.call(t, "POST", keyBody(t, string(signed(t, plan())))); status != 200 {
		t.Fatal(status)
	}
	for _, step := range []struct{ when, state string }{
		{"2026-11-22", "active"}, {"2027-01-05", "grace"}, {"2027-01-11", "expired"},
	} {
		c.set(step.when)
		status, body := s.call(t, "GET", "")
		data := body["data"].(object)
		if license := data["license"].(object); status != 200 || data["status"] != step.state || license["status"] != step.state || license["suspended"] != false {
			t.Errorf("at %s: %v", step.when, data)
		}
	}
}

// What is not let in, and what is not taken. Nothing of it replaces the licence.
func TestHandlerRefuses(t *testing.T) {
	s := newServer(t, at("2026-11-21"))
	key := entitle.NewKey()
	put(t, filepath.Join(s.dir, "good.json"), signed(t, plan().with("key", key)))
	put(t, filepath.Join(s.dir, "old.json"), signed(t, plan().with("key", "OLD").with("expiry", "2026-02-01T00:00:00.000Z")))
	forged := forge(signed(t, plan().with("key", "FORGED")))
	put(t, filepath.Join(s.dir, "forged.json"), forged)
	put(t, filepath.Join(s.dir, "notes.txt"), []byte("nothing"))
	if err := os.Mkdir(filepath.Join(s.dir, "more"), 0o755); err != nil {
		t.Fatal(err)
	}
	if status, body := s.call(t, "POST", keyBody(t, " "+key+"\n")); status != 200 {
		t.Fatal(status, body)
	}
	_, before := s.call(t, "GET", "")
	mistyped := strings.Replace(key, key[:1], string(alphabet[(strings.Index(alphabet, key[:1])+1)%31]), 1)
	const refused, forbidden = "Error inserting license key", "Forbidden"
	tests := []struct {
		name, method, body string
		header             []string
		status             int
		message, reason    string
	}{
		{"no token", "GET", "", []string{"Authorization", ""}, 403, forbidden, ""},
		{"a wrong token", "GET", "", []string{"Authorization", "Bearer " + token + "0"}, 403, forbidden, ""},
		{"half a token", "GET", "", []string{"Authorization", "Bearer " + token[:16]}, 403, forbidden, ""},
		{"an empty token", "GET", "", []string{"Authorization", "Bearer "}, 403, forbidden, ""},
		{"another scheme", "GET", "", []string{"Authorization", "Basic " + token}, 403, forbidden, ""},
		{"a POST without a token", "POST", keyBody(t, key), []string{"Authorization", ""}, 403, forbidden, ""},
		{"DELETE without a token", "DELETE", "", []string{"Authorization", ""}, 403, forbidden, ""},
		{"DELETE", "DELETE", "", nil, 405, "Method not allowed", ""},
		{"no body", "POST", "", nil, 400, refused, `the one member "license_key"`},
		{"an array", "POST", "[]", nil, 400, refused, `the one member "license_key"`},
		{"no key", "POST", "{}", nil, 400, refused, `the one member "license_key"`},
		{"null", "POST", `{"license_key":null}`, nil, 400, refused, `the one member "license_key"`},
		{"a number", "POST", `{"license_key":1}`, nil, 400, refused, `the one member "license_key"`},
		{"in other case", "POST", `{"License_Key":"x"}`, nil, 400, refused, `the one member "license_key"`},
		{"twice", "POST", `{"license_key":"x","license_key":"y"}`, nil, 400, refused, `the one member "license_key"`},
		{"more", "POST", `{"license_key":"x","force":true}`, nil, 400, refused, `the one member "license_key"`},
		{"trailing", "POST", keyBody(t, key) + "x", nil, 400, refused, `the one member "license_key"`},
		{"a form", "POST", "license_key=x", []string{"Content-Type", "application/x-www-form-urlencoded"}, 400, refused, "content type"},
		{"no content type", "POST", keyBody(t, key), []string{"Content-Type", ""}, 400, refused, "content type"},
		{"too large", "POST", keyBody(t, strings.Repeat("x", 500000)), nil, 400, refused, "more than"},
		{"empty", "POST", keyBody(t, ""), nil, 400, refused, "the key is empty"},
		{"unknown", "POST", keyBody(t, "K-2"), nil, 400, refused, "no licence in the folder has this key; put the licence file there first"},
		{"mistyped", "POST", keyBody(t, mistyped), nil, 400, refused, "it has been mistyped"},
		{"expired", "POST", keyBody(t, "OLD"), nil, 400, refused, "old.json: the licence expired at 2026-02-01T00:00:00Z, its grace ended at 2026-02-11T00:00:00Z"},
		{"forged", "POST", keyBody(t, "FORGED"), nil, 400, refused, "forged.json: the signature does not match the trusted key"},
		{"forged text", "POST", keyBody(t, string(forged)), nil, 400, refused, "the signature does not match the trusted key"},
		{"half a text", "POST", keyBody(t, string(forged[:99])), nil, 400, refused, "the text ends before"},
		{"a text with a mark", "POST", keyBody(t, "\ufeff"+string(signed(t, plan()))), nil, 400, refused, "U+FEFF"},
		{"a path", "POST", keyBody(t, "../good.json"), nil, 400, refused, "no licence in the folder"},
	}
	for _, test := range tests {
		status, body := s.call(t, test.method, test.body, test.header...)
		reason, _ := body["reason"].(string)
		if status != test.status || body["message"] != test.message || body["status"] != "error" || !strings.Contains(reason, test.reason) || (test.reason == "") != (reason == "") {
			t.Errorf("%s: %d %v", test.name, status, body)
		}
	}
	if _, after := s.call(t, "GET", ""); !cmp.Equal(before, after) {
		t.Error(cmp.Diff(before, after))
	}
	answer, err := http.Get(s.URL + "/api/v1/license/more")
	if err != nil || answer.StatusCode != 404 {
		t.Fatalf("another path: %v %v", answer, err)
	}
	answer.Body.Close()
}

// A folder that cannot be used is no fault of the key.
func TestHandlerFolderGone(t *testing.T) {
	s := newServer(t, at("2026-11-21"))
	if err := os.Remove(s.dir); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"K-1", string(signed(t, plan()))} {
		status, body := s.call(t, "POST", keyBody(t, key))
		reason, _ := body["reason"].(string)
		if status != 500 || body["message"] != "Error inserting license key" || reason != "the licence folder cannot be used: no such file or directory" {
			t.Errorf("%d %v", status, body)
		}
	}
}

// Without its revocation list, or with a stale one, no licence is put in use, and the
// one that is stays, also once the list is back.
func TestHandlerListGone(t *testing.T) {
	dir, path := t.TempDir(), filepath.Join(t.TempDir(), "revoked.json")
	put(t, path, list(t, 1, "somebody else's"))
	c := at("2026-11-21")
	g := open(t, entitle.NewFolder(dir), &entitle.Options{MayBeMissing: true, Clock: c.now, Revocations: entitle.File(path)})
	s := &server{httptest.NewServer(entitle.NewHandler(g, &entitle.HandlerOptions{Authorize: entitle.BearerTokens(token)})), g, dir}
	defer s.Close()
	expect := func(id string, want int, reason string) {
		t.Helper()
		status, body := s.call(t, "POST", keyBody(t, string(signed(t, plan().with("id", id)))))
		if got, _ := body["reason"].(string); status != want || !strings.Contains(got, reason) {
			t.Errorf("%s: %d %v", id, status, body)
		}
		g.Tick(t.Context())
		if id, _ := g.Status().License.Payload.Text("/id"); id != "A-1" {
			t.Errorf("%s is in use", id)
		}
	}
	expect("A-1", 200, "")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	expect("A-2", 500, "reading the revocation list: ")
	put(t, path, list(t, 2, "A-3"))
	expect("A-3", 400, "the licence is suspended")
	c.set("2026-12-20")
	expect("A-2", 500, "the revocation list")
	put(t, path, listFor(t, "2026-12-20", "2027-01-20", 3, "A-1"))
	g.Tick(t.Context())
	if state := g.Status().State; state != entitle.Suspended {
		t.Errorf("it is %q", state)
	}
}

// Of several that are sent at once, each is answered with itself.
func TestInstallTogether(t *testing.T) {
	s := newServer(t, at("2026-11-21"))
	var group sync.WaitGroup
	for i := range 4 {
		id := fmt.Sprint("A-", i)
		body := keyBody(t, string(signed(t, plan().with("id", id))))
		group.Go(func() {
			for range testenv.Rounds(25, 100) {
				status, answer := s.call(t, "POST", body)
				data, _ := answer["data"].(object)
				if license, _ := data["license"].(object); status != 200 || license["id"] != id {
					t.Errorf("%s was sent: %d, %v", id, status, license["id"])
				}
			}
		})
	}
	group.Wait()
	inUse, _ := s.guard.Status().License.Payload.Text("/id")
	kept, err := os.ReadFile(filepath.Join(s.dir, "installed.json"))
	if err != nil || !strings.Contains(string(kept), `"id":"`+inUse+`"`) {
		t.Errorf("%s is in use, and kept is %s: %v", inUse, kept, err)
	}
}

// hooked is a store that lets a test do something before it answers.
type hooked struct {
	entitle.Store
	before func()
}

func (h *hooked) Totals(ctx context.Context, installation string, m entitle.Month) (entitle.Totals, error) {
	h.before()
	return h.Store.Totals(ctx, installation, m)
}

// A POST is answered with its own licence, also where another takes its place at once.
func TestInstallAnswersItself(t *testing.T) {
	dir := t.TempDir()
	store := &hooked{entitle.NewMemory(), func() {}}
	g, err := entitle.OpenStill(entitle.NewFolder(dir), trusted, &entitle.Options{Store: store, MayBeMissing: true, Clock: at("2026-11-21").now})
	if err != nil {
		t.Fatal(err)
	}
	s := &server{httptest.NewServer(entitle.NewHandler(g, &entitle.HandlerOptions{Authorize: entitle.BearerTokens(token)})), g, dir}
	defer s.Close()
	store.before = func() {
		put(t, filepath.Join(dir, "installed.json"), signed(t, plan().with("id", "A-2")))
		g.Look(t.Context())
	}
	_, body := s.call(t, "POST", keyBody(t, string(signed(t, plan()))))
	data, _ := body["data"].(object)
	if license, _ := data["license"].(object); license["id"] != "A-1" {
		t.Errorf("it is answered with %v", body)
	}
	if id, _ := g.Status().License.Payload.Text("/id"); id != "A-2" {
		t.Errorf("%s is in use", id)
	}
}

// The licence in use is not one to choose, and of a folder with too many files none is.
func TestFind(t *testing.T) {
	s := newServer(t, at("2026-11-21"))
	post := func(want int, reason string) {
		t.Helper()
		status, body := s.call(t, "POST", keyBody(t, "K-1"))
		if got, _ := body["reason"].(string); status != want || !strings.Contains(got, reason) {
			t.Errorf("%d %v", status, body)
		}
	}
	put(t, filepath.Join(s.dir, "installed.json"), signed(t, plan()))
	post(400, "no licence in the folder has this key")
	put(t, filepath.Join(s.dir, "good.json"), signed(t, plan()))
	key := entitle.NewKey()
	put(t, filepath.Join(s.dir, "keyed.json"), signed(t, plan().with("key", key)))
	for i := range 998 {
		put(t, filepath.Join(s.dir, fmt.Sprint(i)), nil)
	}
	post(200, "") // exactly as many as there may be
	post(200, "")
	if status, body := s.call(t, "POST", keyBody(t, strings.ToLower(key))); status != 200 {
		t.Errorf("in lower case: %d %v", status, body)
	}
	put(t, filepath.Join(s.dir, "one more"), nil)
	post(400, "has 1001 files, and the maximum is 1000")
}

// The zero options let nobody in.
func TestHandlerIsClosed(t *testing.T) {
	g := open(t, entitle.Text(signed(t, plan())), &entitle.Options{Clock: at("2026-11-21").now})
	for _, authorize := range []func(*http.Request) bool{nil, entitle.BearerTokens(), entitle.BearerTokens("")} {
		h := entitle.NewHandler(g, &entitle.HandlerOptions{Authorize: authorize})
		for _, header := range []string{"", "Bearer", "Bearer ", "Bearer x"} {
			w, r := httptest.NewRecorder(), httptest.NewRequest("GET", entitle.LicensePath, nil)
			r.Header.Set("Authorization", header)
			if h.ServeHTTP(w, r); w.Code != 403 {
				t.Errorf("%q got %d", header, w.Code)
			}
		}
	}
}

// A licence that is renewed under the same key, in the same folder.
func TestInstallNewest(t *testing.T) {
	s := newServer(t, at("2026-11-21"))
	put(t, filepath.Join(s.dir, "a.json"), signed(t, plan()))
	put(t, filepath.Join(s.dir, "b.json"), signed(t, plan().with("id", "A-2").with("created", "2026-06-01T00:00:00.000Z")))
	put(t, filepath.Join(s.dir, "bb.json"), signed(t, plan().with("id", "A-1b").with("created", "2026-03-01T00:00:00.000Z")))
	put(t, filepath.Join(s.dir, "c.json"), signed(t, plan().with("id", "A-3").with("created", "2026-12-01T00:00:00.000Z")))
	_, body := s.call(t, "POST", keyBody(t, "K-1"))
	if id := body["data"].(object)["license"].(object)["id"]; id != "A-2" {
		t.Errorf("%v is in use", id)
	}
	// It is there after a restart.
	g := open(t, entitle.NewFolder(s.dir), &entitle.Options{Clock: at("2026-11-21").now})
	if id, _ := g.Status().License.Payload.Text("/id"); id != "A-2" {
		t.Errorf("after a restart, %v is in use", id)
	}
}
