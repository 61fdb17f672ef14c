package entitle_test

import (
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal/entitle"
	"github.com/licseal/licseal/internal/testenv"
)

var update = flag.Bool("update", false, "write testdata/answers.txt again")

// whole returns all of an answer as text: status, headers and body.
func whole(h http.Handler, method, target, body string, header ...string) string {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	lines := []string{fmt.Sprint(w.Code)}
	var names []string
	for name := range w.Header() {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		lines = append(lines, name+": "+strings.Join(w.Header()[name], " | "))
	}
	return strings.Join(append(lines, w.Body.String()), "\n")
}

// Answers of both handlers, of each kind, as a whole: no header and no byte of a body
// changes unnoticed.
func TestWholeAnswers(t *testing.T) {
	clock := at("2026-11-21T10:00:00.5Z")
	dir := t.TempDir()
	empty := open(t, entitle.NewFolder(dir), &entitle.Options{MayBeMissing: true, Clock: clock.now})
	used := open(t, entitle.Text(signed(t, plan().limit("requests", 10).limit("hosts", 5))), &entitle.Options{Clock: clock.now, Levels: []string{"hosts"}})
	handlers := map[string]http.Handler{
		"none":    entitle.NewHandler(empty, &entitle.HandlerOptions{Authorize: entitle.BearerTokens(token)}),
		"nobody":  entitle.NewHandler(used, nil),
		"shut":    entitle.NewUsageHandler(used, nil),
		"text":    entitle.NewHandler(used, &entitle.HandlerOptions{Authorize: entitle.BearerTokens("", token), Counter: "requests"}),
		"usage":   entitle.NewUsageHandler(used, entitle.BearerTokens(token)),
		"unusual": entitle.NewUsageHandler(empty, entitle.BearerTokens(token)),
	}
	const license, usage = entitle.LicensePath, entitle.EntitlementsPath
	long := strings.Repeat("k", 200)
	var all strings.Builder
	for _, r := range []struct {
		handler, method, target, body string
		header                        []string
	}{
		{"none", "GET", license, "", nil}, {"none", "HEAD", license, "", nil}, {"none", "PUT", license, "", nil}, {"none", "GET", license + "/", "", nil}, {"none", "GET", license, "", []string{"Authorization", "Basic x"}}, {"nobody", "GET", license, "", nil},
		{"none", "POST", license, "x", nil}, {"none", "POST", license, "{}", []string{"Content-Type", "application/json"}}, {"none", "POST", license, `{"license_key":"x","y":1}`, []string{"Content-Type", "application/json"}}, {"none", "POST", license, `{"license_key":"x"}`, []string{"Content-Type", "application/json; charset=utf-8"}},
		{"text", "GET", license, "", nil}, {"text", "GET", license, "", []string{"Authorization", "bearer " + token}}, {"text", "GET", license, "", []string{"Authorization", "Bearer "}},
		{"shut", "GET", usage, "", nil}, {"usage", "GET", usage, "", []string{"Authorization", "Bearer x"}}, {"usage", "GET", usage, "", nil}, {"usage", "HEAD", usage, "", nil}, {"usage", "GET", usage + "/requests", "", nil}, {"usage", "GET", usage + "/none", "", nil}, {"unusual", "GET", usage, "", nil},
		{"usage", "GET", usage + "/", "", nil}, {"usage", "GET", usage + "x", "", nil}, {"usage", "GET", usage + "/requests/", "", nil}, {"usage", "GET", usage + "/requests/use/x", "", nil}, {"usage", "GET", "/api/v1/other", "", nil}, {"usage", "GET", usage + "/a%2Fb", "", nil},
		{"usage", "POST", usage, "", nil}, {"usage", "PUT", usage + "/requests", "", nil}, {"usage", "GET", usage + "/requests/use", "", nil}, {"usage", "POST", usage + "/requests/give up", "", nil}, {"usage", "HEAD", entitle.OpenAPIPath + "x", "", nil}, {"usage", "POST", entitle.OpenAPIPath, "", nil},
		{"usage", "POST", usage + "/requests/use", "", nil}, {"usage", "POST", usage + "/requests/use", `{"n":3}`, nil}, {"usage", "POST", usage + "/requests/use", `{"n":0}`, nil}, {"usage", "POST", usage + "/requests/use", `{"n":-1}`, nil}, {"usage", "POST", usage + "/requests/use", `{"n":9007199254740992}`, nil}, {"usage", "POST", usage + "/requests/use", `{}`, nil},
		{"usage", "POST", usage + "/requests/use", `{"n":1,"m":2}`, nil}, {"usage", "POST", usage + "/requests/use", strings.Repeat(" ", 1025), nil}, {"usage", "POST", usage + "/requests/use", strings.Repeat(" ", 1017) + `{"n":1}`, nil}, {"usage", "POST", usage + "/requests/use", `{"n":7}`, nil}, {"usage", "POST", usage + "/none/use", "", nil},
		{"usage", "POST", usage + "/requests/use", "", []string{"Idempotency-Key", long}}, {"usage", "POST", usage + "/requests/use", "", []string{"Idempotency-Key", long}}, {"usage", "POST", usage + "/requests/use", "", []string{"Idempotency-Key", long + "k"}}, {"usage", "POST", usage + "/requests/use", "", []string{"Idempotency-Key", "é"}}, {"usage", "POST", usage + "/requests/use", "", []string{"Idempotency-Key", "~ !"}},
		{"usage", "POST", usage + "/hosts/take", `{"n":4}`, nil}, {"usage", "POST", usage + "/hosts/take", `{"n":2}`, nil}, {"usage", "POST", usage + "/hosts/give", `{"n":3}`, nil}, {"usage", "POST", usage + "/hosts/give", `{"n":3}`, nil}, {"usage", "GET", usage, "", nil},
	} {
		header := r.header
		if !slices.Contains(header, "Authorization") {
			header = append([]string{"Authorization", "Bearer " + token}, header...)
		}
		target := strings.ReplaceAll(r.target, " ", "%20")
		fmt.Fprintf(&all, "%s: %s %s %.40s %.40q\n%s\n", r.handler, r.method, target, strings.TrimSpace(r.body), strings.Join(r.header, " "), whole(handlers[r.handler], r.method, target, r.body, header...))
	}
	path := filepath.Join("testdata", "answers.txt")
	if *update {
		testenv.WriteFile(t, path, all.String())
	}
	if diff := cmp.Diff(string(testenv.ReadFile(t, path)), all.String()); diff != "" {
		t.Errorf("(-want +got): %s", diff)
	}
	// It describes itself to everybody.
	for _, method := range []string{"GET", "HEAD"} {
		if got := whole(handlers["shut"], method, entitle.OpenAPIPath, ""); !strings.HasPrefix(got, "200\nCache-Control: no-store\nContent-Type: application/json; charset=utf-8\nX-Content-Type-Options: nosniff\n{\n") {
			t.Errorf("%s: %.200s", method, got)
		}
	}
}
