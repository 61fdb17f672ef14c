package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/internal/text"
)

func newLog(w io.Writer, format string) (*slog.Logger, error) {
	newHandler := func(o *slog.HandlerOptions) slog.Handler { return slog.NewTextHandler(w, o) }
	switch format {
	case "text":
	case "json":
		newHandler = func(o *slog.HandlerOptions) slog.Handler { return slog.NewJSONHandler(w, o) }
	default:
		return nil, usagef("--log-format %q: the formats are text and json", format)
	}
	w = &lockedWriter{w: w}
	return slog.New(maskingHandler{newHandler(nil), newHandler(&slog.HandlerOptions{ReplaceAttr: maskSecrets})}), nil
}

// lockedWriter writes one line at a time, for the two handlers of a log.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (w *lockedWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.w.Write(b)
}

// maskingHandler masks secrets. A handler with a ReplaceAttr allocates for each line, so it
// gets only lines with an attribute that may be secret.
type maskingHandler struct{ plain, masking slog.Handler }

// Enabled implements slog.Handler.
func (h maskingHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.plain.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (h maskingHandler) Handle(ctx context.Context, r slog.Record) error {
	secret := false
	r.Attrs(func(a slog.Attr) bool {
		secret = mayBeSecret(a)
		return !secret
	})
	if secret {
		return h.masking.Handle(ctx, r)
	}
	return h.plain.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h maskingHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	masking := h.masking.WithAttrs(attrs)
	if slices.ContainsFunc(attrs, mayBeSecret) {
		return maskingHandler{masking, masking}
	}
	return maskingHandler{h.plain.WithAttrs(attrs), masking}
}

// WithGroup implements slog.Handler.
func (h maskingHandler) WithGroup(name string) slog.Handler {
	return maskingHandler{h.plain.WithGroup(name), h.masking.WithGroup(name)}
}

// mayBeSecret reports whether an attribute, or one in its group, is masked.
func mayBeSecret(a slog.Attr) bool {
	switch a.Value.Kind() {
	case slog.KindGroup:
		return slices.ContainsFunc(a.Value.Group(), mayBeSecret)
	case slog.KindLogValuer: // which may return a group
		return true
	}
	return slices.Contains(secretAttributes, a.Key)
}

// secretAttributes are always masked in the log.
var secretAttributes = []string{"license_key", "payload", "signature", "token"}

func maskSecrets(_ []string, a slog.Attr) slog.Attr {
	if slices.Contains(secretAttributes, a.Key) {
		return slog.String(a.Key, text.Mask(a.Value.String()))
	}
	return a
}

// loggedStore logs every change.
type loggedStore struct {
	admin.Store
	log   *slog.Logger
	roles licseal.Roles
}

// Write implements admin.Store.
func (s loggedStore) Write(ctx context.Context, w admin.Write) (admin.Record, error) {
	record, err := s.Store.Write(ctx, w)
	if err == nil {
		s.log.InfoContext(ctx, "licence stored", "id", record.ID, "license_key", licenseKey(record.Payload, s.roles),
			"updated_at", record.UpdatedAt, "who", w.Who)
	}
	return record, err
}

// Delete implements admin.Store.
func (s loggedStore) Delete(ctx context.Context, id, who string, match ...string) error {
	before, getErr := s.Get(ctx, id)
	err := s.Store.Delete(ctx, id, who, match...)
	if err == nil && getErr == nil { // otherwise there was nothing to delete
		s.log.InfoContext(ctx, "licence deleted", "id", id, "license_key", licenseKey(before.Payload, s.roles), "who", who)
	}
	return err
}

func licenseKey(payload string, roles licseal.Roles) string {
	lic, err := licseal.ParseUnverified([]byte(payload))
	if err != nil {
		return ""
	}
	key, _ := lic.Payload.Text(roles.WithDefaults().ID)
	return key
}

// statusWriter remembers the status and the size of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// observed logs and counts each request.
func observed(log *slog.Logger, m *metrics, workspaces []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		sw := &statusWriter{ResponseWriter: w}
		next.ServeHTTP(sw, r)
		took := time.Since(start)
		path := withoutWorkspace(r.URL.Path, workspaces)
		m.observe(r.Method, path, sw.status, took)
		logRequest(log, r, path, sw, took)
	})
}

// requestAttrs are the attributes of a request's line in the log. A record of the log has
// room for five, and allocates for more; as one group, they are one attribute.
type requestAttrs [6]slog.Attr

var requestAttrsPool = sync.Pool{New: func() any { return new(requestAttrs) }}

// logRequest logs a request. It allocates nothing: a test counts.
func logRequest(log *slog.Logger, r *http.Request, path string, answer *statusWriter, took time.Duration) {
	attrs := requestAttrsPool.Get().(*requestAttrs)
	defer requestAttrsPool.Put(attrs)
	*attrs = requestAttrs{
		slog.String("method", knownMethod(r.Method)), slog.String("path", loggedPath(path)), slog.Int("status", answer.status),
		slog.Int64("bytes", answer.bytes), slog.Duration("took", took), slog.String("from", r.RemoteAddr),
	}
	log.LogAttrs(r.Context(), slog.LevelInfo, "request", slog.Attr{Value: slog.GroupValue(attrs[:]...)}) // no key: not nested
}

// withoutWorkspace returns a path without the prefix of a workspace.
func withoutWorkspace(path string, workspaces []string) string {
	for _, name := range workspaces {
		if rest, ok := strings.CutPrefix(path, "/"+name); ok && strings.HasPrefix(rest, "/") {
			return rest
		}
	}
	return path
}

// uuidLength is the length of an id with hyphens.
const uuidLength = 36

// loggedPath returns the path of a request if the server knows it, and its kind
// otherwise. Unknown paths and queries are not logged: they may contain a licence or
// its key.
func loggedPath(path string) string {
	if id, ok := strings.CutPrefix(path, "/licenses/"); ok && len(id) == uuidLength && uuid.Validate(id) == nil {
		return path
	}
	return knownRoute(path)
}
