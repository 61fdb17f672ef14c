package admin

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/licseal/licseal"
)

// Check decides whether a payload is a valid licence. Its error is what the
// client is told, in an answer of status 400.
type Check func(ctx context.Context, payload string) error

// Options says how a handler answers. The zero value of each field is a good one.
type Options struct {
	// MaxBodyBytes is the size of the largest body that is read. If zero, 256 KiB:
	// four times the largest licence.
	MaxBodyBytes int64

	// Version is what the server says it is, in GET / and in the report. Clients
	// read it as a version of Kong Gateway, and as an enterprise one where it
	// has four parts. If empty, 3.9.0.1.
	Version string

	// DBVersion names the store in the report. If empty, memory.
	DBVersion string

	// Workspaces are the path prefixes that mean the same as none. Licences
	// belong to a server, whatever the workspace. If nil, default.
	Workspaces []string

	// Reporter gives the figures of the report. If nil, they are all zero, and
	// the machine is this one.
	Reporter Reporter

	// Roles says which field is the licence's key, for the report. The zero
	// value names Kong's.
	Roles licseal.Roles

	// Who names the author of a change, for the history. If nil, it is the
	// name of the token that [RequireToken] let in, and the network address.
	Who func(*http.Request) string

	// Log takes failures of the store. If nil, slog.Default().
	Log *slog.Logger
}

func (o *Options) setDefaults() {
	if o.MaxBodyBytes == 0 {
		o.MaxBodyBytes = 256 << 10
	}
	if o.Version == "" {
		o.Version = "3.9.0.1"
	}
	if o.DBVersion == "" {
		o.DBVersion = "memory"
	}
	if o.Workspaces == nil {
		o.Workspaces = []string{"default"}
	}
	if o.Who == nil {
		o.Who = who
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
}

type handler struct {
	store    Store
	check    Check
	options  Options
	browsers *http.CrossOriginProtection
	lists    chan struct{} // holds a value for each list that is being answered
}

// NewHandler returns a handler that answers the Admin API over a store: GET /,
// all calls of /licenses and /licenses/{id}, and GET /license/report. opts may
// be nil.
//
// check decides which licences are let in; if it is nil, none is. Who may call is
// not the handler's business: [RequireToken] is one answer. It refuses writes
// that a browser makes on behalf of another site.
func NewHandler(store Store, check Check, opts *Options) http.Handler {
	if check == nil {
		check = func(context.Context, string) error {
			return errors.New("this server checks no licences, so it takes none")
		}
	}
	h := &handler{store: store, check: check, browsers: http.NewCrossOriginProtection(), lists: make(chan struct{}, maxLists)}
	if opts != nil {
		h.options = *opts
	}
	h.options.setDefaults()
	return h
}

// ServeHTTP answers one request.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a, err := h.route(r)
	if err != nil {
		a = h.failed(r, err)
	}
	if a.written != nil {
		defer a.written()
	}
	header := w.Header()
	for name, value := range a.header {
		header[name] = value
	}
	header.Set("Cache-Control", "no-store") // licences are not for caches to keep
	header.Set("X-Content-Type-Options", "nosniff")
	if a.body != nil {
		header.Set("Content-Type", "application/json; charset=utf-8")
		header.Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		w.Write(a.body) // a client that is gone needs no answer
	}
}

// answer is what a request is answered with.
type answer struct {
	status int
	header http.Header
	body   []byte // JSON, or nil

	written func() // called once the answer is sent, if it is not nil
}

// route finds who answers a request.
func (h *handler) route(r *http.Request) (answer, error) {
	if err := h.browsers.Check(r); err != nil {
		return answer{}, failf(http.StatusForbidden, "a browser sent this from another site")
	}
	switch path := h.path(r); {
	case len(path) == 0 || len(path) == 1 && path[0] == "kong":
		return byMethod(r, methods{http.MethodGet: h.getRoot})
	case len(path) == 1 && path[0] == "licenses":
		return byMethod(r, methods{http.MethodGet: h.getLicenses, http.MethodPost: h.postLicense})
	case len(path) == 2 && path[0] == "licenses":
		return h.routeRecord(r, path[1])
	case len(path) == 2 && path[0] == "license" && path[1] == "report":
		return byMethod(r, methods{http.MethodGet: h.getReport})
	}
	return answer{}, errNotFound
}

