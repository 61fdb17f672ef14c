package buildinfo

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/internal/testenv"
)

// A release is what was built from a version that has a name, and from nothing else.
func TestHint(t *testing.T) {
	const source = "this is not a release: it was built from source"
	at := []debug.BuildSetting{{Key: "vcs.revision", Value: "997e4f0c12345678"}, {Key: "vcs.modified", Value: "false"}}
	dirty := []debug.BuildSetting{{Key: "vcs.revision", Value: "997e4f0c12345678"}, {Key: "vcs.modified", Value: "true"}}
	local := []*debug.Module{{Path: "a.example/m", Version: "v1.0.0", Replace: &debug.Module{Path: "../m"}}}
	for _, test := range []struct {
		version  string
		settings []debug.BuildSetting
		modules  []*debug.Module
		want     string
	}{
		{"v0.9.0", at, nil, ""},
		{"v0.9.0", nil, nil, ""}, // by go install
		{"v1.0.0-rc.1", at, nil, ""},
		{"v1.0.0-rc-1-2", at, nil, ""},
		{"v0.9.0", dirty, nil, source + " at 997e4f0c1234, with local changes"},
		{"v0.9.0+dirty", at, nil, source + " at 997e4f0c1234, with local changes"},
		{"v0.0.0-20261128081200-997e4f0c1234", at, nil, source + " at 997e4f0c1234"},
		{"v0.9.1-0.20261128081200-997e4f0c1234", at, nil, source + " at 997e4f0c1234"},
		{"v1.0.0-rc.1.0.20261128081200-997e4f0c1234", at, nil, source + " at 997e4f0c1234"},
		{"v0.9.1-0.20261128081200-997e4f0c1234+dirty", dirty, nil, source + " at 997e4f0c1234, with local changes"},
		{"v0.9.0", at, local, source + " at 997e4f0c1234"},
		{"(devel)", nil, nil, source + ", and the commit is not recorded"},
		{"", nil, nil, source + ", and the commit is not recorded"},
	} {
		info := from("licseal", &debug.BuildInfo{Main: debug.Module{Version: test.version}, Settings: test.settings, Deps: test.modules})
		if got := info.Hint(); got != test.want || info.IsRelease() != (got == "") {
			t.Errorf("%s: %q, and not %q", test.version, got, test.want)
		}
	}
}

// Lines and JSON have all that was recorded, once.
func TestOutput(t *testing.T) {
	info := from("licseal", &debug.BuildInfo{
		GoVersion: "go1.26.4", Main: debug.Module{Version: "v0.9.0"},
		Deps: []*debug.Module{{Path: "a.example/m", Version: "v1.0.0"}, {Path: "b.example/m", Version: "v1.0.0", Replace: &debug.Module{Path: "c.example/m", Version: "v2.0.0"}}},
		Settings: []debug.BuildSetting{
			{Key: "-compiler", Value: "gc"}, {Key: "-tags", Value: "a,b"}, {Key: "CGO_CFLAGS"}, {Key: "GOARCH", Value: "amd64"},
			{Key: "vcs", Value: "git"}, {Key: "vcs.revision", Value: "997e4f0c"}, {Key: "vcs.time", Value: "2026-11-28T08:12:00Z"}, {Key: "vcs.modified", Value: "false"},
		},
	})
	info.System = "linux/amd64"
	const want = `licseal v0.9.0 go1.26.4 linux/amd64
commit 997e4f0c of 2026-11-28T08:12:00Z
build settings:
  -tags=a,b
modules:
  a.example/m v1.0.0
  b.example/m replaced by c.example/m v2.0.0`
	if diff := cmp.Diff(want, info.Lines().String()); diff != "" {
		t.Error(diff)
	}
	const wantJSON = `{"program":"licseal","version":"v0.9.0","release":false,"commit":"997e4f0c","commit_time":"2026-11-28T08:12:00Z","modified":false,"go":"go1.26.4","system":"linux/amd64","settings":{"-tags":"a,b"},"modules":{"a.example/m":"v1.0.0","b.example/m":"replaced by c.example/m v2.0.0"}}`
	if diff := cmp.Diff(wantJSON, info.JSON()); diff != "" {
		t.Error(diff)
	}
}

// Programs that are built from a tag, after it, and with changes say so.
func TestBuilds(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds three programs")
	}
	dir := testenv.Clone(t, "../..")
	commit := strings.TrimSpace(testenv.Git(t, dir, "rev-parse", "HEAD"))
	check := func(wantVersion, wantHint string) {
		t.Helper()
		program := filepath.Join(t.TempDir(), "licseal-verify")
		build := exec.Command("go", "build", "-trimpath", "-buildvcs=true", "-o", program, "./cmd/licseal-verify")
		build.Dir, build.Env = dir, append(os.Environ(), "CGO_ENABLED=0")
		if said, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
		for _, args := range [][]string{{"--version"}, {"--version", "--json"}} {
			var stderr strings.Builder
			cmd := exec.Command(program, args...)
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err, &stderr)
			}
			if len(args) > 1 {
				var info struct {
					Version, Commit string
					Release         bool
				}
				if err := json.Unmarshal(out, &info); err != nil || info.Commit != commit || info.Release != (wantHint == "") {
					t.Errorf("%v %s", err, out)
				}
			} else if !strings.HasPrefix(string(out), "licseal-verify "+wantVersion) || stderr.String() != wantHint {
				t.Errorf("%s\n%s", out, &stderr)
			}
		}
	}
	check("v0.9.0 go", "")
	testenv.WriteFile(t, filepath.Join(dir, "new.go"), "package licseal\n")
	check("v0.9.0+dirty go", "hint: this is not a release: it was built from source at "+commit[:12]+", with local changes\n")
	testenv.Git(t, dir, "add", "new.go")
	testenv.Git(t, dir, "commit", "-q", "-m", "more")
	commit = strings.TrimSpace(testenv.Git(t, dir, "rev-parse", "HEAD"))
	check("v0.9.1-0.20261120120000-"+commit[:12]+" go", "hint: this is not a release: it was built from source at "+commit[:12]+"\n")
}

// What was not recorded has no line.
func TestLinesOfLittle(t *testing.T) {
	info := from("licseal", &debug.BuildInfo{GoVersion: "go1.26.4"})
	info.System = "linux/amd64"
	if diff := cmp.Diff("licseal (unknown) go1.26.4 linux/amd64", info.Lines().String()); diff != "" {
		t.Error(diff)
	}
}

// The program that is running knows what it was built from.
func TestOfThisProgram(t *testing.T) {
	recorded, ok := debug.ReadBuildInfo()
	if !ok {
		t.Fatal("the program was built without modules")
	}
	info := Of("licseal")
	if info.Program != "licseal" || info.Go != recorded.GoVersion || info.Version != recorded.Main.Version || len(info.Settings) == 0 {
		t.Errorf("%+v is not of %+v", info, recorded)
	}
}
