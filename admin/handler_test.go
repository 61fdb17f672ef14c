package admin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/schema"
)

// published returns the two payload strings in Kong's documentation.
func published(t testing.TB) (first, second string) {
	t.Helper()
	var texts []string
	for _, day := range []string{"20", "21"} {
		text, err := os.ReadFile("../testdata/published/kong-until-2017-07-" + day + ".json")
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, strings.TrimSpace(string(text)))
	}
	return texts[0], texts[1]
}

// start is the instant of the published records.
var start = time.Unix(1500508800, 0)

// anything accepts every payload except for one that says it is bad.
func anything(_ context.Context, payload string) error {
	if strings.Contains(payload, "bad") {
		return errors.New("expired at 2020-01-01T00:00:00Z,\nand it is later")
	}
	return nil
}

func newHandler(store admin.Store) http.Handler {
	return admin.NewHandler(store, anything, &admin.Options{Log: slog.New(slog.DiscardHandler)})
}

// request sends a request to a handler. A body that begins with { is JSON, others
// are forms, unless a Content-Type is given.
func request(t testing.TB, h http.Handler, method, target, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, "http://127.0.0.1:8001/", strings.NewReader(body))
	u, err := url.ParseRequestURI(target)
	if err != nil {
		t.Fatal(err)
	}
	r.URL = u
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if strings.HasPrefix(body, "{") {
			r.Header.Set("Content-Type", "application/json")
		}
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	checkSchema(t, r, w)
	if got := w.Header().Get("Cache-Control"); got != "no-store" && w.Code != http.StatusUnauthorized {
		t.Errorf("%s %s: a cache may keep the answer: %q", method, target, got)
	}
	return w
}