func (h *handler) routeRecord(r *http.Request, name string) (answer, error) {
	id, ok := parseID(name)
	with := func(f func(*http.Request, string) (answer, error)) func(*http.Request) (answer, error) {
		return func(r *http.Request) (answer, error) {
			if !ok {
				return answer{}, invalidID(name)
			}
			return f(r, id)
		}
	}
	return byMethod(r, methods{
		http.MethodGet:    with(h.getLicense),
		http.MethodPut:    with(h.putLicense),
		http.MethodPatch:  with(h.patchLicense),
		http.MethodDelete: with(h.deleteLicense),
	})
}

// path returns the segments of a request's path, without a workspace. A slash at
// the end is free. A path with escapes is none of ours: it has no part that needs
// one, and a proxy in front may have read it differently.
func (h *handler) path(r *http.Request) []string {
	path := strings.TrimSuffix(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	if path == "" {
		return nil
	}
	segments := strings.Split(path, "/")
	if len(segments) > 1 && slices.Contains(h.options.Workspaces, segments[0]) {
		return segments[1:]
	}
	return segments
}

type methods map[string]func(*http.Request) (answer, error)

// byMethod calls the func of the request's method. HEAD is a GET without a body.
func byMethod(r *http.Request, m methods) (answer, error) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if f := m[method]; f != nil {
		return f(r)
	}
	allowed := []string{http.MethodOptions}
	for name := range m {
		allowed = append(allowed, name)
	}
	if m[http.MethodGet] != nil {
		allowed = append(allowed, http.MethodHead)
	}
	slices.Sort(allowed)
	header := http.Header{"Allow": {strings.Join(allowed, ", ")}}
	if method == http.MethodOptions {
		return answer{status: http.StatusNoContent, header: header}, nil
	}
	return answer{}, &failure{status: http.StatusMethodNotAllowed, header: header, body: ErrorBody{Message: "Method not allowed"}}
}

func (h *handler) getRoot(*http.Request) (answer, error) {
	return ok(map[string]any{
		"version":       h.options.Version,
		"edition":       "licseal",
		"tagline":       "licences only",
		"configuration": map[string]any{"database": h.options.DBVersion, "rbac": "off", "portal": false},
	})
}

// Sizes of a page.
const (
	defaultPageSize = 100
	maxPageSize     = 1000
)

// A list takes a few MiB until its client has read it, which it may never do. So
// there are at most maxLists at a time, and others wait for listWait.
const (
	maxLists = 32
	listWait = 10 * time.Second
)

func (h *handler) getLicenses(r *http.Request) (a answer, err error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return answer{}, failf(http.StatusBadRequest, "Cannot parse the query")
	}
	size, err := parseSize(query)
	if err != nil {
		return answer{}, err
	}
	after, err := parseOffset(query)
	if err != nil {
		return answer{}, err
	}
	select {
	case h.lists <- struct{}{}:
	case <-r.Context().Done():
		return answer{}, r.Context().Err()
	case <-time.After(listWait):
		busy := failf(http.StatusServiceUnavailable, "too many lists are being read: try again later")
		busy.header = http.Header{"Retry-After": {"1"}}
		return answer{}, busy
	}
	defer func() {
		if a.written == nil { // there is no list
			<-h.lists
		}
	}()
	records, more, err := h.store.List(r.Context(), after, size)
	if err != nil {
		return answer{}, err
	}
	a, err = listAnswer(records, more, size)
	if err == nil {
		a.written = func() { <-h.lists }
	}
	return a, err
}

func parseSize(query url.Values) (int, error) {
	if !query.Has("size") {
		return defaultPageSize, nil
	}
	size, err := strconv.Atoi(query.Get("size"))
	if err != nil || size < 1 || size > maxPageSize {
		return 0, &failure{status: http.StatusBadRequest, body: ErrorBody{
			Code: codeInvalidSize, Name: "invalid size", Message: fmt.Sprintf("size must be an integer between 1 and %d", maxPageSize)}}
	}
	return size, nil
}

