//go:build unix

package main

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/internal/adminview"
	"github.com/licseal/licseal/internal/testenv"
)

// gateway answers GET of some paths with texts, as a gateway did once.
func gateway(t *testing.T, answers map[string]string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := answers[r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			text = `{"message":"Not found"}`
		}
		w.Write([]byte(text))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// active is a list of one licence: the published one, of one seat and one data plane.
func active(t *testing.T) string {
	t.Helper()
	page, err := json.Marshal(admin.Page{Data: []admin.Record{{ID: "30b4edb7-0847-4f65-af90-efbed8b0161f", Payload: publishedLicence, CreatedAt: 1, UpdatedAt: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

const publishedLicence = `{"license":{"payload":{"admin_seats":"1","customer":"Example Company, Inc","dataplanes":"1","license_creation_date":"2017-07-20","license_expiration_date":"2017-07-21","license_key":"00141000017ODj3AAG_a1V41000004wT0OEAU","product_subscription":"Konnect Enterprise","support_plan":"None"},"signature":"24cc21223633044c15c300be19cacc26ccc5aca0dd9a12df8a7324a1970fe304bc07b8dcd7fb08d7b92e04169313377ae3b550ead653b951bc44cd2eb59f6beb","version":"1"}}`

// Both shapes of a report are judged; where more is used than allowed, the exit code
// says so.
func TestAdminReport(t *testing.T) {
	for name, test := range map[string]struct {
		report, stdout, stderr string
		exit                   int
	}{
		"2.7 to 3.4": {
			report: `{"counters":[{"bucket":"UNKNOWN","request_count":7},{"bucket":"2021-12","request_count":35}],"db_version":"postgres 9.6.19","kong_version":"3.4.3.14",
				"license_key":"00141000017ODj3AAG_a1V41000004wT0OEAU","rbac_users":1,"services_count":3,"system_info":{"cores":4,"hostname":"13b867agsa008","uname":"Linux x86_64"},"workspaces_count":1}`,
			stdout: `gateway      3.4.3.14, postgres 9.6.19
licence      00141000017ODj3AAG_a1V41000004wT0OEAU (UNVERIFIED)
admin_seats  1 of 1, ok
services     3
workspaces   1
machine      Linux x86_64, 4 cores
requests     42
  UNKNOWN             7
  2021-12            35
`,
		},
		"3.15": {
			report: `{"counters":{"total_requests":5,"buckets":[{"bucket":"2026-01","request_count":5}]},"db_version":"postgres 16","kong_version":"3.15.0.0","checksum":"x","timestamp":1,
				"license":{"license_key":"another","license_expiration_date":"2017-7-20"},"deployment_info":{"type":"hybrid","connected_dp_count":3},
				"rbac_users":2,"services_count":0,"system_info":{"cores":4,"hostname":"h","uname":"Linux"},"workspaces_count":1}`,
			stdout: `gateway      3.15.0.0, postgres 16
licence      00141000017ODj3AAG_a1V41000004wT0OEAU (UNVERIFIED; the report names another: another)
admin_seats  2 of 1, EXCEEDED
dataplanes   3 of 1, EXCEEDED
deployment   hybrid, 3 data planes
services     0
workspaces   1
machine      Linux, 4 cores
requests     5
  2026-01             5
`,
			stderr: `requirement: admin_seats: 2 are used, and the licence allows 1
requirement: dataplanes: 3 are used, and the licence allows 1
`,
			exit: exitRequirement,
		},
	} {
		t.Run(name, func(t *testing.T) {
			url := gateway(t, map[string]string{"/license/report": test.report, "/licenses": active(t)})
			command := exec.Command("licseal", "admin", "report", "--url", url)
			var stderr strings.Builder
			command.Stderr = &stderr
			stdout, _ := command.Output()
			if diff := cmp.Diff(test.stdout, string(stdout)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.stderr, stderr.String()); diff != "" || command.ProcessState.ExitCode() != test.exit {
				t.Errorf("exit %d: %s", command.ProcessState.ExitCode(), diff)
			}
		})
	}
}

// On a terminal, months have bars.
func TestCountersText(t *testing.T) {
	counters := admin.Counters{{Bucket: "2026-01", RequestCount: 50}, {Bucket: "2026-02", RequestCount: 100}, {Bucket: "2026-03\x1b[2J", RequestCount: 0}, {Bucket: "UNKNOWN", RequestCount: -5}}
	want := `  2026-01            50 █████
  2026-02           100 ██████████
  2026-03\u001b[2J            0
  UNKNOWN            -5
`
	if diff := cmp.Diff(want, adminview.Months(counters, 10).String()); diff != "" {
		t.Error(diff)
	}
	if got := adminview.Months(nil, 10).String(); got != "" {
		t.Errorf("no months: %q", got)
	}
}

// What a gateway says does not take over a terminal.
func TestAdminListIsPlain(t *testing.T) {
	page := `{"data":[{"id":"\u001b[2J","payload":"{\"license\":{\"payload\":{\"license_key\":\"\u001b[31mX\",\"customer\":\"a\\tb\\u001b\"},\"signature\":\"` +
		strings.Repeat("0", 128) + `\",\"version\":\"1\"}}","created_at":1,"updated_at":1}],"next":null}`
	url := gateway(t, map[string]string{"/licenses": page})
	output, err := exec.Command("licseal", "admin", "list", "--url", url).CombinedOutput()
	if err != nil || strings.ContainsAny(string(output), "\x1b\t") {
		t.Errorf("%q, %v", output, err)
	}
}

// Another push of the same licence that comes in between is no failure: the licence
// is active.
func TestAdminPushTogether(t *testing.T) {
	store := &admin.Memory{}
	api := admin.NewHandler(store, func(context.Context, string) error { return nil }, nil)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			store.Write(r.Context(), admin.Write{ID: "30b4edb7-0847-4f65-af90-efbed8b0161f", Payload: publishedLicence})
		}
		api.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	command := exec.Command("licseal", "admin", "push", "--url", server.URL, "--as-is", "--backup", t.TempDir())
	command.Stdin = strings.NewReader(publishedLicence)
	if output, err := command.CombinedOutput(); err != nil || !strings.Contains(string(output), "the licence is already active") {
		t.Errorf("%s, %v", output, err)
	}
}

// --as-is writes a file as it stands, white space, rubbish and all.
func TestAdminAsIs(t *testing.T) {
	store := &admin.Memory{}
	server := httptest.NewServer(admin.NewHandler(store, func(context.Context, string) error { return nil }, nil))
	t.Cleanup(server.Close)
	const id = "30b4edb7-0847-4f65-af90-efbed8b0161f"
	for text, works := range map[string]bool{"{ \"license\": {\"signature\": \"bGk=\"} }\n": true, publishedLicence + "\n\n": true, "rubbish": true, "\xff": false} {
		command := exec.Command("licseal", "admin", "put", id, "--url", server.URL, "--as-is", "--backup", t.TempDir())
		command.Stdin = strings.NewReader(text)
		output, err := command.CombinedOutput()
		record, _ := store.Get(t.Context(), id)
		if (err == nil) != works || (record.Payload == text) != works {
			t.Errorf("%q: %s, %v; stored is %q", text, output, err, record.Payload)
		}
	}
}

// A copy that was kept already is good if it is the same, and is never replaced.
func TestBackUp(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "backup")
	record := admin.Record{ID: "30b4edb7-0847-4f65-af90-efbed8b0161f", Payload: "one", UpdatedAt: 5}
	for range 2 {
		path, err := backUp(dir, record)
		if kept, _ := os.ReadFile(path); err != nil || string(kept) != "one" {
			t.Errorf("%s has %q: %v", path, kept, err)
		}
	}
	record.Payload = "two"
	if path, err := backUp(dir, record); err == nil {
		t.Errorf("another licence is said to be kept as %s", path)
	}
}

// A token that goes over the network in clear text is warned of.
func TestAdminTokenInClearText(t *testing.T) {
	for address, want := range map[string]bool{
		"http://192.0.2.1:8001": true, "http://gateway.example": true, "https://gateway.example": false,
		"http://127.0.0.1:1": false, "http://[::1]:1": false, "http://localhost:1": false,
	} {
		command := exec.Command("licseal", "admin", "get", "no-uuid", "--url", address) // which is never sent
		command.Env = append(os.Environ(), "KONG_ADMIN_TOKEN=0123456789abcdef")
		output, _ := command.CombinedOutput()
		if got := strings.Contains(string(output), "in clear text"); got != want || strings.Contains(string(output), "0123456789") {
			t.Errorf("%s: warned %t: %s", address, got, output)
		}
	}
}

// The certificate of a server is always verified, and no token is sent to another one.
func TestAdminVerifiesTLS(t *testing.T) {
	tokens := 0
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tokens += len(r.Header.Values("Kong-Admin-Token"))
		w.Write([]byte(`{"data":[],"next":null}`))
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of connections that the client breaks off
	server.StartTLS()
	t.Cleanup(server.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	testenv.WriteFile(t, ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	elsewhere := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	for _, test := range []struct {
		args  []string
		works bool
	}{
		{[]string{"--url", server.URL}, false}, // of an unknown authority
		{[]string{"--url", elsewhere, "--ca", ca}, false},
		{[]string{"--url", server.URL, "--ca", ca}, true},
	} {
		tokens = 0
		command := exec.Command("licseal", append([]string{"admin", "list"}, test.args...)...)
		command.Env = append(os.Environ(), "KONG_ADMIN_TOKEN=0123456789abcdef")
		if output, err := command.CombinedOutput(); (err == nil) != test.works || (tokens > 0) != test.works {
			t.Errorf("%q: %v, %d tokens were sent\n%s", test.args, err, tokens, output)
		}
	}
}
