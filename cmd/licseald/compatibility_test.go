//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/internal/clihelp"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/internal/testenv/compat"
	"github.com/urfave/cli/v2"
)

// kept is what the release that comes next, or came last, has promised; see
// docs/compatibility.md.
const kept = "../../testdata/compatibility/v0.9.0"

// conversation is with a server that has nothing yet: the name of the kept answer, the
// request, and which token and licence go with it.
var conversation = []struct{ name, method, path, token, body string }{
	{"create", "POST", "/licenses", "admin", "first"},
	{"create-again", "POST", "/licenses", "admin", "first"},
	{"create-forged", "POST", "/licenses", "admin", "forged"},
	{"create-nothing", "POST", "/licenses", "admin", "{}"},
	{"put", "PUT", "/licenses/30b4edb7-0847-4f65-af90-efbed8b0161f", "admin", "second"},
	{"patch", "PATCH", "/licenses/30b4edb7-0847-4f65-af90-efbed8b0161f", "admin", "third"},
	{"get", "GET", "/licenses/30b4edb7-0847-4f65-af90-efbed8b0161f", "admin", ""},
	{"list", "GET", "/licenses", "admin", ""},
	{"page", "GET", "/licenses?size=1", "admin", ""},
	{"validate", "POST", "/schemas/licenses/validate", "admin", "first"},
	{"delete", "DELETE", "/licenses/30b4edb7-0847-4f65-af90-efbed8b0161f", "admin", ""},
	{"get-missing", "GET", "/licenses/30b4edb7-0847-4f65-af90-efbed8b0161f", "admin", ""},
	{"no-such-path", "GET", "/nothing", "admin", ""},
	{"wrong-method", "PATCH", "/licenses", "admin", ""},
	{"no-token", "GET", "/licenses", "", ""},
	{"root", "GET", "/", "admin", ""},
	{"report", "GET", "/license/report", "admin", ""},
	{"status", "GET", "/status", "operator", ""},
	{"license-install", "POST", "/api/v1/license", "operator", `{"license_key":"5WH67Q-CB3BN3-8N64F9-QDHDK2-VCB3P8"}`},
	{"license", "GET", "/api/v1/license", "operator", ""},
	{"license-unknown", "POST", "/api/v1/license", "operator", `{"license_key":"nothing"}`},
	{"license-no-token", "GET", "/api/v1/license", "", ""},
	{"entitlements", "GET", "/api/v1/entitlements", "product", ""},
	{"entitlement", "GET", "/api/v1/entitlements/scans", "product", ""},
	{"use", "POST", "/api/v1/entitlements/scans/use", "product", `{"n":2}`},
	{"use-too-many", "POST", "/api/v1/entitlements/scans/use", "product", `{"n":2}`},
	{"use-not-included", "POST", "/api/v1/entitlements/other/use", "product", ""},
	{"take", "POST", "/api/v1/entitlements/hosts/take", "product", ""},
	{"give", "POST", "/api/v1/entitlements/hosts/give", "product", ""},
	{"openapi", "GET", "/api/v1/openapi.json", "product", ""},
	{"status-installed", "GET", "/status", "operator", ""},
}

const entitlementPayload = `{"id":"1","key":"5WH67Q-CB3BN3-8N64F9-QDHDK2-VCB3P8","customer_name":"Example Company, Inc","created":"2020-01-01T00:00:00.000Z","expiry":"2500-01-01T00:00:00.000Z","delay_expiry_days":10,"delay_max_uses_perc":0,"entitlements":{"scans":{"is_limited":true,"max_uses":3,"name":"Scans"},"hosts":{"is_limited":true,"max_uses":2,"name":"Hosts"},"reports":{"is_limited":false,"max_uses":null,"name":"Reports"}},"max_machines":2,"ordered_entitlements_keys":["scans","hosts","reports"],"policy":null}`

// What the server answers has the same form, the same words and the same status codes.
func TestCompatibleAnswers(t *testing.T) {
	answers, metrics := converse(t)
	another := map[string]string{}
	if *update {
		another, _ = converse(t)
	}
	for _, name := range slices.Sorted(maps.Keys(answers)) {
		compat.Output(t, filepath.Join(kept, "licseald", name+".json"), answers[name], another[name], *update)
	}
	compat.Lines(t, filepath.Join(kept, "metrics.txt"), metrics, *update)
}

