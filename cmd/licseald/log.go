package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/internal/text"
)

func newLog(w io.Writer, format string) (*slog.Logger, error) {
	options := &slog.HandlerOptions{ReplaceAttr: maskSecrets}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(w, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return nil, usagef("--log-format %q: the formats are text and json", format)
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
		log.LogAttrs(r.Context(), slog.LevelInfo, "request",
			slog.String("method", knownMethod(r.Method)), slog.String("path", loggedPath(path)), slog.Int("status", sw.status),
			slog.Int64("bytes", sw.bytes), slog.String("took", took.String()), slog.String("from", r.RemoteAddr))
	})
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

// loggedPath returns the path of a request if the server knows it, and its kind
// otherwise. Unknown paths and queries are not logged: they may contain a licence or
// its key.
func loggedPath(path string) string {
	if id, ok := strings.CutPrefix(path, "/licenses/"); ok && len(id) == len(uuid.Nil.String()) && uuid.Validate(id) == nil {
		return path
	}
	return knownRoute(path)
}
