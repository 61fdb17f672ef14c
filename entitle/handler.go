package entitle

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/entitlement"
	"github.com/licseal/licseal/revoke"
)

// LicensePath is where [NewHandler] answers.
const LicensePath = "/api/v1/license"

// MonthlyRequests is the entitlement whose use the API shows, unless
// [HandlerOptions] name another.
const MonthlyRequests = "monitored_monthly_requests"

// HandlerOptions says how a handler works. The zero value lets nobody in.
type HandlerOptions struct {
	// Authorize reports whether a request may see and replace the licence,
	// such as [BearerTokens] does. If nil, none may.
	Authorize func(*http.Request) bool

	// Counter is the entitlement whose monthly use is shown as
	// monthly_tx_counter. If empty, MonthlyRequests.
	Counter string

	// Log gets an entry for each licence that is put in use or refused. If nil,
	// nothing is logged. Licence keys are never logged.
	Log *slog.Logger
}

// The messages of the API. Clients compare them, so their spelling is fixed.
const (
	messageInfo      = "License info"
	messageInserted  = "License succesfully inserted"
	messageRefused   = "Error inserting license key"
	messageForbidden = "Forbidden"
)

// NewHandler returns the handler of /api/v1/license: GET shows the licence in use,
// POST puts another in use, if the guard's source is a [Folder]. opts may be nil.
func NewHandler(g *Guard, opts *HandlerOptions) http.Handler {
	h := &handler{guard: g}
	if opts != nil {
		h.opts = *opts
	}
	if h.opts.Authorize == nil {
		h.opts.Authorize = func(*http.Request) bool { return false }
	}
	if h.opts.Counter == "" {
		h.opts.Counter = MonthlyRequests
	}
	if h.opts.Log == nil {
		h.opts.Log = slog.New(slog.DiscardHandler)
	}
	return h
}

// BearerTokens returns a [HandlerOptions].Authorize that accepts requests with one of the
// tokens in "Authorization: Bearer …". The comparison takes constant time. Empty tokens
// are ignored.
func BearerTokens(tokens ...string) func(*http.Request) bool {
	hashes := make([][sha256.Size]byte, 0, len(tokens))
	for _, token := range tokens {
		if token != "" {
			hashes = append(hashes, sha256.Sum256([]byte(token)))
		}
	}
	return func(r *http.Request) bool {
		shown := sha256.Sum256([]byte(Bearer(r)))
		found := 0
		for _, hash := range hashes {
			found |= subtle.ConstantTimeCompare(hash[:], shown[:])
		}
		return found == 1
	}
}

// Bearer returns the bearer token of a request, or "".
func Bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") { // RFC 9110, section 11.1
		return ""
	}
	return strings.TrimSpace(token)
}

type handler struct {
	guard *Guard
	opts  HandlerOptions
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path != LicensePath:
		h.fail(w, http.StatusNotFound, "Not found", nil)
	case !h.opts.Authorize(r):
		h.fail(w, http.StatusForbidden, messageForbidden, nil)
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		h.show(w, messageInfo, h.guard.current.Load())
	case r.Method == http.MethodPost:
		h.insert(w, r)
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		h.fail(w, http.StatusMethodNotAllowed, "Method not allowed", nil)
	}
}