// converse returns each answer, as a JSON object, and the names and labels of the metrics.
func converse(t *testing.T) (answers map[string]string, metrics []string) {
	t.Helper()
	v, forger := newVendor(t), newVendor(t)
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	if err := os.Mkdir(file("licences"), 0o755); err != nil {
		t.Fatal(err)
	}
	testenv.WriteFile(t, file("licences/licence.json"), v.sign(t, entitlementPayload))
	testenv.WriteFile(t, file("tokens"), "admin adminadminadminadmin\n")
	testenv.WriteFile(t, file("entitlement-tokens"), "operator operatoroperator\nproduct productproduct12 entitlement-use\n")
	licences := map[string]string{"forged": forger.licence(t, "LS-1", 30)}
	for i, name := range []string{"first", "second", "third"} {
		licences[name] = v.sign(t, fmt.Sprintf(`{"admin_seats":"5","customer":"Example","dataplanes":"2","license_creation_date":"2020-01-01","license_expiration_date":"2500-01-01","license_key":"LS-%d","product_subscription":"P","support_plan":"None"}`, i))
	}
	p := start(t, "--store", "sqlite:"+file("store.db"), "--listen", "127.0.0.1:0", "--trust", v.trust, "--token-file", file("tokens"),
		"--license-dir", file("licences"), "--entitlement-token-file", file("entitlement-tokens"), "--level", "hosts")
	tokens := map[string]string{"admin": "adminadminadminadmin", "operator": "operatoroperator", "product": "productproduct12"}
	answers = map[string]string{}
	for _, say := range conversation {
		body := say.body
		if licence, ok := licences[body]; ok {
			_, encoded := admin.Body(admin.JSON, licence)
			body = string(encoded)
		}
		r, err := http.NewRequestWithContext(t.Context(), say.method, p.url+say.path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		if token := tokens[say.token]; token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		answer := map[string]any{"status": fmt.Sprint(response.StatusCode), "type": response.Header.Get("Content-Type"), "has_etag": response.Header.Get("ETag") != ""}
		if len(text) > 0 {
			answer["body"] = json.RawMessage(text)
		}
		encoded, err := json.Marshal(answer)
		if err != nil {
			t.Fatalf("%s: %v: %s", say.name, err, text)
		}
		answers[say.name] = string(encoded)
	}
	var text string
	testenv.WaitUntil(t, "the stored licences are judged", func() bool {
		text = expect(t, 200, "GET", p.url+"/metrics", "", "Authorization: Bearer "+tokens["admin"])
		return strings.Contains(text, "\nlicseald_next_expiry_timestamp_seconds ")
	})
	for _, m := range regexp.MustCompile(`(?m)^((?:licseald|kong)_\w+)(\{[^}]*\})? `).FindAllStringSubmatch(text, -1) {
		labels := regexp.MustCompile(`="[^"]*"`).ReplaceAllString(m[2], "")
		metrics = append(metrics, m[1]+labels)
	}
	slices.Sort(metrics)
	return answers, slices.Compact(metrics)
}

// A store and a backup of each release can be used.
func TestCompatibleStores(t *testing.T) {
	files := filepath.Join(kept, "licseald-files")
	if _, err := os.Stat(files); err != nil && *update {
		keepStore(t, files)
	}
	dir := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(dir, os.DirFS(files)); err != nil {
		t.Fatal(err)
	}
	old, restored := "sqlite:"+filepath.Join(dir, "store.db"), "sqlite:"+filepath.Join(dir, "restored.db")
	mustRun(t, "restore", "--store", restored, filepath.Join(dir, "store.backup"))
	for name, store := range map[string]string{"store": old, "restored": restored} {
		history := mustRun(t, "history", "--json", "--store", store)
		compat.Output(t, filepath.Join(kept, "licseald", "history.json"), history, history, *update)
		p := start(t, "--store", store, "--listen", "127.0.0.1:0", "--trust", filepath.Join(dir, "trusted"))
		var page admin.Page
		if err := json.Unmarshal([]byte(expect(t, 200, "GET", p.url+"/licenses", "")), &page); err != nil || len(page.Data) != 1 {
			t.Errorf("%s has %d licences: %v", name, len(page.Data), err)
		}
		p.stop(t)
	}
}

// keepStore makes a store with a history, and a backup of it.
func keepStore(t *testing.T, files string) {
	t.Helper()
	if err := os.MkdirAll(files, 0o755); err != nil {
		t.Fatal(err)
	}
	v := newVendor(t)
	testenv.WriteFile(t, filepath.Join(files, "trusted"), v.line(t))
	store := "sqlite:" + filepath.Join(files, "store.db")
	p := start(t, "--store", store, "--listen", "127.0.0.1:0", "--trust", v.trust)
	const payload = `{"admin_seats":"5","customer":"Example","dataplanes":"2","license_creation_date":"2020-01-01","license_expiration_date":"2500-01-01","license_key":"LS-%d","product_subscription":"P","support_plan":"None"}`
	id := postedID(t, expect(t, 201, "POST", p.url+"/licenses", v.sign(t, fmt.Sprintf(payload, 1))))
	expect(t, 200, "PUT", p.url+"/licenses/"+id, v.sign(t, fmt.Sprintf(payload, 2)))
	expect(t, 204, "DELETE", p.url+"/licenses/"+postedID(t, expect(t, 201, "POST", p.url+"/licenses", v.sign(t, fmt.Sprintf(payload, 3)))), "")
	p.stop(t)
	mustRun(t, "backup", "--store", store, filepath.Join(files, "store.backup"))
}

// mustRun runs a command line of licseald that succeeds, and returns its standard output.
func mustRun(t *testing.T, args ...string) string {
	t.Helper()
	output, err := command(args...).Output()
	if err != nil {
		t.Fatalf("licseald %s: %v", strings.Join(args, " "), err)
	}
	return string(output)
}

// No command and no flag of a release is gone, or takes another kind of value.
func TestCompatibleCommands(t *testing.T) {
	app := newApp(io.Discard, io.Discard)
	var today []string
	add := func(command string, flags []cli.Flag) {
		today = append(today, command)
		for _, flag := range flags {
			_, value, _ := clihelp.Parts(flag)
			takes := "takes a value"
			if value == "" {
				takes = "is a switch"
			}
			for _, name := range flag.Names() {
				today = append(today, fmt.Sprintf("%s: %s %s", command, name, takes))
			}
		}
	}
	add("licseald", app.VisibleFlags())
	for _, command := range app.Commands {
		add("licseald "+command.Name, command.VisibleFlags())
		for _, sub := range command.Subcommands {
			add("licseald "+command.Name+" "+sub.Name, sub.VisibleFlags())
		}
	}
	compat.Lines(t, filepath.Join(kept, "licseald-commands.txt"), today, *update)
}
