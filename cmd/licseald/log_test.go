//go:build unix

package main

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"
	"time"
)

// A request has one line in the log.
func TestRequestLog(t *testing.T) {
	const id = "30b4edb7-0847-4f65-af90-efbed8b0161f"
	r := httptest.NewRequest(http.MethodGet, "/licenses/"+id, nil)
	answer := &statusWriter{status: 200, bytes: 1234}
	for format, want := range map[string]string{
		"text": `^time=\S+ level=INFO msg=request method=GET path=/licenses/` + id + ` status=200 bytes=1234 took=1\.5ms from=192\.0\.2\.1:1234\n$`,
		"json": `^{"time":"[^"]+","level":"INFO","msg":"request","method":"GET","path":"/licenses/` + id + `","status":200,"bytes":1234,"took":1500000,"from":"192\.0\.2\.1:1234"}\n$`,
	} {
		var text bytes.Buffer
		logRequest(logTo(t, &text, format), r, r.URL.Path, answer, 1500*time.Microsecond)
		if !regexp.MustCompile(want).Match(text.Bytes()) {
			t.Errorf("%s: %s", format, &text)
		}
	}
}

// Making the line of a request allocates nothing.
func TestNoAllocations(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/licenses/30b4edb7-0847-4f65-af90-efbed8b0161f", nil)
	answer := &statusWriter{status: 200, bytes: 1234}
	for _, format := range []string{"text", "json"} {
		log := logTo(t, io.Discard, format)
		if n := testing.AllocsPerRun(1000, func() { logRequest(log, r, r.URL.Path, answer, 1500*time.Microsecond) }); n != 0 {
			t.Errorf("%s: %v allocations", format, n)
		}
	}
}

// Secrets are masked wherever they are in a line, and in whatever kind of value.
func TestSecretsAreMasked(t *testing.T) {
	const secret = "00141000017ODj3AAG"
	key := slog.String("license_key", secret)
	for _, format := range []string{"text", "json"} {
		for name, say := range map[string]func(*slog.Logger){
			"an attribute":          func(l *slog.Logger) { l.Info("x", key) },
			"one of many":           func(l *slog.Logger) { l.Info("x", "a", 1, "b", 2, "c", 3, "d", 4, "e", 5, "f", 6, "token", secret) },
			"a group":               func(l *slog.Logger) { l.Info("x", slog.Group("g", slog.Group("h", key))) },
			"with":                  func(l *slog.Logger) { l.With(key).Info("x") },
			"with, then a group":    func(l *slog.Logger) { l.With(key).WithGroup("g").Info("x", "a", 1) },
			"in an open group":      func(l *slog.Logger) { l.WithGroup("g").Info("x", key) },
			"a value of its own":    func(l *slog.Logger) { l.Info("x", "a", loggedKey(secret)) },
			"a key that is no text": func(l *slog.Logger) { l.Info("x", "payload", []byte(secret)) },
		} {
			var text bytes.Buffer
			say(logTo(t, &text, format))
			if bytes.Contains(text.Bytes(), []byte(secret)) || !bytes.Contains(text.Bytes(), []byte("x")) {
				t.Errorf("%s, %s: %s", name, format, &text)
			}
		}
	}
}

// loggedKey is logged as a group with a licence key.
type loggedKey string

func (k loggedKey) LogValue() slog.Value {
	return slog.GroupValue(slog.String("license_key", string(k)))
}

// BenchmarkRequestLog measures the line of a request in the log, without writing it.
func BenchmarkRequestLog(b *testing.B) {
	r := httptest.NewRequest(http.MethodGet, "/licenses/30b4edb7-0847-4f65-af90-efbed8b0161f", nil)
	answer := &statusWriter{status: 200, bytes: 1234}
	for _, format := range []string{"text", "json"} {
		b.Run(format, func(b *testing.B) {
			log := logTo(b, io.Discard, format)
			b.ReportAllocs()
			for b.Loop() {
				logRequest(log, r, r.URL.Path, answer, 1500*time.Microsecond)
			}
		})
	}
}

func logTo(t testing.TB, w io.Writer, format string) *slog.Logger {
	log, err := newLog(w, format)
	if err != nil {
		t.Fatal(err)
	}
	return log
}
