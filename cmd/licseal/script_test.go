//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal/internal/testenv"
	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs the sessions in testdata/script. In them, licseal is the real
// program, each time a process of its own. What testscript does not have:
//
//	exits CODE PROGRAM ARGS…   run a program that must end with this exit code
//	complains TEXT             standard error is this line, and hints if any
//	prints FILE                standard output is FILE less its last newline, to the byte
//	smalldisk DIR              mount a file system of 16 KiB there
//	later DURATION             put the clock of all later programs forward
//
// and the conditions [root] and [mounts]: file systems can be mounted here.
func TestScripts(t *testing.T) {
	testenv.Scripts(t, "openssl", "jq", "ssh-keygen", "ssh-agent", "ssh-add", "setpriv", "bash")
	testscript.Run(t, testscript.Params{
		Dir:                "testdata/script",
		RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv(testOffset, os.Getenv(testOffset))
			env.Setenv(testenv.Race, os.Getenv(testenv.Race))
			env.Setenv(testenv.Clock, os.Getenv(testenv.Clock))
			env.Setenv("SHIFT", shiftOfDate())
			return nil
		},
		Condition: func(condition string) (bool, error) {
			switch condition {
			case "root":
				return os.Getuid() == 0, nil
			case "mounts":
				if !canMount(t) {
					return false, testenv.Demanded("small disk that can be mounted")
				}
				return true, nil
			}
			return false, fmt.Errorf("there is no condition %s", condition)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"adminapi":  adminAPI,
			"exits":     exits,
			"complains": complains,
			"prints":    prints,
			"smalldisk": smallDisk,
			"later":     later,
		},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got, err = exit.ExitCode(), nil
	}
	ts.Check(err)
	if got != want {
		ts.Fatalf("%s ended with exit code %d, not %d", args[1], got, want)
	}
}

func complains(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: complains TEXT")
	}
	lines := strings.Split(strings.TrimSuffix(ts.ReadFile("stderr"), "\n"), "\n")
	if lines[0] != args[0] {
		ts.Fatalf("it said\n\t%s\nand not\n\t%s", lines[0], args[0])
	}
	for _, line := range lines[1:] {
		if !strings.HasPrefix(line, "hint: ") {
			ts.Fatalf("it said more than one line: %s", line)
		}
	}
}

func prints(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: prints FILE")
	}
	want := strings.TrimSuffix(ts.ReadFile(args[0]), "\n")
	if got := ts.ReadFile("stdout"); got != want {
		ts.Fatalf("it printed\n%q\nand not\n%q", got, want)
	}
}

func smallDisk(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: smalldisk DIR")
	}
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	ts.Check(mountSmallDisk(dir))
	ts.Defer(func() { exec.Command("umount", dir).Run() })
}

func later(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: later DURATION")
	}
	more, err := time.ParseDuration(args[0])
	ts.Check(err)
	offset, err := time.ParseDuration(ts.Getenv(testOffset))
	ts.Check(err)
	ts.Setenv(testOffset, (offset + more).String())
}

func mountSmallDisk(dir string) error {
	return exec.Command("mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", dir).Run()
}

// canMount reports whether a small disk can be mounted here.
func canMount(t *testing.T) bool {
	dir := t.TempDir()
	if mountSmallDisk(dir) != nil {
		return false
	}
	return exec.Command("umount", dir).Run() == nil
}