// checkSchema validates an answer against the published schema of its kind. It skips
// answers without a body, and that of GET /.
func checkSchema(t testing.TB, r *http.Request, w *httptest.ResponseRecorder) {
	t.Helper()
	path := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/default"), "/")
	name := "admin-record"
	switch {
	case w.Body.Len() == 0 || w.Code == 200 && (path == "" || path == "/kong"):
		return
	case w.Code >= 400:
		name = "admin-error"
	case path == "/licenses" && r.Method == http.MethodGet:
		name = "admin-list"
	case path == "/license/report":
		name = "admin-report"
	}
	rules, err := schema.Builtin(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := rules.ValidateJSON(w.Body.Bytes()); err != nil {
		t.Errorf("%s %s: %v\n%s", r.Method, r.URL, err, w.Body)
	}
}

func jsonBody(payload string) string {
	_, body := admin.Body(admin.JSON, payload)
	return string(body)
}

// decode decodes an answer strictly: an unknown member fails the test.
func decode[T any](t testing.TB, w *httptest.ResponseRecorder) T {
	t.Helper()
	var v T
	decoder := json.NewDecoder(w.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&v); err != nil {
		t.Fatalf("status %d: %v", w.Code, err)
	}
	return v
}

const (
	id1 = "30b4edb7-0847-4f65-af90-efbed8b0161f"
	id2 = "e8201120-4ee3-43ca-9e92-3fed08b1a15d"
)

// The published examples, in the order of the documentation.
func TestHandlerPublished(t *testing.T) {
	first, second := published(t)
	now := start
	h := newHandler(&admin.Memory{Now: func() time.Time { return now }})

	if got := request(t, h, "GET", "/licenses", ""); got.Body.String() != `{"data":[],"next":null}` {
		t.Errorf("no licences: %s", got.Body)
	}
	w := request(t, h, "PUT", "/licenses/"+id1, jsonBody(first))
	want := admin.Record{ID: id1, Payload: first, CreatedAt: 1500508800, UpdatedAt: 1500508800}
	if diff := cmp.Diff(want, decode[admin.Record](t, w)); w.Code != 200 || diff != "" {
		t.Errorf("PUT: %d %s", w.Code, diff)
	}
	w = request(t, h, "GET", "/licenses", "")
	if diff := cmp.Diff(admin.Page{Data: []admin.Record{want}}, decode[admin.Page](t, w)); w.Code != 200 || diff != "" {
		t.Errorf("list: %d %s", w.Code, diff)
	}
	now = time.Unix(1500595200, 0)
	w = request(t, h, "PATCH", "/licenses/"+id1, jsonBody(second))
	want.Payload, want.UpdatedAt = second, 1500595200
	if diff := cmp.Diff(want, decode[admin.Record](t, w)); w.Code != 200 || diff != "" {
		t.Errorf("PATCH: %d %s", w.Code, diff)
	}
	w = request(t, h, "GET", "/licenses/"+id1, "")
	if diff := cmp.Diff(want, decode[admin.Record](t, w)); w.Code != 200 || diff != "" {
		t.Errorf("GET: %d %s", w.Code, diff)
	}
	w = request(t, h, "POST", "/licenses/", jsonBody(first))
	posted := decode[admin.Record](t, w)
	if w.Code != 201 || posted.Payload != first || !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(posted.ID) {
		t.Errorf("POST: %d %v", w.Code, posted)
	}
	for range 2 {
		if w = request(t, h, "DELETE", "/licenses/"+id1, ""); w.Code != 204 || w.Body.Len() > 0 {
			t.Errorf("DELETE: %d %s", w.Code, w.Body)
		}
	}
	if w = request(t, h, "GET", "/licenses/"+id1, ""); w.Code != 404 || w.Body.String() != `{"message":"Not found"}` {
		t.Errorf("GET of a deleted one: %d %s", w.Code, w.Body)
	}
}

// The stored payload has the same bytes for every encoding of the body.
func TestHandlerEncodings(t *testing.T) {
	first, _ := published(t)
	hard := strings.Replace(first, "Example Company, Inc", `Füße & Söhne + 50% "=" 😀 \u2028`, 1) + "\r\n"
	for _, encoding := range []admin.Encoding{admin.JSON, admin.URLEncoded, admin.Multipart} {
		h := newHandler(&admin.Memory{})
		contentType, body := admin.Body(encoding, hard)
		w := request(t, h, "POST", "/licenses", string(body), "Content-Type: "+contentType)
		if got := decode[admin.Record](t, w); w.Code != 201 || got.Payload != hard {
			t.Errorf("%s: %d %q", encoding, w.Code, got.Payload)
		}
		if rules, err := schema.Builtin("admin-body"); encoding == admin.JSON && (err != nil || rules.ValidateJSON(body) != nil) {
			t.Errorf("the body breaks its schema: %s", body)
		}
	}
}

// The answers to wrong and hostile requests. The store has one licence.
func TestHandlerRefuses(t *testing.T) {
	store := &admin.Memory{Now: func() time.Time { return start }}
	h := newHandler(store)
	request(t, h, "PUT", "/licenses/"+id1, jsonBody("one"))
	deep := strings.Repeat("[", 20_000)
	one := "/licenses/" + id1
	for _, test := range []struct {
		name, method, target, body string
		header                     []string
		status                     int
		message                    string // a regular expression
	}{
		{"unknown path", "GET", "/licences", "", nil, 404, "^Not found$"},
		{"path below", "GET", one + "/x", "", nil, 404, "^Not found$"},
		{"unknown workspace", "GET", "/other/licenses", "", nil, 404, "^Not found$"},
		{"two slashes", "GET", "//licenses", "", nil, 404, "^Not found$"},
		{"slashes inside", "GET", "/licenses//" + id1, "", nil, 404, "^Not found$"},
		{"dots", "GET", "/licenses/../licenses", "", nil, 404, "^Not found$"},
		{"dots for an id", "GET", "/licenses/..", "", nil, 400, "^invalid primary key"},
		{"escaped slash", "GET", "/licenses%2f" + id1, "", nil, 404, "^Not found$"},
		{"escaped letter", "GET", "/%6cicenses", "", nil, 404, "^Not found$"},
		{"escaped dots", "GET", "/licenses/%2e%2e%2fstatus", "", nil, 400, "^invalid primary key"},
		{"zero byte", "GET", "/licenses/%00", "", nil, 400, "^invalid primary key"},
		{"upper case path", "GET", "/LICENSES", "", nil, 404, "^Not found$"},
		{"unknown id", "GET", "/licenses/" + id2, "", nil, 404, "^Not found$"},
		{"no uuid", "GET", "/licenses/1", "", nil, 400, "^invalid primary key: '{id=\"1\"}'$"},
		{"uuid in braces", "PUT", "/licenses/{" + id2 + "}", jsonBody("x"), nil, 400, "^invalid primary key"},
		{"id with SQL", "DELETE", "/licenses/1'%20OR%20'1'='1", "", nil, 400, "^invalid primary key"},
		{"PUT without id", "PUT", "/licenses", jsonBody("x"), nil, 405, "^Method not allowed$"},
		{"PUT without id, slash", "PUT", "/licenses/", jsonBody("x"), nil, 405, "^Method not allowed$"},
		{"PATCH without id", "PATCH", "/licenses", jsonBody("x"), nil, 405, "^Method not allowed$"},
		{"DELETE without id", "DELETE", "/licenses", "", nil, 405, "^Method not allowed$"},
		{"POST to an id", "POST", one, jsonBody("x"), nil, 405, "^Method not allowed$"},
		{"POST to the report", "POST", "/license/report", "{}", nil, 405, "^Method not allowed$"},
		{"unknown method", "BREW", "/licenses", "", nil, 405, "^Method not allowed$"},
		{"TRACE", "TRACE", "/", "", nil, 405, "^Method not allowed$"},

		{"size 0", "GET", "/licenses?size=0", "", nil, 400, "^size must be an integer between 1 and 1000$"},
		{"size 1001", "GET", "/licenses?size=1001", "", nil, 400, "^size must"},
		{"size -1", "GET", "/licenses?size=-1", "", nil, 400, "^size must"},
		{"size of a word", "GET", "/licenses?size=all", "", nil, 400, "^size must"},
		{"size of nothing", "GET", "/licenses?size=", "", nil, 400, "^size must"},
		{"size with SQL", "GET", "/licenses?size=1;DROP+TABLE+licenses", "", nil, 400, "^Cannot parse the query$"},
		{"huge size", "GET", "/licenses?size=99999999999999999999", "", nil, 400, "^size must"},
		{"offset of rubbish", "GET", "/licenses?offset=%27--", "", nil, 400, "^''--' is not a valid offset"},
		{"offset of another kind", "GET", "/licenses?offset=WzFd", "", nil, 400, "not a valid offset"},
		{"offset with SQL", "GET", "/licenses?offset=WyInIE9SIDE9MS0tIl0", "", nil, 400, "not a valid offset"},
		{"offset of nothing", "GET", "/licenses?offset=", "", nil, 400, "not a valid offset"},
		{"long offset", "GET", "/licenses?offset=" + strings.Repeat("A", 10_000), "", nil, 400, "^'A{100}…' is not"},

		{"no body", "POST", "/licenses", "", nil, 400, `^schema violation \(payload: required field missing\)$`},
		{"empty JSON", "POST", "/licenses", "", []string{"Content-Type: application/json"}, 400, "^Cannot parse JSON body$"},
		{"broken JSON", "POST", "/licenses", `{"payload":`, nil, 400, "^Cannot parse JSON body$"},
		{"JSON list", "POST", "/licenses", `[]`, []string{"Content-Type: application/json"}, 400, "^Cannot parse JSON body$"},
		{"JSON null", "POST", "/licenses", `null`, []string{"Content-Type: application/json"}, 400, "^Cannot parse JSON body$"},
		{"deep JSON", "POST", "/licenses", deep, []string{"Content-Type: application/json"}, 400, "^Cannot parse JSON body$"},
		{"deep payload", "POST", "/licenses", `{"payload":` + deep, nil, 400, "^Cannot parse JSON body$"},
		{"names twice", "POST", "/licenses", `{"payload":"a","payload":"b"}`, nil, 400, "^Cannot parse JSON body$"},
		{"names twice, escaped", "POST", "/licenses", `{"payload":"a","p\u0061yload":"b"}`, nil, 400, "^Cannot parse JSON body$"},
		{"lone surrogate", "POST", "/licenses", `{"payload":"\ud800"}`, nil, 400, "^Cannot parse JSON body$"},
		{"bad UTF-8", "POST", "/licenses", "{\"payload\":\"\xff\"}", nil, 400, "^Cannot parse JSON body$"},
		{"empty object", "POST", "/licenses", `{}`, nil, 400, `^schema violation \(payload: required field missing\)$`},
		{"null payload", "POST", "/licenses", `{"payload":null}`, nil, 400, `required field missing`},
		{"empty payload", "POST", "/licenses", `{"payload":""}`, nil, 400, `required field missing`},
		{"object payload", "POST", "/licenses", `{"payload":{"license":{}}}`, nil, 400, `^schema violation \(payload: expected a string`},
		{"number payload", "POST", "/licenses", `{"payload":1}`, nil, 400, `expected a string`},
		{"zero byte payload", "POST", "/licenses", `{"payload":"a\u0000"}`, nil, 400, `expected UTF-8 text`},
		{"form with bad UTF-8", "POST", "/licenses", `payload=%ff`, nil, 400, `expected UTF-8 text`},
		{"the licence itself", "POST", "/licenses", `{"license":{"payload":{}}}`, nil, 400, `^2 schema violations \(license: unknown field; payload: required field missing\)$`},
		{"other case", "POST", "/licenses", `{"Payload":"a"}`, nil, 400, `Payload: unknown field`},
		{"curl -d payload=@file", "POST", "/licenses", `payload=@license.json`, nil, 400, `--data-urlencode payload@FILE`},
		{"form twice", "POST", "/licenses", `payload=a&payload=b`, nil, 400, `payload: given more than once`},
		{"form with a bare &", "POST", "/licenses", `payload=A & B`, nil, 400, `unknown field`},
		{"form of many fields", "POST", "/licenses", strings.Repeat("a=b&", 1000), nil, 400, `more than 32 fields`},
		{"broken form", "POST", "/licenses", `payload=%zz`, nil, 400, `^Cannot parse form body$`},
		{"multipart without boundary", "POST", "/licenses", "x", []string{"Content-Type: multipart/form-data"}, 400, "^Cannot parse multipart body$"},
		{"multipart, cut", "POST", "/licenses", "--b\r\nContent-Disp", []string{"Content-Type: multipart/form-data; boundary=b"}, 400, "^Cannot parse multipart body$"},
		{"multipart of many parts", "POST", "/licenses", strings.Repeat("--b\r\n\r\nx\r\n", 1000), []string{"Content-Type: multipart/form-data; boundary=b"}, 400, "^Cannot parse multipart body$"},
		{"multipart without names", "POST", "/licenses", "--b\r\n\r\nx\r\n--b--", []string{"Content-Type: multipart/form-data; boundary=b"}, 400, "unknown field"},
		{"no content type", "POST", "/licenses", "x", []string{"Content-Type: "}, 415, "not supported"},
		{"XML", "POST", "/licenses", "<x/>", []string{"Content-Type: text/xml"}, 415, "^Content-Type text/xml is not supported"},
		{"a broken content type", "POST", "/licenses", "{}", []string{"Content-Type: application/json;;;=,"}, 415, "not supported"},
		{"another charset", "POST", "/licenses", "{}", []string{"Content-Type: application/json; charset=utf-16"}, 415, "utf-16"},
		{"compressed", "POST", "/licenses", "{}", []string{"Content-Encoding: gzip"}, 415, "gzip"},
		{"too large", "POST", "/licenses", jsonBody(strings.Repeat("x", 300<<10)), nil, 413, "^the body is larger than 262144 bytes$"},
		{"invalid licence", "POST", "/licenses", jsonBody("bad"), nil, 400, `^schema violation \(payload: expired at 2020-01-01T00:00:00Z,; and it is later\)$`},
		{"duplicate", "POST", "/licenses", jsonBody("one"), nil, 409, "^UNIQUE violation detected on '{payload=.*}'.* as " + id1},
		{"duplicate in PUT", "PUT", "/licenses/" + id2, jsonBody("one"), nil, 409, "^UNIQUE violation"},
		{"an id that is there", "POST", "/licenses", `{"payload":"two","id":"` + id1 + `"}`, nil, 409, "^primary key violation"},
		{"id of a wrong type", "POST", "/licenses", `{"payload":"two","id":1}`, nil, 400, `id: expected a valid UUID`},
		{"id other than the path's", "PATCH", one, `{"payload":"two","id":"` + id2 + `"}`, nil, 400, `id: differs from the id in the path`},
		{"tags of a wrong type", "PATCH", one, `{"payload":"two","tags":5}`, nil, 400, `tags: expected a set`},
		{"an unknown null", "PATCH", one, `{"payload":"two","other":null}`, nil, 400, `other: unknown field`},
		{"a null payload", "PATCH", one, `{"payload":null}`, nil, 400, `payload: required field missing`},
		{"time of a wrong type", "PATCH", one, `{"payload":"two","created_at":"yesterday"}`, nil, 400, `created_at: expected an integer`},
		{"PATCH of none", "PATCH", "/licenses/" + id2, jsonBody("bad"), nil, 404, "^Not found$"},
		{"PATCH without payload", "PATCH", one, `{}`, nil, 400, "required field missing"},
		{"PATCH with a bad licence", "PATCH", one, jsonBody("bad"), nil, 400, "expired"},
		{"another site", "POST", "/licenses", jsonBody("two"), []string{"Sec-Fetch-Site: cross-site"}, 403, "another site"},
		{"another origin", "DELETE", one, "", []string{"Origin: http://evil.example"}, 403, "another site"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := request(t, h, test.method, test.target, test.body, test.header...)
			body := decode[admin.ErrorBody](t, w)
			if w.Code != test.status || !regexp.MustCompile(test.message).MatchString(body.Message) {
				t.Errorf("got %d %q, want %d %s", w.Code, body.Message, test.status, test.message)
			}
			if w.Header().Get("Content-Type") != "application/json; charset=utf-8" || (w.Code == 405) != (w.Header().Get("Allow") != "") {
				t.Errorf("header %v", w.Header())
			}
		})
	}
	records, _, _ := store.List(t.Context(), "", 10)
	if diff := cmp.Diff([]admin.Record{{ID: id1, Payload: "one", CreatedAt: 1500508800, UpdatedAt: 1500508800}}, records); diff != "" {
		t.Errorf("a refused request changed something: %s", diff)
	}
}

