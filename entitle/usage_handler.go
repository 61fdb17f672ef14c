package entitle

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"
)

// EntitlementsPath is where [NewUsageHandler] answers, and below it; and OpenAPIPath is
// where it describes itself.
const (
	EntitlementsPath = "/api/v1/entitlements"
	OpenAPIPath      = "/api/v1/openapi.json"
)

//go:embed openapi.json
var openAPI []byte

// NewUsageHandler returns the handler of /api/v1/entitlements, by which a product in any
// language asks the guard:
//
//	GET  /api/v1/entitlements
//	GET  /api/v1/entitlements/{name}
//	POST /api/v1/entitlements/{name}/use, take or give   {"n": 1}
//
// The header Idempotency-Key makes a POST safe to repeat. GET /api/v1/openapi.json
// describes it all, in OpenAPI 3.1. Refusals are those of [Guard.WriteProblem]. authorize
// reports whether a request may be answered; if it is nil, none may.
func NewUsageHandler(g *Guard, authorize func(*http.Request) bool) http.Handler {
	if authorize == nil {
		authorize = func(*http.Request) bool { return false }
	}
	return &usageHandler{g, authorize}
}

type usageHandler struct {
	guard     *Guard
	authorize func(*http.Request) bool
}

func (h *usageHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == OpenAPIPath && isGet(r) {
		h.write(w, openAPI)
		return
	}
	if !h.authorize(r) {
		h.refuse(w, http.StatusForbidden, "forbidden", "a token with the right scope is required")
		return
	}
	name, verb, ok := entitlementPath(r)
	switch {
	case !ok:
		h.refuse(w, http.StatusNotFound, "no such path", "see "+OpenAPIPath)
	case verb == "" && isGet(r):
		h.show(w, name)
	case verb != "" && r.Method == http.MethodPost:
		h.ask(w, r, name, verb)
	default:
		w.Header().Set("Allow", map[bool]string{true: "GET, HEAD", false: "POST"}[verb == ""])
		h.refuse(w, http.StatusMethodNotAllowed, "method", "this path does not take "+r.Method)
	}
}

func isGet(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

// entitlementPath returns the name and the verb in a path. A name may have any characters,
// so each of its '/' is escaped.
func entitlementPath(r *http.Request) (name, verb string, ok bool) {
	rest, ok := strings.CutPrefix(r.URL.EscapedPath(), EntitlementsPath)
	if !ok || rest == "" {
		return "", "", ok
	}
	parts := strings.Split(strings.TrimPrefix(rest, "/"), "/")
	name, err := url.PathUnescape(parts[0])
	if err != nil || rest[0] != '/' || name == "" || len(parts) > 2 {
		return "", "", false
	}
	if len(parts) == 2 {
		if verb = parts[1]; verb != "use" && verb != "take" && verb != "give" {
			return "", "", false
		}
	}
	return name, verb, true
}

// show answers with one entitlement, or with all.
func (h *usageHandler) show(w http.ResponseWriter, name string) {
	var body any
	if name == "" {
		limits := h.guard.Limits()
		if limits == nil {
			limits = []Limit{}
		}
		body = struct {
			Status       State   `json:"status"`
			Entitlements []Limit `json:"entitlements"`
		}{h.guard.Status().State, limits}
	} else {
		limit, ok := h.guard.Limit(name)
		if !ok {
			h.refuse(w, http.StatusNotFound, "not included", (&NotIncludedError{name}).Error())
			return
		}
		body = limit
	}
	h.answer(w, body)
}

// answer answers with a value.
func (h *usageHandler) answer(w http.ResponseWriter, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		h.guard.WriteProblem(w, &StoreError{err})
		return
	}
	h.write(w, text)
}

// ask asks for uses or for a level, or gives back.
func (h *usageHandler) ask(w http.ResponseWriter, r *http.Request, name, verb string) {
	n, err := readCount(w, r)
	key := r.Header.Get("Idempotency-Key")
	if err == nil {
		err = checkKey(key)
	}
	if err == nil {
		switch verb {
		case "use":
			err = h.guard.UseOnce(r.Context(), key, name, n)
		case "take":
			err = h.guard.TakeOnce(r.Context(), key, name, n)
		default:
			err = h.guard.GiveOnce(r.Context(), key, name, n)
		}
	}
	if err != nil {
		h.guard.WriteProblem(w, err)
		return
	}
	h.show(w, name)
}

// readCount reads the body of a POST: how many, 1 if it is empty.
func readCount(w http.ResponseWriter, r *http.Request) (int64, error) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1024))
	if err != nil {
		return 0, errors.New("the body is too long, or could not be read")
	}
	if len(data) == 0 {
		return 1, nil
	}
	body := struct {
		N *int64 `json:"n"`
	}{}
	if err := json.Unmarshal(data, &body, json.RejectUnknownMembers(true)); err != nil || body.N == nil {
		return 0, errors.New(`the body must be empty, or an object with the one member "n", a whole number`)
	}
	if *body.N < 1 || *body.N > MaxCount {
		return 0, fmt.Errorf("n is %d; a whole number from 1 to %d is expected", *body.N, int64(MaxCount))
	}
	return *body.N, nil
}

const maxKeyLength = 200

func checkKey(key string) error {
	isOdd := func(c rune) bool { return c < ' ' || c > '~' }
	if len(key) > maxKeyLength || strings.ContainsFunc(key, isOdd) {
		return fmt.Errorf("the Idempotency-Key has at most %d printable ASCII characters", maxKeyLength)
	}
	return nil
}

func (h *usageHandler) refuse(w http.ResponseWriter, status int, reason, detail string) {
	writeProblem(w, problem{http.StatusText(status), status, detail, reason, 0})
}

func (h *usageHandler) write(w http.ResponseWriter, text []byte) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Write(append(text, '\n'))
}