// parseOffset returns the id behind which a page begins, "" for the first page.
func parseOffset(query url.Values) (string, error) {
	if !query.Has("offset") {
		return "", nil
	}
	var ids []string
	text, err := base64.RawURLEncoding.DecodeString(query.Get("offset"))
	if err == nil {
		err = json.Unmarshal(text, &ids)
	}
	if err == nil && len(ids) == 1 {
		if id, ok := parseID(ids[0]); ok {
			return id, nil
		}
	}
	return "", &failure{status: http.StatusBadRequest, body: ErrorBody{
		Code: codeInvalidOffset, Name: "invalid offset",
		Message: fmt.Sprintf("'%s' is not a valid offset: take the one that the page before has", printable(query.Get("offset")))}}
}

func formatOffset(id string) string {
	return base64.RawURLEncoding.EncodeToString(encodeJSON([]string{id}))
}

func listAnswer(records []Record, more bool, size int) (answer, error) {
	length := 100
	for i := range records {
		length += len(records[i].Payload)*5/4 + 120
	}
	body := append(make([]byte, 0, length), `{"data":[`...)
	var err error
	for i := range records {
		if i > 0 {
			body = append(body, ',')
		}
		if body, err = records[i].appendJSON(body); err != nil {
			return answer{}, err
		}
	}
	body = append(body, ']')
	if !more || len(records) == 0 {
		return answer{status: http.StatusOK, body: append(body, `,"next":null}`...)}, nil
	}
	offset := formatOffset(records[len(records)-1].ID)
	body = fmt.Appendf(body, `,"next":"/licenses?offset=%s&size=%d","offset":"%s"}`, offset, size, offset)
	return answer{status: http.StatusOK, body: body}, nil
}

func (h *handler) getLicense(r *http.Request, id string) (answer, error) {
	record, err := h.store.Get(r.Context(), id)
	if err != nil {
		return answer{}, err
	}
	return recordAnswer(http.StatusOK, record)
}

func (h *handler) postLicense(r *http.Request) (answer, error) {
	e, err := h.readEntity(r)
	if err != nil {
		return answer{}, err
	}
	if e.id == "" {
		e.id = newID()
	}
	return h.write(r, e, IfAbsent, http.StatusCreated)
}

func (h *handler) putLicense(r *http.Request, id string) (answer, error) {
	e, err := h.readEntityOf(r, id)
	if err != nil {
		return answer{}, err
	}
	return h.write(r, e, Always, http.StatusOK)
}

func (h *handler) patchLicense(r *http.Request, id string) (answer, error) {
	e, err := h.readEntityOf(r, id)
	if err != nil {
		return answer{}, err
	}
	if _, err := h.store.Get(r.Context(), id); err != nil {
		return answer{}, err // 404 comes before what may be wrong with the licence
	}
	return h.write(r, e, IfPresent, http.StatusOK)
}

// readEntityOf reads the body of a write to the record that the path names.
func (h *handler) readEntityOf(r *http.Request, id string) (entity, error) {
	e, err := h.readEntity(r)
	if err != nil {
		return entity{}, err
	}
	if e.id != "" && e.id != id {
		return entity{}, violations{{"id", "differs from the id in the path"}}.error()
	}
	e.id = id
	return e, nil
}

func (h *handler) write(r *http.Request, e entity, condition Condition, status int) (answer, error) {
	if err := h.check(r.Context(), e.payload); err != nil {
		return answer{}, violations{{"payload", strings.ReplaceAll(err.Error(), "\n", "; ")}}.error()
	}
	record, err := h.store.Write(r.Context(), Write{ID: e.id, Payload: e.payload, If: condition, Who: h.options.Who(r)})
	if err != nil {
		return answer{}, err
	}
	return recordAnswer(status, record)
}

func (h *handler) deleteLicense(r *http.Request, id string) (answer, error) {
	if err := h.store.Delete(r.Context(), id, h.options.Who(r)); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusNoContent}, nil
}

func (h *handler) getReport(r *http.Request) (answer, error) {
	report, err := h.report(r.Context())
	if err != nil {
		return answer{}, err
	}
	return ok(report)
}

func ok(v any) (answer, error) { return answer{status: http.StatusOK, body: encodeJSON(v)}, nil }

func recordAnswer(status int, record Record) (answer, error) {
	body, err := record.appendJSON(nil)
	return answer{status: status, body: body}, err
}