// The complete bodies of the errors with a code.
func TestHandlerErrorBodies(t *testing.T) {
	h := newHandler(&admin.Memory{})
	request(t, h, "PUT", "/licenses/"+id1, jsonBody("one"))
	for _, test := range []struct {
		method, target, body, want string
	}{
		{"POST", "/licenses", "{}", `{"code":2,"name":"schema violation","message":"schema violation (payload: required field missing)","fields":{"payload":"required field missing"}}`},
		{"GET", "/licenses/x", "", `{"code":1,"name":"invalid primary key","message":"invalid primary key: '{id=\"x\"}'","fields":{"id":"expected a valid UUID"}}`},
		{"POST", "/licenses", jsonBody("one"), `{"code":5,"name":"unique constraint violation","message":"UNIQUE violation detected on '{payload=\"…\"}': this licence is already stored, as ` + id1 + `","fields":{"payload":"this licence is already stored, as ` + id1 + `"}}`},
		{"GET", "/licenses?size=x", "", `{"code":9,"name":"invalid size","message":"size must be an integer between 1 and 1000"}`},
		{"GET", "/licenses?offset=x", "", `{"code":7,"name":"invalid offset","message":"'x' is not a valid offset: use the offset of the previous page"}`},
		{"PUT", "/licenses", "", `{"message":"Method not allowed"}`},
	} {
		if w := request(t, h, test.method, test.target, test.body); w.Body.String() != test.want {
			t.Errorf("%s %s:\ngot  %s\nwant %s", test.method, test.target, w.Body, test.want)
		}
	}
}

