//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/testenv"
)

const monitoring = "../../docs/licseald/"

// Each alert fires when it should, and only then, by the commands of docs/monitoring.md.
func TestAlerts(t *testing.T) {
	testenv.Programs(t, "promtool")
	_, guide, _ := strings.Cut(string(testenv.ReadFile(t, "../../docs/monitoring.md")), "```sh\n")
	guide, _, _ = strings.Cut(guide, "```")
	if strings.Count(guide, "promtool") != 2 {
		t.Errorf("docs/monitoring.md does not show how to test the alerts:\n%s", guide)
	}
	shell := exec.Command("sh", "-euc", guide)
	shell.Dir = "../.."
	if output, err := shell.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
	tests := string(testenv.ReadFile(t, monitoring+"alerts_test.yml"))
	for _, name := range regexp.MustCompile(`alert: (\w+)`).FindAllStringSubmatch(string(testenv.ReadFile(t, monitoring+"alerts.yml")), -1) {
		if !strings.Contains(tests, "alertname: "+name[1]+"\n") {
			t.Errorf("no test is about %s", name[1])
		}
	}
}

// Every query of the dashboard and of the alerts is tried on a Prometheus that scrapes
// licseald. Those of the dashboard find something.
func TestDashboard(t *testing.T) {
	t.Parallel()
	testenv.Programs(t, "prometheus", "openssl")
	v, ca := newVendor(t), newAuthority(t, "authority")
	ca.issue("server", "/CN=server")
	args, dir := entitlementArgs(t, v)
	payload, err := os.ReadFile("../../testdata/entitlement/get-payload.json")
	if err != nil {
		t.Fatal(err)
	}
	testenv.WriteFile(t, filepath.Join(dir, "installed.json"), v.sign(t, string(payload)))
	list := filepath.Join(t.TempDir(), "revoked.json")
	v.revokeAll(t, list, 1, "another")
	p := start(t, append(args, "--ephemeral", "--revocations", list, "--tls-cert", ca.file("server"), "--tls-key", ca.file("server.key"))...)
	client := ca.client(ca.issue("client", "/CN=client"))
	if status, body, err := call(t.Context(), client, "POST", p.url+"/licenses", v.licence(t, "LS-1", 30)); status != 201 || err != nil {
		t.Fatal(status, body, err)
	}
	prometheus := startPrometheus(t, strings.TrimPrefix(p.url, "https://"), ca.file("ca"))
	testenv.WaitUntil(t, "two scrapes", func() bool { return prometheus.find(t, `count_over_time(licseald_licenses[1m]) > 1`) > 0 })

	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(testenv.ReadFile(t, monitoring+"dashboard.json"), &dashboard); err != nil {
		t.Fatal(err)
	}
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			if prometheus.find(t, target.Expr) == 0 {
				t.Errorf("panel %q: %s finds nothing", panel.Title, target.Expr)
			}
		}
	}
	alerts := string(testenv.ReadFile(t, monitoring+"alerts.yml"))
	for _, expr := range regexp.MustCompile(`expr: (.*)`).FindAllStringSubmatch(alerts, -1) {
		prometheus.find(t, expr[1])
		for _, name := range regexp.MustCompile(`(licseald|kong)_\w+`).FindAllString(expr[1], -1) {
			if prometheus.find(t, name) == 0 {
				t.Errorf("alerts.yml: there is no series %s", name)
			}
		}
	}
	if _, metrics, err := call(t.Context(), client, "GET", p.url+"/metrics", ""); err != nil {
		t.Error(err)
	} else if output, err := checkMetrics(metrics); err != nil {
		t.Errorf("promtool check metrics: %v\n%s", err, output)
	}
}

func checkMetrics(text string) (string, error) {
	// The names of the gateway's metrics are not ours to choose.
	ours := slices.DeleteFunc(strings.SplitAfter(text, "\n"), func(line string) bool { return strings.Contains(line, "kong_enterprise_license_errors") })
	c := exec.Command("promtool", "check", "metrics")
	c.Stdin = strings.NewReader(strings.Join(ours, ""))
	output, err := c.CombinedOutput()
	return string(output), err
}

// prometheusServer is the URL of a Prometheus.
type prometheusServer string

func startPrometheus(t *testing.T, target, ca string) prometheusServer {
	t.Helper()
	dir := t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	rules, err := filepath.Abs(monitoring + "alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	testenv.WriteFile(t, config, fmt.Sprintf(`global: {scrape_interval: 200ms, evaluation_interval: 1s}
rule_files: [%q]
scrape_configs:
  - job_name: licseald
    scheme: https
    tls_config: {ca_file: %q}
    static_configs: [{targets: [%q]}]
`, rules, ca, target))
	listener, err := net.Listen("tcp", "127.0.0.1:0") // Prometheus does not say which port it chose
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	c := exec.Command("prometheus", "--config.file", config, "--storage.tsdb.path", filepath.Join(dir, "data"),
		"--web.listen-address", address, "--log.level", "warn")
	log := &testenv.Buffer{}
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Kill()
		c.Wait()
	})
	url := "http://" + address
	testenv.WaitUntil(t, "Prometheus is ready", func() bool {
		response, err := http.Get(url + "/-/ready")
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
	return prometheusServer(url)
}

// find returns how many series a query finds.
func (p prometheusServer) find(t *testing.T, query string) int {
	t.Helper()
	response, err := http.Get(string(p) + "/api/v1/query?query=" + url.QueryEscape(query))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct {
		Error string
		Data  struct{ Result []any }
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || answer.Error != "" {
		t.Fatalf("%s: %v %s", query, err, answer.Error)
	}
	return len(answer.Data.Result)
}