// insert installs the licence that the request names.
func (h *handler) insert(w http.ResponseWriter, r *http.Request) {
	key, err := readKey(w, r)
	var next *license
	if err == nil {
		next, err = h.guard.install(r.Context(), key)
	}
	var (
		store   *StoreError
		broken  *brokenError
		list    *revoke.Error
		install *InstallError
	)
	if errors.As(err, &install) {
		err = install.Err
	}
	switch {
	case errors.As(err, &store):
		h.opts.Log.Error("the store of usage cannot be used", "error", store.Err.Error())
	case errors.As(err, &broken), errors.As(err, &list): // such as a full disk or a stale list: the key may be good
		h.opts.Log.Error("a licence could not be installed", "error", err.Error(), "client", r.RemoteAddr)
		h.fail(w, http.StatusInternalServerError, messageRefused, err)
		return
	case err != nil:
		h.opts.Log.Warn("a licence was refused", "error", err.Error(), "client", r.RemoteAddr)
		h.fail(w, http.StatusBadRequest, messageRefused, err)
		return
	}
	id, _ := next.result.License.Payload.Text(entitlement.ID)
	h.opts.Log.Info("a licence was put in use", "id", id, "until", format(next.result.NotAfter), "client", r.RemoteAddr)
	h.show(w, messageInserted, next)
}

// maxBodyBytes is enough for the largest licence with every character escaped.
const maxBodyBytes = 6*licseal.DefaultMaxBytes + 1024

// readKey reads the body of a POST.
func readKey(w http.ResponseWriter, r *http.Request) (string, error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return "", errors.New("the content type must be application/json")
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return "", fmt.Errorf("the body has more than %d bytes", maxBodyBytes)
	}
	if err != nil {
		return "", errors.New("the body could not be read")
	}
	var body struct {
		LicenseKey *string `json:"license_key"`
	}
	if err := json.Unmarshal(data, &body, json.RejectUnknownMembers(true)); err != nil || body.LicenseKey == nil {
		return "", errors.New(`the body must be an object with the one member "license_key", a string`)
	}
	return *body.LicenseKey, nil
}

// shown is the body of a good answer.
type shown struct {
	Data    shownData `json:"data"`
	Message string    `json:"message"`
	Status  string    `json:"status"` // "ok"
}

type shownData struct {
	License      shownLicense `json:"license"`
	Counter      int64        `json:"monthly_tx_counter"`
	LimitReached bool         `json:"monthly_tx_limit_reached"`
	Status       State        `json:"status"`
}

// show answers with a licence: the one in use, or the one just installed, even if another
// has replaced it since.
func (h *handler) show(w http.ResponseWriter, message string, l *license) {
	if l == nil {
		h.fail(w, http.StatusNotFound, "No license installed", nil)
		return
	}
	status := h.guard.statusOf(l)
	data := shownData{License: shownLicense(status), Status: status.State}
	for _, limit := range h.guard.limitsOf(l) {
		if limit.Name == h.opts.Counter {
			data.Counter, data.LimitReached = limit.Used, limit.Reached
		}
	}
	h.write(w, http.StatusOK, shown{data, message, "ok"})
}

// shownLicense is a licence as the API shows it: the members of the signed payload, and
// what is computed.
type shownLicense Status

func (status shownLicense) MarshalJSON() ([]byte, error) {
	var members map[string]jsontext.Value
	if err := json.Unmarshal(status.License.Payload.Bytes(), &members); err != nil {
		return nil, err
	}
	for name, value := range map[string]any{
		"last_validated": entitlement.FormatTime(status.Validated),
		"status":         status.State,
		"suspended":      status.State == Suspended,
		"updated":        entitlement.FormatTime(status.Modified.Truncate(time.Millisecond)),
	} {
		text, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		members[name] = text
	}
	return json.Marshal(members, json.Deterministic(true))
}

// failure is the body of any other answer.
type failure struct {
	Message string `json:"message"`
	Reason  string `json:"reason,omitzero"` // for people; optional
	Status  string `json:"status"`          // "error"
}

func (h *handler) fail(w http.ResponseWriter, code int, message string, reason error) {
	body := failure{Message: message, Status: "error"}
	if reason != nil {
		body.Reason = reason.Error()
	}
	h.write(w, code, body)
}

func (h *handler) write(w http.ResponseWriter, code int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		h.opts.Log.Error("writing an answer", "error", err.Error())
		code, text = http.StatusInternalServerError, []byte(`{"message":"Internal error","status":"error"}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	w.Write(append(text, '\n'))
}