func TestHandlerAccepts(t *testing.T) {
	for _, test := range []struct {
		name, method, target, body, header string
		status                             int
	}{
		{"a slash at the end", "GET", "/licenses/" + id1 + "/", "", "", 200},
		{"an id in upper case", "GET", "/licenses/" + strings.ToUpper(id1), "", "", 200},
		{"a workspace", "GET", "/default/licenses", "", "", 200},
		{"a workspace and an id", "PATCH", "/default/licenses/" + id1, jsonBody("two"), "", 200},
		{"the root of a workspace", "GET", "/default/kong", "", "", 200},
		{"HEAD", "HEAD", "/licenses", "", "", 200},
		{"OPTIONS", "OPTIONS", "/licenses", "", "", 204},
		{"a whole record", "PATCH", "/licenses/" + id1, `{"id":"` + id1 + `","payload":"two","created_at":1,"updated_at":2}`, "", 200},
		{"a record as a form", "PATCH", "/licenses/" + id1, `id=` + id1 + `&payload=two&created_at=1`, "", 200},
		{"a charset", "POST", "/licenses", jsonBody("two"), "Content-Type: application/json; charset=UTF-8", 201},
		{"an id of one's own", "POST", "/licenses", `{"id":"` + strings.ToUpper(id2) + `","payload":"two"}`, "", 201},
		{"the same again", "PUT", "/licenses/" + id1, jsonBody("one"), "", 200},
		{"the same site", "POST", "/licenses", jsonBody("two"), "Sec-Fetch-Site: same-origin", 201},
		{"the root", "GET", "/", "", "", 200},
		{"a report", "GET", "/license/report", "", "", 200},
		{"a report in a workspace", "GET", "/default/license/report/", "", "", 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newHandler(&admin.Memory{})
			request(t, h, "PUT", "/licenses/"+id1, jsonBody("one"))
			var header []string
			if test.header != "" {
				header = append(header, test.header)
			}
			w := request(t, h, test.method, test.target, test.body, header...)
			if w.Code != test.status {
				t.Errorf("got %d %s, want %d", w.Code, w.Body, test.status)
			}
			if test.method == "HEAD" && w.Body.Len() > 0 {
				t.Errorf("a HEAD was answered with a body")
			}
		})
	}
}

