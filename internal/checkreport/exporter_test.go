package checkreport_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/checkreport"
	"github.com/licseal/licseal/internal/testenv"
)

// metrics returns a report of a name about a licence from a variable, as each host
// of a fleet writes it.
func metrics(t testing.TB, name string) string {
	t.Helper()
	r := checker(t, true).License("KONG_LICENSE_DATA", []byte(licence(t)))
	var b bytes.Buffer
	w, err := checkreport.New("prometheus", &b, checkreport.Header{Name: name, Time: now, SignatureChecked: true, KongFields: true})
	if err != nil {
		t.Fatal(err)
	}
	yes := true
	if err := w.Entry(checkreport.Entry{Result: r, Active: &yes}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(checkreport.Summary{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// No series of a report is one of another report as well.
func TestSeriesOfTwoReports(t *testing.T) {
	first, second := series(metrics(t, "first.prom")), series(metrics(t, "second.prom"))
	if len(first) < 10 || len(first) != len(second) {
		t.Fatalf("%d and %d series", len(first), len(second))
	}
	for s := range first {
		if second[s] {
			t.Errorf("both have %s", s)
		}
	}
}

func series(text string) map[string]bool {
	all := make(map[string]bool)
	for line := range strings.Lines(text) {
		if name, _, _ := strings.Cut(line, " "); name != "#" {
			all[name] = true
		}
	}
	return all
}

// Prometheus's own program has nothing to say against names, types and units.
func TestPromtool(t *testing.T) {
	testenv.Programs(t, "promtool")
	list := entries(t, true)
	command := exec.Command("promtool", "check", "metrics")
	command.Stdin = strings.NewReader(written(t, "prometheus", true, list))
	if output, err := command.CombinedOutput(); err != nil || len(output) > 0 {
		t.Errorf("promtool: %v\n%s", err, output)
	}
}

// The node exporter takes two reports from one folder, and gives back each series.
func TestNodeExporter(t *testing.T) {
	testenv.Programs(t, "prometheus-node-exporter")
	dir := t.TempDir()
	var want []string
	for _, name := range []string{"first.prom", "second.prom"} {
		text := metrics(t, name)
		testenv.WriteFile(t, filepath.Join(dir, name), text)
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "licseal_license_ok{") || strings.HasPrefix(line, "licseal_check_signature_checked{") {
				want = append(want, strings.TrimSpace(line))
			}
		}
	}
	body, log := scrape(t, dir)
	for _, line := range append(want, "node_textfile_scrape_error 0") {
		if !strings.Contains(body, "\n"+line+"\n") {
			t.Errorf("the exporter does not give %s:\n%s", line, body)
		}
	}
	const collision = "was collected before with the same name and label values"
	if strings.Contains(log, collision) {
		t.Errorf("two reports collide:\n%s", log)
	}
	// What it would say:
	testenv.WriteFile(t, filepath.Join(dir, "copy.prom"), metrics(t, "first.prom"))
	if _, log := scrape(t, dir); !strings.Contains(log, collision) {
		t.Errorf("the exporter does not tell a collision:\n%s", log)
	}
}

// scrape runs a node exporter on a folder of textfiles, and returns the metrics that
// it gives and what it logs.
func scrape(t *testing.T, dir string) (body, log string) {
	t.Helper()
	for {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address := listener.Addr().String()
		listener.Close()
		command := exec.Command("prometheus-node-exporter", "--collector.disable-defaults", "--collector.textfile",
			"--collector.textfile.directory="+dir, "--web.listen-address="+address)
		var stderr testenv.Buffer
		command.Stderr = &stderr
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		taken := func() bool { return strings.Contains(stderr.String(), "address already in use") }
		testenv.WaitUntil(t, "the exporter answers", func() bool {
			body, err = get(fmt.Sprintf("http://%s/metrics", address))
			return err == nil || taken()
		})
		command.Process.Kill()
		command.Wait()
		if !taken() { // by another program, before the exporter had it
			return body, stderr.String()
		}
	}
}

func get(url string) (string, error) {
	response, err := http.Get(url)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}
