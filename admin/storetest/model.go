package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal/admin"
)

// testModel sends random requests to a handler over the store. Each answer, the records
// and the history are those of a model.
func testModel(t *testing.T, f *fixture) {
	const requests = 400
	check := func(_ context.Context, payload string) error {
		if payload == refused {
			return errors.New("no licence")
		}
		return nil
	}
	m := &model{t: t, fixture: f, random: rand.New(rand.NewPCG(1, 2)), records: map[string]admin.Record{}}
	m.handler = admin.NewHandler(f, check, &admin.Options{
		Version: "3.4.0.0", Log: slog.New(slog.DiscardHandler), Who: func(*http.Request) string { return "tester" }})
	for range requests {
		m.step()
		if t.Failed() {
			return
		}
	}
	m.compareHistory()
	for what, want := range map[string]int{"status 200": 20, "status 201": 5, "status 204": 5, "status 400": 5, "status 404": 5, "status 409": 5, "status 412": 5} {
		if m.seen[what] < want {
			t.Errorf("%s: %d times of %d", what, m.seen[what], requests)
		}
	}
}

// model says what a handler should answer: the rules of the Admin API over a map.
type model struct {
	t       *testing.T
	fixture *fixture
	handler http.Handler
	random  *rand.Rand
	seen    map[string]int // how often each status was expected

	records map[string]admin.Record
	stamp   int64
	history []admin.Change // without times and hashes
	etags   []string       // of all records there ever were
}

// refused is the payload that the check refuses.
const refused = "bad"

var payloads = []string{"a", "b", `{"license":{}}`, "é\n\"\\<&>", "+ %41=&", strings.Repeat("x", 5000), refused}

// expected is what a request should be answered.
type expected struct {
	status int
	record *admin.Record // the body, if not nil
	code   int           // of an error
}

func (m *model) step() {
	if m.random.IntN(4) == 0 { // forward, and now and then back
		m.fixture.setTime(m.fixture.now().Add(time.Duration(m.random.IntN(9)-2) * time.Second))
	}
	switch n := m.random.IntN(20); {
	case n < 4:
		m.post()
	case n < 12:
		m.change()
	case n < 14:
		m.delete()
	case n < 16:
		m.get()
	case n < 17:
		m.validate()
	case n < 18:
		m.report()
	default:
		m.list()
	}
}

func pick[T any](m *model, values ...T) T { return values[m.random.IntN(len(values))] }

func (m *model) id() string      { return id(1 + m.random.IntN(6)) }
func (m *model) payload() string { return pick(m, payloads...) }

// request sends a request, and compares the answer.
func (m *model) request(method, path, payload string, header http.Header, fields map[string]string, want expected) *httptest.ResponseRecorder {
	m.t.Helper()
	contentType, body := "", ""
	switch {
	case payload == "":
	case fields != nil && m.random.IntN(2) == 0:
		values := url.Values{"payload": {payload}}
		for name, value := range fields {
			values.Set(name, value)
		}
		contentType, body = "application/x-www-form-urlencoded", values.Encode()
	case fields != nil:
		all := maps.Clone(fields)
		all["payload"] = payload
		text, err := json.Marshal(all)
		if err != nil {
			m.t.Fatal(err)
		}
		contentType, body = "application/json", string(text)
	default:
		kind, text := admin.Body(pick(m, admin.JSON, admin.URLEncoded, admin.Multipart), payload)
		contentType, body = kind, string(text)
	}
	r := httptest.NewRequestWithContext(m.t.Context(), method, pick(m, "", "/default")+path, strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	maps.Copy(r.Header, header)
	w := httptest.NewRecorder()
	m.handler.ServeHTTP(w, r)
	m.compare(fmt.Sprintf("%s %s %.20q %v", method, path, payload, header), w, want)
	return w
}

func (m *model) compare(what string, w *httptest.ResponseRecorder, want expected) {
	m.t.Helper()
	if m.seen == nil {
		m.seen = map[string]int{}
	}
	m.seen[fmt.Sprint("status ", want.status)]++
	if w.Code != want.status {
		m.t.Errorf("%s: status %d, want %d: %s", what, w.Code, want.status, w.Body)
	}
	if want.record != nil && w.Body.Len() > 0 {
		equal(m.t, what, decode[admin.Record](m.t, w), *want.record)
	}
	if want.record != nil {
		equal(m.t, what+": ETag", w.Header().Get("ETag"), `"`+want.record.Version()+`"`)
	}
	if want.code != 0 {
		equal(m.t, what+": code", decode[admin.ErrorBody](m.t, w).Code, want.code)
	}
}

func decode[T any](t *testing.T, w *httptest.ResponseRecorder) (v T) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Errorf("%s: %v", w.Body, err)
	}
	return v
}

// conflict returns the answer if another record has the payload.
func (m *model) conflict(id, payload string) *expected {
	for _, r := range m.records {
		if r.Payload == payload && r.ID != id {
			return &expected{status: http.StatusConflict, code: 5}
		}
	}
	return nil
}

// put makes the change to the model, and returns the record.
func (m *model) put(id, payload string) *admin.Record {
	m.stamp = max(m.fixture.now().Unix(), m.stamp+1)
	record := admin.Record{ID: id, Payload: payload, CreatedAt: m.stamp, UpdatedAt: m.stamp}
	change := admin.Change{Action: admin.Created, ID: id, After: &record}
	if before, ok := m.records[id]; ok {
		record.CreatedAt = before.CreatedAt
		change.Action, change.Before = admin.Replaced, &before
	}
	m.records[id] = record
	m.etags = append(m.etags, record.Version())
	m.history = append(m.history, change)
	return &record
}