// A client that follows next or offset sees each record once.
func TestHandlerPages(t *testing.T) {
	h := newHandler(&admin.Memory{})
	const count = 25
	for i := range count {
		request(t, h, "POST", "/licenses", jsonBody(fmt.Sprint(i)))
	}
	seen := map[string]int{}
	target, pages := "/licenses?size=10", 0
	for target != "" {
		page := decode[admin.Page](t, request(t, h, "GET", target, ""))
		for _, record := range page.Data {
			seen[record.Payload]++
		}
		pages++
		if (page.Next == nil) != (page.Offset == "") {
			t.Errorf("next %v, offset %q", page.Next, page.Offset)
		}
		target = ""
		if page.Next != nil {
			target = *page.Next
			if target != "/licenses?offset="+page.Offset+"&size=10" {
				t.Errorf("next is %s, and offset %s", target, page.Offset)
			}
		}
	}
	if len(seen) != count || pages != 3 {
		t.Errorf("%d records in %d pages", len(seen), pages)
	}
	if page := decode[admin.Page](t, request(t, h, "GET", "/licenses", "")); len(page.Data) != count || page.Next != nil {
		t.Errorf("the default page has %d records", len(page.Data))
	}
}

// stuck is a client that reads nothing.
type stuck struct {
	*httptest.ResponseRecorder
	release chan struct{}
}

func (s stuck) Write(b []byte) (int, error) { <-s.release; return len(b), nil }

// Clients that do not read their lists hold at most 32 of them; others get
// Retry-After, and other calls are not affected.
func TestHandlerListsAreNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(&admin.Memory{})
		list := func(w http.ResponseWriter) { h.ServeHTTP(w, httptest.NewRequest("GET", "/licenses", nil)) }
		release := make(chan struct{})
		for range 32 {
			go list(stuck{httptest.NewRecorder(), release})
		}
		synctest.Wait()
		start := time.Now()
		w := request(t, h, "GET", "/licenses", "")
		if w.Code != 503 || w.Header().Get("Retry-After") == "" || time.Since(start) != 10*time.Second {
			t.Errorf("%d %s after %v", w.Code, w.Body, time.Since(start))
		}
		if w := request(t, h, "PUT", "/licenses/"+id1, jsonBody("one")); w.Code != 200 {
			t.Errorf("PUT: %d %s", w.Code, w.Body)
		}
		close(release)
		for range 100 { // each releases its place, failed ones too
			if w := request(t, h, "GET", "/licenses", ""); w.Code != 200 {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
		}
		broken := newHandler(failing{&admin.Memory{}, errors.New("broken")})
		for range 100 {
			if w := request(t, broken, "GET", "/licenses", ""); w.Code != 500 || time.Since(start) != 10*time.Second {
				t.Fatalf("%d %s after %v", w.Code, w.Body, time.Since(start))
			}
		}
	})
}

// failing is a store that always fails with the same error.
type failing struct {
	admin.Store
	err error
}

