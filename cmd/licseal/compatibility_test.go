//go:build unix

package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/internal/clihelp"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/internal/testenv/compat"
)

// release is the one whose files are written with -update if they are not kept yet.
const release = "v0.9.0"

const compatibility = "../../testdata/compatibility"

// What every release has written is read by this one, and what programs read of its output
// has the same form, the same words and the same exit codes.
func TestCompatibility(t *testing.T) {
	script, err := filepath.Abs(filepath.Join(compatibility, "make.sh"))
	if err != nil {
		t.Fatal(err)
	}
	if kept := filepath.Join(compatibility, release, "files"); *update {
		if _, err := os.Stat(kept); err != nil {
			if err := os.MkdirAll(kept, 0o755); err != nil {
				t.Fatal(err)
			}
			if stdout, stderr, code := runCase(t, kept, "sh "+script, defaultNow); code != 0 {
				t.Fatalf("%s\n%s\nended with %d", stdout, stderr, code)
			}
		}
	}
	folders, err := filepath.Glob(filepath.Join(compatibility, "v*"))
	if err != nil || len(folders) == 0 {
		t.Fatal("no release is kept", err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) { comparesWith(t, folder) })
	}
}

// comparesWith runs all cases in the files of a release.
func comparesWith(t *testing.T, folder string) {
	var mu sync.Mutex
	var exits []string
	t.Run("outputs", func(t *testing.T) {
		for line := range strings.Lines(string(testenv.ReadFile(t, filepath.Join(compatibility, "cases.txt")))) {
			name, command, isCase := strings.Cut(strings.TrimSpace(line), " ")
			if !isCase || name == "#" {
				continue
			}
			path := filepath.Join(folder, "outputs", name)
			if _, err := os.Stat(path); err != nil && filepath.Base(folder) != release {
				continue // it is newer than this release
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				run := func(at string) (stdout, exit string) {
					dir := filepath.Join(testenv.QuickDir(t), "files")
					if err := os.CopyFS(dir, os.DirFS(filepath.Join(folder, "files"))); err != nil {
						t.Fatal(err)
					}
					stdout, stderr, code := runCase(t, dir, command, at)
					return stdout, strings.TrimSpace(fmt.Sprintf("%s: %d %s", name, code, firstWord(stderr)))
				}
				today, exit := run("2026-12-01T12:00:00Z")
				another := ""
				if *update {
					another, _ = run("2026-12-03T15:04:05Z")
				}
				mu.Lock()
				exits = append(exits, exit)
				mu.Unlock()
				compat.Output(t, path, today, another, *update)
			})
		}
	})
	if len(exits) < 70 {
		t.Fatalf("%d cases", len(exits))
	}
	compat.Lines(t, filepath.Join(folder, "exits.txt"), exits, *update)
}

// runCase runs a command in a folder at an instant, with a server of the Admin API that is
// empty.
func runCase(t *testing.T, dir, command, at string) (stdout, stderr string, code int) {
	t.Helper()
	accept := func(context.Context, string) error { return nil }
	server := httptest.NewServer(admin.NewHandler(&admin.Memory{}, accept, nil))
	defer server.Close()
	var out, errors strings.Builder
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errors
	cmd.Env = append(os.Environ(), testOffset+"="+offsetTo(at), "KONG_ADMIN_URL="+server.URL, "HOME="+t.TempDir(), "XDG_CONFIG_HOME=")
	cmd.Run()
	return out.String(), errors.String(), cmd.ProcessState.ExitCode()
}

// firstWord returns the word with which the first error line begins, or nothing.
func firstWord(stderr string) string {
	for _, m := range regexp.MustCompile(`(?m)^([a-z-]+): `).FindAllStringSubmatch(stderr, -1) {
		if m[1] != "warning" && m[1] != "hint" {
			return m[1]
		}
	}
	return ""
}

// No command and no flag of a release is gone, or takes another kind of value.
func TestCompatibleCommands(t *testing.T) {
	var today []string
	for command, cmd := range leaves(newApp().Commands) {
		today = append(today, command)
		for _, flag := range cmd.VisibleFlags() {
			for _, name := range flag.Names() {
				_, value, _ := clihelp.Parts(flag)
				takes := "takes a value"
				if value == "" {
					takes = "is a switch"
				}
				today = append(today, fmt.Sprintf("%s: %s %s", command, name, takes))
			}
		}
	}
	compat.Lines(t, filepath.Join(compatibility, release, "commands.txt"), today, *update)
}
