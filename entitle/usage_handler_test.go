package entitle_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/entitle"
	"github.com/santhosh-tekuri/jsonschema/v5"
)

// api is a server of the entitlements, held against its description: each answer must be
// one that the description has.
type api struct {
	guard    *entitle.Guard
	server   *httptest.Server
	document map[string]any
	compiler *jsonschema.Compiler
	answered map[string]bool // method, path, status and whether the description has it
}

const apiToken = "a token of some length"

func newAPI(t *testing.T, opts *entitle.Options) *api {
	t.Helper()
	g := open(t, entitle.Text(signed(t, plan().limit("requests", 10))), opts)
	a := &api{guard: g, compiler: jsonschema.NewCompiler(), answered: map[string]bool{}}
	a.server = httptest.NewServer(entitle.NewUsageHandler(g, entitle.BearerTokens(apiToken)))
	t.Cleanup(a.server.Close)
	response, err := http.Get(a.server.URL + entitle.OpenAPIPath)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &a.document); err != nil {
		t.Fatal(err)
	}
	a.compiler.Draft = jsonschema.Draft2020
	// Clients are told that members may be added; here, each must be described.
	strict := strings.NewReplacer(`"properties": {`, `"additionalProperties": false, "properties": {`, "\"additionalProperties\": false\n", "\"$comment\": \"\"\n").Replace(string(text))
	if err := a.compiler.AddResource("openapi.json", strings.NewReader(strict)); err != nil {
		t.Fatal(err)
	}
	return a
}

// call calls the API, and holds the answer against the description.
func (a *api) call(t *testing.T, method, path, body string, header ...string) (int, http.Header, object) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, a.server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+apiToken)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer any
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	a.check(t, r, response, answer)
	return response.StatusCode, response.Header, answer.(object)
}

func (a *api) check(t *testing.T, r *http.Request, response *http.Response, answer any) {
	t.Helper()
	parts := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), entitle.EntitlementsPath), "/")
	path := entitle.EntitlementsPath
	if len(parts) > 1 {
		path += "/{name}"
	}
	if len(parts) > 2 {
		path += "/" + parts[2]
	}
	method := strings.ToLower(r.Method)
	call := fmt.Sprintf("%s %s %d", method, path, response.StatusCode)
	described, ok := member(a.document, "paths", path, method, "responses", fmt.Sprint(response.StatusCode)).(object)
	if !ok {
		t.Errorf("%s: the description does not have it", call)
		return
	}
	a.answered[call] = true
	kind, _, _ := strings.Cut(response.Header.Get("Content-Type"), ";")
	ref, ok := member(described, "content", kind, "schema", "$ref").(string)
	if !ok {
		t.Errorf("%s: the description does not have %s", call, kind)
		return
	}
	if response.Header.Get("Retry-After") != "" && member(described, "headers", "Retry-After") == nil {
		t.Errorf("%s: the description does not have Retry-After", call)
	}
	shape, err := a.compiler.Compile("openapi.json" + ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := shape.Validate(answer); err != nil {
		t.Errorf("%s: %v is not what is described: %v", call, answer, err)
	}
}

// member returns what is at a path of names.
func member(value any, names ...string) any {
	for _, name := range names {
		members, _ := value.(object)
		value = members[name]
	}
	return value
}

