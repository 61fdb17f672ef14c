package admin_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/internal/testenv"
)

var update = flag.Bool("update", false, "write testdata/answers.txt again")

// whole returns all of an answer as text: status, headers and body.
func whole(w *httptest.ResponseRecorder) string {
	var b strings.Builder
	fmt.Fprintln(&b, w.Code)
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range w.Header() {
			if !yield(name) {
				return
			}
		}
	}) {
		fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(w.Header()[name], " | "))
	}
	return b.String() + w.Body.String() + "\n"
}

// reported are the figures of a product.
type reported admin.Figures

func (r reported) Figures(context.Context) (admin.Figures, error) { return admin.Figures(r), nil }

// Answers of each kind, as a whole: no header and no byte of a body changes unnoticed.
func TestWholeAnswers(t *testing.T) {
	clock := start
	store := &admin.Memory{Now: func() time.Time { return clock }}
	figures := reported{Counters: []admin.Counter{{Bucket: "2026-01", RequestCount: 5}}, RBACUsers: 2, Services: 3, Workspaces: 4, Cores: 8, Hostname: "h", Uname: "u", Routes: 6, Consumers: 7}
	check := func(_ context.Context, payload string) error {
		if payload == "bad" {
			return errors.New("it is bad,\nand <odd> & \"so\"")
		}
		return nil
	}
	handler := func(version string) http.Handler {
		return admin.NewHandler(store, check, &admin.Options{Version: version, MaxBodyBytes: 200, Reporter: figures, Log: slog.New(slog.DiscardHandler)})
	}
	h := handler("")
	version := ""
	var all strings.Builder
	for _, r := range []struct {
		method, target, body string
		header               []string
	}{
		{"GET", "/", "", nil}, {"GET", "/kong", "", nil}, {"HEAD", "/", "", nil}, {"OPTIONS", "/", "", nil}, {"POST", "/", "", nil}, {"GET", "/default/", "", nil}, {"GET", "/none", "", nil}, {"GET", "/license/report", "", []string{"old"}},
		{"GET", "/licenses", "", nil}, {"PUT", "/licenses/" + id2, `{"payload":"<one> & é"}`, nil}, {"PUT", "/licenses/" + id1, "payload=two", nil}, {"GET", "/licenses", "", nil}, {"GET", "/licenses?size=1", "", nil}, {"HEAD", "/licenses", "", nil},
		{"GET", "/licenses?size=0", "", nil}, {"GET", "/licenses?offset=x", "", nil}, {"GET", "/licenses?%zz", "", nil}, {"OPTIONS", "/licenses", "", nil}, {"PATCH", "/licenses", "", nil},
		{"GET", "/licenses/" + id1, "", nil}, {"HEAD", "/licenses/" + strings.ToUpper(id1), "", nil}, {"GET", "/default/licenses/" + id1 + "/", "", nil}, {"OPTIONS", "/licenses/" + id1, "", nil}, {"OPTIONS", "/licenses/x", "", nil}, {"POST", "/licenses/" + id1, "", nil}, {"GET", "/licenses/x", "", nil},
		{"POST", "/licenses", `{"payload":"three","id":"` + id1 + `"}`, nil}, {"POST", "/licenses", `{"payload":"two"}`, nil}, {"POST", "/licenses", `{"payload":"bad"}`, nil}, {"POST", "/licenses", `{}`, nil}, {"POST", "/licenses", `{"payload":"` + strings.Repeat("x", 200) + `"}`, nil},
		{"POST", "/licenses", "x", []string{"Content-Type: text/plain"}}, {"POST", "/licenses", "x", []string{"Content-Encoding: gzip"}}, {"PUT", "/licenses/" + id1, `{"payload":"x","id":"` + id2 + `"}`, nil},
		{"PATCH", "/licenses/" + id1, "payload=four", []string{"If-Match: \"1-x\""}}, {"PATCH", "/licenses/" + id1, "payload=four", []string{`If-Match: "1-00"`}}, {"PATCH", "/licenses/" + id1, "payload=four", nil}, {"PATCH", "/licenses/30b4edb7-0847-4f65-af90-efbed8b01610", "payload=five", nil},
		{"PUT", "/licenses/" + id1, "payload=five", []string{"If-None-Match: *"}}, {"PUT", "/licenses/" + id1, "payload=five", []string{"Origin: http://evil", "Sec-Fetch-Site: cross-site"}},
		{"POST", "/schemas/licenses/validate", `{"payload":"bad"}`, nil}, {"GET", "/schemas/licenses/validate", "", nil},
		{"DELETE", "/licenses/" + id1, "", []string{`If-Match: "1-00"`}}, {"DELETE", "/licenses/" + id1, "", nil}, {"DELETE", "/licenses/" + id1, "", nil}, {"GET", "/licenses/" + id1, "", nil},
	} {
		if version = ""; len(r.header) > 0 && r.header[0] == "old" {
			version, r.header = "3.4.0.0", nil
		}
		use := h
		if version != "" {
			use = handler(version)
		}
		clock = clock.Add(time.Minute)
		fmt.Fprintf(&all, "%s %s %.60s %s\n%s\n", r.method, r.target, r.body, strings.Join(r.header, ", "), whole(request(t, use, r.method, r.target, r.body, r.header...)))
	}
	path := filepath.Join("testdata", "answers.txt")
	if *update {
		testenv.WriteFile(t, path, all.String())
	}
	if diff := cmp.Diff(string(testenv.ReadFile(t, path)), all.String()); diff != "" {
		t.Errorf("(-want +got): %s", diff)
	}
}
