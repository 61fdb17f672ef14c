package admin

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/licseal/licseal"
)

// Check returns an error if a payload is not a valid licence. The client gets its text,
// with status 400.
type Check func(ctx context.Context, payload string) error

// Options configures a handler. The zero value of each field has a good default.
type Options struct {
	// MaxBodyBytes is the size of the largest body that is read. If zero, 256 KiB:
	// four times the largest licence.
	MaxBodyBytes int64

	// Version is the version that GET / and the report state. Clients take it for
	// one of Kong Gateway; with four parts, for an enterprise one. If empty, 3.9.0.1.
	Version string

	// DBVersion names the store in the report. If empty, memory.
	DBVersion string

	// Workspaces are the path prefixes that are ignored: licences belong to the
	// server, not to a workspace. If nil, "default".
	Workspaces []string

	// Reporter returns the figures of the report. If nil, they are all zero, for
	// this machine. The version decides the shape of the report: [Report].
	Reporter Reporter

	// Roles says which field is the licence's key, for the report. The zero
	// value names Kong's.
	Roles licseal.Roles

	// Who returns the author of a change, for the history. If nil, it is the name
	// of the token that [RequireToken] accepted, and the network address.
	Who func(*http.Request) string

	// Hide returns a func that reports whether a record is hidden from the author of a
	// request that reads, or nil if none is. If nil, no record is hidden.
	Hide func(*http.Request) func(Record) bool

	// Log receives failures of the store. If nil, slog.Default().
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
	if o.Hide == nil {
		o.Hide = func(*http.Request) func(Record) bool { return nil }
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
	lists    chan struct{} // holds a value for each list that is being sent
	pages    pages
}

// NewHandler returns a handler that serves the Admin API over a store: GET /, all
// calls of /licenses and /licenses/{id}, POST /schemas/licenses/validate, and GET
// /license/report. opts may be nil.
//
// check decides which licences are stored; if it is nil, none are. The handler does
// not authenticate clients: put [RequireToken] in front of it. It refuses writes that
// a browser sends on behalf of another site.
func NewHandler(store Store, check Check, opts *Options) http.Handler {
	if check == nil {
		check = func(context.Context, string) error {
			return errors.New("this server has no check for licences, so it accepts none")
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
	header.Set("Cache-Control", "no-store") // caches must not keep licences
	header.Set("X-Content-Type-Options", "nosniff")
	if a.body != nil {
		header.Set("Content-Type", "application/json; charset=utf-8")
		header.Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		w.Write(a.body) // on an error the client is gone
	}
}

// answer is the answer to a request.
type answer struct {
	status int
	header http.Header
	body   []byte // JSON, or nil

	written func() // called after the answer is sent; may be nil
}

// route calls the func for the path and the method of a request.
func (h *handler) route(r *http.Request) (answer, error) {
	if err := h.browsers.Check(r); err != nil {
		return answer{}, failf(http.StatusForbidden, "a browser sent this request from another site")
	}
	switch path := h.path(r); {
	case len(path) == 0 || len(path) == 1 && path[0] == "kong":
		return byMethod(r, methods{http.MethodGet: h.getRoot})
	case len(path) == 1 && path[0] == "licenses":
		return byMethod(r, methods{http.MethodGet: h.getLicenses, http.MethodPost: h.postLicense})
	case len(path) == 2 && path[0] == "licenses":
		return h.routeRecord(r, path[1])
	case slices.Equal(path, []string{"schemas", "licenses", "validate"}):
		return byMethod(r, methods{http.MethodPost: h.postValidate})
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

// path returns the segments of a request's path, without a workspace. A trailing
// slash is ignored. Escapes are not decoded, so that such paths are not found: no path
// of this API needs them, and a proxy may have read them differently.
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

// byMethod calls the func for the request's method. HEAD is answered as GET, without
// the body.
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

func ok(v any) (answer, error) { return answer{status: http.StatusOK, body: encodeJSON(v)}, nil }