// Every answer is described, and every answer that is described is given.
func TestUsageAPI(t *testing.T) {
	store := &forgetful{Store: entitle.NewMemory()}
	c := at("2026-11-30T23:59:00Z")
	a := newAPI(t, &entitle.Options{Store: store, Clock: c.now, Levels: []string{"hosts"}})
	const requests, hosts = entitle.EntitlementsPath + "/requests", entitle.EntitlementsPath + "/hosts"
	expect := func(status int, want string, method, path, body string, header ...string) http.Header {
		t.Helper()
		got, headers, answer := a.call(t, method, path, body, header...)
		text, err := json.Marshal(answer)
		if err != nil || got != status || !strings.Contains(string(text), want) {
			t.Errorf("%s %s %s: %d %s, %d %s is expected", method, path, body, got, text, status, want)
		}
		return headers
	}
	expect(200, `"status":"active"`, "GET", entitle.EntitlementsPath, "")
	expect(200, `"max_uses":10,"name":"requests","reached":false,"remaining":11,"used":0`, "GET", requests, "")
	expect(404, `"reason":"not included"`, "GET", entitle.EntitlementsPath+"/a%2Fb", "")
	expect(200, `"used":1}`, "POST", requests+"/use", "")
	expect(200, `"used":4}`, "POST", requests+"/use", `{"n":3}`)
	for range 3 {
		expect(200, `"used":6}`, "POST", requests+"/use", `{"n":2}`, "Idempotency-Key", "k-1")
	}
	expect(422, `"reason":"key reused"`, "POST", requests+"/use", `{"n":3}`, "Idempotency-Key", "k-1")
	if after := expect(402, `"reason":"limit"`, "POST", requests+"/use", `{"n":6}`).Get("Retry-After"); after != "60" {
		t.Errorf("Retry-After: %s", after)
	}
	expect(403, `"reason":"not included"`, "POST", entitle.EntitlementsPath+"/nobody/use", "")
	expect(409, `"reason":"level"`, "POST", hosts+"/use", "")
	expect(409, `"reason":"level"`, "POST", requests+"/take", "")
	expect(409, `"reason":"level"`, "POST", requests+"/give", "")
	expect(200, `"level":true,"max_uses":"unlimited","name":"hosts","reached":false,"remaining":"unlimited","used":5}`, "POST", hosts+"/take", `{"n":5}`, "Idempotency-Key", "k-2")
	expect(200, `"used":3}`, "POST", hosts+"/give", `{"n":2}`)
	for _, body := range []string{"x", "[]", "{}", `{"n":0}`, `{"n":-1}`, `{"n":1.5}`, `{"n":"1"}`, `{"n":1,"m":1}`, `{"n":9007199254740992}`, `{"n":1}{"n":1}`, strings.Repeat(" ", 2000)} {
		expect(400, `"reason":"request"`, "POST", requests+"/use", body)
		expect(400, `"reason":"request"`, "POST", hosts+"/take", body)
		expect(400, `"reason":"request"`, "POST", hosts+"/give", body)
	}
	expect(400, "Idempotency-Key", "POST", requests+"/use", "", "Idempotency-Key", strings.Repeat("k", 201))
	for _, verb := range []string{"/use", "/take", "/give"} {
		name := map[bool]string{true: requests, false: hosts}[verb == "/use"]
		expect(403, `"reason":"forbidden"`, "POST", name+verb, "", "Authorization", "Bearer no")
		store.forgets.Store(true)
		if after := expect(503, `"detail":"usage cannot be counted now; try again"`, "POST", name+verb, "", "Idempotency-Key", verb).Get("Retry-After"); after != "1" {
			t.Errorf("Retry-After: %s", after)
		}
		store.forgets.Store(false)
		expect(200, name[strings.LastIndex(name, "/")+1:], "POST", name+verb, "", "Idempotency-Key", verb)
		expect(422, `"reason":"key reused"`, "POST", name+verb, `{"n":2}`, "Idempotency-Key", verb)
	}
	for _, path := range []string{entitle.EntitlementsPath, requests} {
		expect(403, `"reason":"forbidden"`, "GET", path, "", "Authorization", "Bearer no")
	}
	limited := newAPI(t, &entitle.Options{Clock: c.now, Levels: []string{"requests"}})
	for _, call := range []string{"take", "take"} {
		limited.call(t, "POST", requests+"/"+call, `{"n":10}`)
	}
	a.answered["post "+entitle.EntitlementsPath+"/{name}/take 402"] = limited.answered["post "+entitle.EntitlementsPath+"/{name}/take 402"]
	for path, methods := range a.document["paths"].(object) {
		for method, operation := range methods.(object) {
			for status := range operation.(object)["responses"].(object) {
				call := fmt.Sprintf("%s %s %s", method, path, status)
				if isNever := strings.HasSuffix(path, "/give") && status == "402"; !a.answered[call] != isNever {
					t.Errorf("%s is described: %v, answered: %v", call, !isNever, a.answered[call])
				}
			}
		}
	}
}

