package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/testenv"
)

// buildFlags are those of the released program; docs/licseal-verify.md has them. Without
// inlining, it is smaller, and starts as fast.
var buildFlags = []string{"-trimpath", "-buildvcs=false", "-ldflags=-s", "-gcflags=all=-l"}

func build(t *testing.T, dir string, environment ...string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "licseal-verify")
	command := exec.Command("go", append(append([]string{"build"}, buildFlags...), "-o", path, "./cmd/licseal-verify")...)
	command.Dir = dir
	command.Env = append(append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS="), environment...)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	return testenv.ReadFile(t, path)
}

// The program is small, and built in another folder it is the same bytes.
func TestBuild(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles the standard library with other flags")
	}
	const most = 3_500_000 // docs/licseal-verify.md and NEWS.md say so
	var built [2][]byte
	for i, folder := range []string{"a", "another/folder"} {
		dir := filepath.Join(t.TempDir(), folder)
		copySource(t, "../..", dir)
		built[i] = build(t, dir, "GOOS=linux", "GOARCH=amd64")
	}
	if !bytes.Equal(built[0], built[1]) {
		t.Error("built in another folder, it is another program")
	}
	if len(built[0]) > most {
		t.Errorf("it has %d bytes, more than %d", len(built[0]), most)
	}
	t.Logf("%d bytes", len(built[0]))
}

// copySource copies what the program is made of.
func copySource(t *testing.T, from, to string) {
	t.Helper()
	list := exec.Command("go", "list", "-deps", "-f", `{{if .Module}}{{if .Module.Main}}{{.Dir}}{{end}}{{end}}`, "./cmd/licseal-verify")
	list.Dir = from
	output, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs(from)
	if err != nil {
		t.Fatal(err)
	}
	files := []string{filepath.Join(root, "go.mod"), filepath.Join(root, "go.sum")}
	for _, dir := range strings.Fields(string(output)) {
		found, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		relative, err := filepath.Rel(root, file)
		if err != nil {
			t.Fatal(err)
		}
		target := filepath.Join(to, relative)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			t.Fatal(err)
		}
		testenv.WriteFile(t, target, testenv.ReadFile(t, file))
	}
}

// Each file can be read in one sitting, and so can all of them.
func TestFileLengths(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	all := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		lines := bytes.Count(testenv.ReadFile(t, file), []byte("\n"))
		if lines > 200 {
			t.Errorf("%s has %d lines, more than 200", file, lines)
		}
		all += lines
	}
	if all > 650 {
		t.Errorf("all files have %d lines together, more than 650", all)
	}
}

// The help text fits a terminal, and is the one in the documentation.
func TestHelp(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run([]string{"--help"}, &stdout, &stderr); code != 0 || stderr.Len() > 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	for line := range strings.Lines(stdout.String()) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	if doc := testenv.ReadFile(t, "../../docs/licseal-verify.md"); !bytes.Contains(doc, stdout.Bytes()) {
		t.Error("docs/licseal-verify.md has another help text")
	}
}

// A state file is made once.
func TestNewState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seen.state")
	for i, want := range []struct {
		code   int
		stderr string
	}{{0, ""}, {1, "error: " + path + ": the file exists, and was kept\n"}} {
		var stdout, stderr bytes.Buffer
		if code := run([]string{"--new-state", path}, &stdout, &stderr); code != want.code || stderr.String() != want.stderr && runtime.GOOS != "windows" {
			t.Errorf("%d: exit code %d, %q", i, code, &stderr)
		}
	}
}

// What cannot be written is an error, and no success.
func TestFullOutput(t *testing.T) {
	dir := fixtures(t)
	t.Chdir(dir)
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		testenv.Missing(t, "there is no /dev/full here")
	}
	defer full.Close()
	for _, args := range []string{"-t vendor.pub --at 2026-07-01 good.json", "-t vendor.pub --at 2026-07-01 --json good.json", "--help"} {
		var stderr bytes.Buffer
		if code := run(strings.Fields(args), full, &stderr); code != 1 || !strings.HasPrefix(stderr.String(), "error: writing standard output: ") {
			t.Errorf("%s: exit code %d, %q", args, code, &stderr)
		}
	}
}