func (m *model) post() {
	id, payload := m.id(), m.payload()
	want := expected{status: http.StatusCreated}
	_, taken := m.records[id]
	switch conflict := m.conflict(id, payload); {
	case payload == refused:
		want = expected{status: http.StatusBadRequest, code: 2}
	case taken:
		want = expected{status: http.StatusConflict, code: 3}
	case conflict != nil:
		want = *conflict
	default:
		want.record = m.put(id, payload)
	}
	m.request(http.MethodPost, "/licenses", payload, nil, map[string]string{"id": pick(m, id, strings.ToUpper(id))}, want)
}

// match returns an If-Match for the record with an id, "" for none, and whether it holds.
func (m *model) match(id string) (header string, holds bool) {
	record, found := m.records[id]
	switch m.random.IntN(6) {
	case 0:
		return "*", found
	case 1:
		return `W/"` + record.Version() + `"`, false
	case 2:
		tag := pick(m, append([]string{"0-0"}, m.etags...)...)
		return `"1-1", "` + tag + `"`, found && tag == record.Version()
	case 3:
		return `"1-1","` + record.Version() + `"`, found
	}
	return "", true
}

// change sends a PUT or a PATCH.
func (m *model) change() {
	method, id, payload := pick(m, http.MethodPut, http.MethodPatch), m.id(), m.payload()
	_, found := m.records[id]
	header := http.Header{}
	match, holds := m.match(id)
	if match != "" {
		header.Set("If-Match", match)
	}
	if method == http.MethodPut && match == "" && m.random.IntN(4) == 0 {
		header.Set("If-None-Match", "*")
		holds = !found
	}
	want := expected{status: http.StatusOK}
	switch conflict := m.conflict(id, payload); {
	case method == http.MethodPatch && !found && match == "":
		want.status = http.StatusNotFound
	case payload == refused:
		want = expected{status: http.StatusBadRequest, code: 2}
	case !holds:
		want.status = http.StatusPreconditionFailed
	case conflict != nil:
		want = *conflict
	default:
		want.record = m.put(id, payload)
	}
	m.request(method, "/licenses/"+id, payload, header, nil, want)
}

func (m *model) delete() {
	id := m.id()
	before, found := m.records[id]
	header := http.Header{}
	match, holds := m.match(id)
	if match != "" {
		header.Set("If-Match", match)
	}
	want := expected{status: http.StatusNoContent}
	if !holds {
		want.status = http.StatusPreconditionFailed
	} else if found {
		delete(m.records, id)
		m.history = append(m.history, admin.Change{Action: admin.Deleted, ID: id, Before: &before})
	}
	m.request(http.MethodDelete, "/licenses/"+id, "", header, nil, want)
}

func (m *model) get() {
	id := m.id()
	want := expected{status: http.StatusNotFound}
	if record, found := m.records[id]; found {
		want = expected{status: http.StatusOK, record: &record}
	}
	m.request(pick(m, http.MethodGet, http.MethodHead), "/licenses/"+id, "", nil, nil, want)
}

// validate asks for the check alone: what is stored does not matter.
func (m *model) validate() {
	payload, want := m.payload(), expected{status: http.StatusOK}
	if payload == refused {
		want = expected{status: http.StatusBadRequest, code: 2}
	}
	m.request(http.MethodPost, "/schemas/licenses/validate", payload, nil, nil, want)
}

// report asks which licence is the active one. None of the payloads has an id.
func (m *model) report() {
	want, newest := admin.Unlicensed, int64(0)
	for _, r := range m.records {
		if r.UpdatedAt > newest {
			newest, want = r.UpdatedAt, admin.Hash(r.Payload)
		}
	}
	w := m.request(http.MethodGet, "/license/report", "", nil, nil, expected{status: http.StatusOK})
	equal(m.t, "the active licence", decode[admin.Report](m.t, w).LicenseKey, want)
}

// list follows the pages of the list to their end.
func (m *model) list() {
	var got []admin.Record
	size := 1 + m.random.IntN(4)
	for path := fmt.Sprint("/licenses?size=", size); path != ""; {
		page := decode[admin.Page](m.t, m.request(http.MethodGet, path, "", nil, nil, expected{status: http.StatusOK}))
		got = append(got, page.Data...)
		path = ""
		if page.Next != nil && len(page.Data) == size {
			path = *page.Next
		}
	}
	want := slices.SortedFunc(maps.Values(m.records), func(a, b admin.Record) int { return strings.Compare(a.ID, b.ID) })
	equal(m.t, "the list", got, want)
}

// compareHistory compares the changes, and follows their hashes.
func (m *model) compareHistory() {
	got, err := m.fixture.History(m.t.Context(), 0, len(m.history)+1)
	if err != nil {
		m.t.Fatal(err)
	}
	var head admin.Head
	for i := range got {
		if got[i].Hash != "" {
			equal(m.t, fmt.Sprint("the hash of change ", i+1), got[i].Hash, head.HashOf(got[i]))
		}
		head = admin.Head{Number: got[i].Number, Hash: got[i].Hash}
		equal(m.t, "the author", got[i].Who, "tester")
		equal(m.t, "the number", got[i].Number, int64(i+1))
		got[i].Number, got[i].Hash, got[i].Who, got[i].Time = 0, "", "", time.Time{}
	}
	equal(m.t, "the history", got, m.history)
	now, err := m.fixture.Head(m.t.Context())
	equal(m.t, "its head", now, head)
	equal(m.t, "error", err, nil)
}