// What is no path or method of the API is refused as a problem.
func TestUsageAPIRefuses(t *testing.T) {
	g := open(t, entitle.Text(signed(t, plan())), &entitle.Options{Clock: at("2026-11-21").now})
	for _, test := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/api/v1/entitlements/", 404}, {"GET", "/api/v1/entitlementsx", 404}, {"GET", "/api/v1/entitlements/requests/x", 404},
		{"POST", "/api/v1/entitlements/requests/use/x", 404}, {"POST", "/api/v1/entitlements//use", 404},
		{"POST", "/api/v1/entitlements", 405}, {"POST", "/api/v1/entitlements/requests", 405}, {"GET", "/api/v1/entitlements/requests/use", 405},
		{"DELETE", "/api/v1/entitlements/requests", 405},
	} {
		for _, authorize := range []func(*http.Request) bool{nil, func(*http.Request) bool { return true }} {
			w := httptest.NewRecorder()
			r := &http.Request{Method: test.method, Header: http.Header{}, Body: http.NoBody, URL: &url.URL{Path: test.path, RawPath: test.path}}
			if path, err := url.PathUnescape(test.path); err == nil {
				r.URL.Path = path
			}
			entitle.NewUsageHandler(g, authorize).ServeHTTP(w, r)
			want := test.status
			if authorize == nil {
				want = 403
			}
			if w.Code != want || w.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s %s: %d %s", test.method, test.path, w.Code, w.Body)
			}
		}
	}
}

// The middleware answers what the guard says, and never what the store says.
func TestMiddleware(t *testing.T) {
	store := &forgetful{Store: entitle.NewMemory()}
	c := at("2026-11-21")
	g := open(t, entitle.Text(signed(t, plan().limit("requests", 1))), &entitle.Options{Store: store, Clock: c.now, MaxClockLead: 100 * day})
	get := func(wrap func(http.Handler) http.Handler) (int, string) {
		w := httptest.NewRecorder()
		hello := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") })
		wrap(hello).ServeHTTP(w, httptest.NewRequestWithContext(context.Background(), "GET", "/", nil))
		if (w.Code == 200) != (w.Body.String() == "hello") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		return w.Code, w.Body.String()
	}
	expect := func(status int, reason string, wrap func(http.Handler) http.Handler) {
		t.Helper()
		if code, body := get(wrap); code != status || !strings.Contains(body, reason) {
			t.Errorf("%d %s; %d %s is expected", code, body, status, reason)
		}
	}
	store.forgets.Store(true)
	code, body := get(g.Middleware("hosts"))
	if code != 503 || strings.Contains(body, "connection") {
		t.Errorf("%d %s", code, body)
	}
	store.forgets.Store(false)
	expect(200, "", g.Middleware("requests"))
	expect(402, `"reason":"limit"`, g.Middleware("requests"))
	expect(200, "", g.Including("reports"))
	expect(200, "", g.Including("requests")) // however much is used
	expect(403, `"reason":"not included"`, g.Middleware("none"))
	expect(403, `"reason":"not included"`, g.Including("none"))
	expect(403, `"reason":"not included"`, g.Including("nothing"))
	c.set("2027-01-11")
	expect(403, `"reason":"expired"`, g.Middleware("reports"))
	expect(403, `"reason":"expired"`, g.Including("reports"))
	closed := open(t, entitle.Text(signed(t, plan())), &entitle.Options{Clock: at("2026-11-21").now})
	closed.Close()
	expect(503, `"reason":"store"`, closed.Middleware("reports"))
	expect(503, `"reason":"store"`, closed.Including("reports"))
}

// Limit is the one of Limits that has the name, and both are written as the licence is.
func TestLimitJSON(t *testing.T) {
	g := open(t, entitle.Text(signed(t, plan())), &entitle.Options{Clock: at("2026-11-21").now, Levels: []string{"hosts"}})
	want := []string{
		`{"name":"requests","label":"Requests","level":false,"is_limited":true,"max_uses":900,"used":0,"remaining":990,"reached":false}`,
		`{"name":"hosts","label":"Hosts","level":true,"is_limited":true,"max_uses":"unlimited","used":0,"remaining":"unlimited","reached":false}`,
		`{"name":"reports","label":"Reports","level":false,"is_limited":false,"max_uses":null,"used":0,"remaining":"unlimited","reached":false}`,
	}
	for i, limit := range g.Limits()[:3] {
		text, err := json.Marshal(limit)
		if err != nil || string(text) != want[i] {
			t.Errorf("%s, %v", text, err)
		}
		if one, ok := g.Limit(limit.Name); !ok || !cmp.Equal(one, limit) {
			t.Errorf("Limit(%q): %+v", limit.Name, one)
		}
	}
	if _, ok := g.Limit("none"); ok {
		t.Error("there is no such entitlement")
	}
	text, err := json.Marshal(g.Status())
	if want := `{"status":"active","time":"2026-11-21T00:00:00.000Z","created":"2026-01-01T00:00:00.000Z","expiry":"2027-01-01T00:00:00.000Z","grace_end":"2027-01-11T00:00:00.000Z","clock_behind_seconds":0}`; err != nil || string(text) != want {
		t.Errorf("%s, %v", text, err)
	}
}