func (f failing) List(context.Context, string, int) ([]admin.Record, bool, error) {
	return nil, false, f.err
}
func (f failing) Newest(context.Context) (admin.Record, error) { return admin.Record{}, f.err }
func (f failing) Write(context.Context, admin.Write) (admin.Record, error) {
	return admin.Record{}, f.err
}
func (f failing) Delete(context.Context, string, string, ...string) error {
	return f.err
}

func TestHandlerStoreFails(t *testing.T) {
	for _, test := range []struct {
		err    error
		status int
		retry  string
	}{
		{fmt.Errorf("%w: dial tcp 10.0.0.1: refused", admin.ErrUnavailable), 503, "1"},
		{fmt.Errorf("%w: secret path", admin.ErrFull), 507, ""},
		{context.DeadlineExceeded, 503, "1"},
		{errors.New("secret cause"), 500, ""},
	} {
		var log bytes.Buffer
		h := admin.NewHandler(failing{&admin.Memory{}, test.err}, anything, &admin.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
		for _, call := range [][3]string{{"POST", "/licenses", jsonBody("secret licence")}, {"DELETE", "/licenses/" + id1, ""}, {"GET", "/license/report", ""}} {
			w := request(t, h, call[0], call[1], call[2])
			body := w.Body.String()
			if w.Code != test.status || w.Header().Get("Retry-After") != test.retry || strings.Contains(body, "secret") || strings.Contains(body, "10.0.0.1") {
				t.Errorf("%v: %d %v %s", test.err, w.Code, w.Header(), body)
			}
		}
		if lines := log.String(); strings.Count(lines, "\n") != 3 || !strings.Contains(lines, test.err.Error()) || strings.Contains(lines, "secret licence") {
			t.Errorf("the log has: %s", lines)
		}
	}
}

// A handler without a check func accepts nothing.
func TestHandlerWithoutCheck(t *testing.T) {
	h := admin.NewHandler(&admin.Memory{}, nil, nil)
	if w := request(t, h, "POST", "/licenses", jsonBody("x")); w.Code != 400 || !strings.Contains(w.Body.String(), "accepts none") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestHandlerRoot(t *testing.T) {
	h := admin.NewHandler(&admin.Memory{}, anything, &admin.Options{Version: "3.4.3.14", DBVersion: "sqlite 3"})
	var root struct {
		Version       string
		Configuration map[string]any
	}
	w := request(t, h, "GET", "/", "")
	if err := json.Unmarshal(w.Body.Bytes(), &root); err != nil || root.Version != "3.4.3.14" || root.Configuration["database"] != "sqlite 3" {
		t.Errorf("%s: %v", w.Body, err)
	}
}

type product struct{}

func (product) Figures(context.Context) (admin.Figures, error) {
	return admin.Figures{
		Counters: []admin.Counter{{Bucket: "2021-12", RequestCount: 7}}, DBVersion: "postgres 9.6.19", Version: "2.7.0.0",
		RBACUsers: 1, Services: 2, Workspaces: 3, Cores: 4, Hostname: "host", Uname: "Linux x86_64",
	}, nil
}

// A version before 3.5 gets the old shape of a report.
func TestReport(t *testing.T) {
	first, _ := published(t)
	store := &admin.Memory{}
	h := admin.NewHandler(store, anything, &admin.Options{Reporter: product{}})
	want := `{"counters":[{"bucket":"2021-12","request_count":7}],"db_version":"postgres 9.6.19","kong_version":"2.7.0.0",` +
		`"license_key":"UNLICENSED","rbac_users":1,"services_count":2,` +
		// printf host | sha256sum
		`"system_info":{"cores":4,"hostname":"4740ae6347b0172c01254ff55bae5aff5199f4446e7f6d643d40185b3f475145","uname":"Linux x86_64"},"workspaces_count":3}`
	if w := request(t, h, "GET", "/license/report", ""); w.Code != 200 || w.Body.String() != want {
		t.Errorf("%d\ngot  %s\nwant %s", w.Code, w.Body, want)
	}
	request(t, h, "POST", "/licenses", jsonBody(first))
	// printf 00141000017ODj3AAG_a1V41000004wT0OEAU | sha256sum
	want = strings.Replace(want, "UNLICENSED", admin.Hash("00141000017ODj3AAG_a1V41000004wT0OEAU"), 1)
	if w := request(t, h, "GET", "/license/report", ""); w.Code != 200 || w.Body.String() != want {
		t.Errorf("%d\ngot  %s\nwant %s", w.Code, w.Body, want)
	}
}

// The version decides which members a report has.
func TestReportOfVersion(t *testing.T) {
	first, _ := published(t)
	for version, isNew := range map[string]bool{"2.7.0.0": false, "3.4.3.14": false, "3.5.0.0": true, "": true, "3.15.0.0": true, "4.0": true, "ours": true} {
		h := admin.NewHandler(&admin.Memory{}, anything, &admin.Options{Version: version})
		for _, licensed := range []bool{false, true} {
			key, expires := admin.Unlicensed, "2017-7-20"
			if licensed {
				request(t, h, "POST", "/licenses", jsonBody(first))
				key, expires = admin.Hash("00141000017ODj3AAG_a1V41000004wT0OEAU"), "2017-07-20"
			}
			w := request(t, h, "GET", "/license/report", "")
			whole := w.Body.String()
			members := decode[map[string]any](t, w)
			_, hasNew := members["license"]
			_, hasOld := members["license_key"]
			if hasNew != isNew || hasOld == isNew {
				t.Errorf("version %s: %s", version, whole)
				continue
			}
			if !isNew {
				continue
			}
			want := map[string]any{
				"license":         map[string]any{"license_key": key, "license_expiration_date": expires},
				"counters":        map[string]any{"buckets": []any{}, "total_requests": 0.0},
				"deployment_info": map[string]any{"type": "traditional"},
				"plugins_count": map[string]any{"unique_route_lambdas": 0.0, "unique_route_kafkas": 0.0,
					"tiers": map[string]any{"free": map[string]any{}, "enterprise": map[string]any{}, "custom": map[string]any{}}},
				"routes_count": 0.0, "consumers_count": 0.0,
			}
			got := map[string]any{}
			for name := range want {
				got[name] = members[name]
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("version %s: %s", version, diff)
			}
			without := strings.Replace(whole, fmt.Sprintf(`"checksum":"%s",`, members["checksum"]), "", 1)
			if at, _ := members["timestamp"].(float64); time.Since(time.Unix(int64(at), 0)).Abs() > time.Hour || admin.Hash(without) != members["checksum"] {
				t.Errorf("the time or the checksum is wrong: %s", whole)
			}
		}
	}
}

// Figures are read from a report of either shape, and from a part of one.
func TestParseFigures(t *testing.T) {
	const published = `{"counters":{"total_requests":5,"buckets":[{"bucket":"2026-01","request_count":5}]},"db_version":"postgres 13.18","kong_version":"3.9.0.0",
		"license":{"license_key":"K","license_expiration_date":"2017-07-20"},"checksum":"c","timestamp":1736963105,"deployment_info":{"type":"hybrid","connected_dp_count":4},
		"routes_count":1,"consumers_count":2,"rbac_users":3,"services_count":5,"workspaces_count":6,"system_info":{"uname":"Linux aarch64","cores":4,"hostname":"h"},
		"plugins_count":{"tiers":{"free":{"cors":1},"enterprise":{},"custom":{}},"unique_route_lambdas":0,"unique_route_kafkas":0}}`
	want := admin.Figures{
		Counters: []admin.Counter{{Bucket: "2026-01", RequestCount: 5}}, DBVersion: "postgres 13.18", RBACUsers: 3, Services: 5, Workspaces: 6,
		Cores: 4, Hostname: "h", Uname: "Linux aarch64", Routes: 1, Consumers: 2,
		Deployment: &admin.DeploymentInfo{Type: "hybrid", ConnectedDPCount: 4}, Plugins: plugins(),
	}
	if got, err := admin.ParseFigures([]byte(published)); err != nil || cmp.Diff(want, got) != "" {
		t.Error(err, cmp.Diff(want, got))
	}
	old := `{"counters":[{"bucket":"2021-12","request_count":7}],"license_key":"K"}`
	if got, err := admin.ParseFigures([]byte(old)); err != nil || cmp.Diff(admin.Figures{Counters: []admin.Counter{{Bucket: "2021-12", RequestCount: 7}}}, got) != "" {
		t.Error(err, got)
	}
	for text, want := range map[string]string{
		"": "not a report", "[]": "not a report", "{} {}": "not a report", `{"rbac_user":1}`: "rbac_user", `{"rbac_users":"1"}`: "rbac_users",
		`{"rbac_users":1,"rbac_users":2}`: "rbac_users", `{"rbac_users":-1}`: "rbac_users is -1", `{"routes_count":-2}`: "routes_count is -2",
		`{"deployment_info":{"connected_dp_count":-1}}`: "connected_dp_count is -1", `{"counters":[{"bucket":"2021-12","request_count":-7}]}`: "2021-12 is -7",
	} {
		if _, err := admin.ParseFigures([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// Both formats of a report are read.
func TestReportShapes(t *testing.T) {
	for text, want := range map[string]admin.Report{
		`{"counters":[{"bucket":"UNKNOWN","request_count":5},{"bucket":"2021-12","request_count":0}],"db_version":"","kong_version":"","license_key":"K","rbac_users":3,
		  "services_count":0,"system_info":{"cores":0,"hostname":"","uname":""},"workspaces_count":0}`: {
			Counters: admin.Counters{{"UNKNOWN", 5}, {"2021-12", 0}}, LicenseKey: "K", RBACUsers: 3},
		`{"db_version":"","kong_version":"","rbac_users":0,"services_count":0,"system_info":{"cores":0,"hostname":"","uname":""},"workspaces_count":0,
		  "counters":{"total_requests":5,"buckets":[{"bucket":"2026-01","request_count":5}]},"checksum":"c","timestamp":1769000000,
		  "license":{"license_key":"K","license_expiration_date":"2017-7-20"},"deployment_info":{"type":"hybrid","connected_dp_count":4},
		  "routes_count":1,"consumers_count":2,"plugins_count":{"tiers":{"free":{"cors":1},"enterprise":{},"custom":{}},"unique_route_lambdas":0,"unique_route_kafkas":0}}`: {
			Counters: admin.Counters{{"2026-01", 5}}, Checksum: "c", Timestamp: json.RawMessage("1769000000"),
			License:        &admin.ReportLicense{LicenseKey: "K", LicenseExpirationDate: "2017-7-20"},
			DeploymentInfo: &admin.DeploymentInfo{Type: "hybrid", ConnectedDPCount: 4}, RoutesCount: ptr(1), ConsumersCount: ptr(2),
			PluginsCount: plugins()},
	} {
		var got admin.Report
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatal(err)
		}
		rules, err := schema.Builtin("admin-report")
		if err != nil {
			t.Fatal(err)
		}
		if err := rules.ValidateJSON([]byte(text)); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(want, got); diff != "" || got.Key() != "K" || got.Counters.Total() != 5 {
			t.Errorf("%s: key %s, total %d: %s", text, got.Key(), got.Counters.Total(), diff)
		}
	}
}

func ptr(n int64) *int64 { return &n }

func plugins() *admin.PluginsCount {
	var p admin.PluginsCount
	p.Tiers.Free, p.Tiers.Enterprise, p.Tiers.Custom = map[string]int64{"cors": 1}, map[string]int64{}, map[string]int64{}
	return &p
}

// The history names the token and the address.
func TestTokens(t *testing.T) {
	const secret, other = "0123456789abcdef", "fedcba9876543210"
	tokens, err := admin.ParseTokens([]byte("# comment\n\nci " + secret + "\r\n" + other + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	store := &admin.Memory{}
	h := admin.RequireToken(func() []admin.Token { return tokens }, newHandler(store))
	for _, test := range []struct {
		header string
		status int
	}{
		{"X: none", 401}, {admin.TokenHeader + ": " + secret[1:], 401}, {admin.TokenHeader + ": " + secret + "0", 401},
		{admin.TokenHeader + ": ", 401}, {"Authorization: Basic " + secret, 401}, {"Authorization: Bearer ", 401},
		{admin.TokenHeader + ": " + strings.ToUpper(secret), 401}, {admin.TokenHeader + ": ci", 401},
		{admin.TokenHeader + ": " + secret, 200}, {admin.TokenHeader + ": " + other, 200}, {"Authorization: Bearer " + secret, 200},
		{"Authorization: bearer " + secret, 200}, {"Authorization: Bearer" + secret, 401},
	} {
		w := request(t, h, "GET", "/licenses", "", test.header)
		if w.Code != test.status {
			t.Errorf("%s: %d, want %d", test.header, w.Code, test.status)
		}
		if w.Code == 401 && !strings.Contains(decode[admin.ErrorBody](t, w).Message, "token") {
			t.Errorf("%s: no word of a token", test.header)
		}
	}
	request(t, h, "PUT", "/licenses/"+id1, jsonBody("x"), admin.TokenHeader+": "+secret)
	request(t, h, "DELETE", "/licenses/"+id1, "", admin.TokenHeader+": "+other)
	history, _ := store.History(t.Context(), 0, 10)
	if len(history) != 2 || history[0].Who != "ci at 192.0.2.1" || history[1].Who != "192.0.2.1" {
		t.Errorf("%+v", history)
	}
	nobody := admin.RequireToken(func() []admin.Token { return nil }, newHandler(store))
	if w := request(t, nobody, "GET", "/", "", admin.TokenHeader+": "); w.Code != 401 {
		t.Errorf("without tokens, somebody got in: %d", w.Code)
	}
}

func TestParseTokensRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "no token found",
		"# only\n":                           "no token found",
		"short":                              "line 1: the token has 5 characters",
		"a b c d":                            "line 1: found 4 words",
		"a 0123456789abcdef c":               "line 1: found a scope that is none of read",
		"a 0123456789abcdef read,":           "line 1: found a scope that is none of read",
		"a read 0123456789abcdef":            "line 1: found a scope that is none of read",
		"\nname 0123456789abcdé7":            "line 2: the token has a character",
		"0123456789abcdef\nci\u00a0tooshort": "line 2",
	} {
		tokens, err := admin.ParseTokens([]byte(text))
		if tokens != nil || err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "0123456789") {
			t.Errorf("the error shows the token: %v", err)
		}
	}
}

// FuzzHandler: the answer to any request is JSON or empty, and its status is not one
// of the server's own failures.
func FuzzHandler(f *testing.F) {
	first, _ := published(f)
	f.Add("POST", "/licenses", "application/json", jsonBody(first))
	f.Add("PUT", "/licenses/"+id1, "application/x-www-form-urlencoded", "payload=x")
	f.Add("POST", "/licenses", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=payload\r\n\r\nx\r\n--b--")
	f.Add("GET", "/licenses?size=1&offset=WyIiXQ", "", "")
	f.Fuzz(func(t *testing.T, method, target, contentType, body string) {
		u, err := url.ParseRequestURI(target)
		if err != nil {
			return
		}
		r := &http.Request{Method: method, URL: u, Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(strings.NewReader(body))}
		w := httptest.NewRecorder()
		newHandler(&admin.Memory{}).ServeHTTP(w, r)
		if w.Code >= 500 || w.Body.Len() > 0 && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}
