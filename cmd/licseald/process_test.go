//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/internal/testenv/leak"
	"github.com/licseal/licseal/sign"
	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/crypto/ssh"
)

// Tests run the real program: this test binary, told by a variable to be it.
const beProgram = "LICSEALD_TEST_BE_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(beProgram) != "" {
		main()
	}
	testenv.ExitAtOnce()
	flag.Set("test.parallel", "8") // those that are parallel wait for programs most of the time
	testscript.Main(leak.Checked(m), map[string]func(){"licseald": main})
}

func command(args ...string) *exec.Cmd {
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), beProgram+"=1")
	return c
}

// process is a licseald that runs.
type process struct {
	*exec.Cmd
	url string
	log *testenv.Buffer
}

// start runs licseald and waits until it has printed its address.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	p, err := tryStart(args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	return p
}

func tryStart(args ...string) (*process, error) {
	p := &process{Cmd: command(args...), log: &testenv.Buffer{}}
	p.Stderr = p.log
	stdout, err := p.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		p.Wait()
		return nil, fmt.Errorf("licseald %s did not start: %s", args, p.log)
	}
	p.url = strings.TrimSpace(line)
	return p, nil
}

// kill ends the process as a crash would.
func (p *process) kill() {
	p.Process.Kill()
	p.Wait()
}

// stop ends the process as its operator would.
func (p *process) stop(t *testing.T) {
	t.Helper()
	p.Process.Signal(syscall.SIGTERM)
	if err := p.Wait(); err != nil {
		t.Errorf("licseald ended with %v: %s", err, p.log)
	}
}

// vendor is who signs licences.
type vendor struct {
	key   ed25519.PrivateKey
	trust string // a trusted-keys file
}

func newVendor(t testing.TB) *vendor {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &vendor{key: key, trust: filepath.Join(t.TempDir(), "trusted")}
	testenv.WriteFile(t, v.trust, v.line(t))
	return v
}

// line is the vendor's line of a trusted-keys file.
func (v *vendor) line(t testing.TB) string {
	t.Helper()
	public, err := ssh.NewPublicKey(v.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return string(ssh.MarshalAuthorizedKey(public))
}

// licence returns a licence with the given key, valid from a day ago until days
// from now.
func (v *vendor) licence(t testing.TB, key string, days int) string {
	t.Helper()
	day := func(n int) string { return time.Now().UTC().AddDate(0, 0, n).Format(time.DateOnly) }
	text, err := json.Marshal(map[string]string{
		"admin_seats": "5", "customer": "Example Company, Inc", "dataplanes": "2", "license_key": key,
		"license_creation_date": day(min(-1, days-1)), "license_expiration_date": day(days),
		"product_subscription": "Konnect Enterprise", "support_plan": "None",
	})
	if err != nil {
		t.Fatal(err)
	}
	return v.sign(t, string(text))
}

// sign signs a payload as it stands.
func (v *vendor) sign(t testing.TB, text string) string {
	t.Helper()
	payload, err := licseal.ParsePayload([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	lic, err := sign.License(payload, v.key)
	if err != nil {
		t.Fatal(err)
	}
	return lic.String()
}

// call sends a request and returns the status and the body. A payload is sent as
// JSON.
func call(ctx context.Context, client *http.Client, method, url, payload string, header ...string) (int, string, error) {
	var body io.Reader
	if payload != "" {
		_, b := admin.Body(admin.JSON, payload)
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return 0, "", err
	}
	if payload != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
		if name == "Host" {
			r.Host = value
		}
	}
	response, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

// expect is call for when it must succeed in being answered.
func expect(t *testing.T, status int, method, url, payload string, header ...string) string {
	t.Helper()
	got, body, err := call(t.Context(), http.DefaultClient, method, url, payload, header...)
	if err != nil || got != status {
		t.Errorf("%s %s: got %d %.300s %v, want %d", method, url, got, body, err, status)
	}
	return body
}

// expectSoon is expect of a server that allows its store so little time that it may
// answer 503 when the machine is busy: then it asks again.
func expectSoon(t *testing.T, status int, method, url, payload string) {
	t.Helper()
	testenv.WaitUntil(t, fmt.Sprintf("%s %s is answered by %d", method, url, status), func() bool {
		got, body, err := call(t.Context(), http.DefaultClient, method, url, payload)
		if err != nil || got != status && got != http.StatusServiceUnavailable {
			t.Fatalf("%s %s: got %d %.300s %v, want %d", method, url, got, body, err, status)
		}
		return got == status
	})
}

func postedID(t *testing.T, body string) string {
	t.Helper()
	var record admin.Record
	if err := json.Unmarshal([]byte(body), &record); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return record.ID
}
