// Package testenv has what the tests of several packages need of the machine:
// programs, small disks, time for long loops, and files.
//
// Go alone is enough to run most tests. One that needs something else of the machine
// is skipped if that is missing, or fails if the variable LICSEAL_TEST_ALL is set, as
// in .ci/run. Tests that take long do a small part of their work, or all of it if
// the variable LICSEAL_TEST_SLOW is set.
package testenv

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const (
	// All is the variable that is set where no test may be skipped.
	All = "LICSEAL_TEST_ALL"

	// Clock is the variable that says how far .ci/at has moved the clock, which programs
	// that a test starts in an environment of its own need, too.
	Clock = "TEST_TIME_OFFSET"

	// Race is the variable with the settings of the race detector.
	Race = "GORACE"

	// slow is the variable that is set where tests do all of their work.
	slow = "LICSEAL_TEST_SLOW"
)

// Programs skips or fails the test unless all of the programs are in PATH.
func Programs(t testing.TB, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			Missing(t, name+" is not installed")
		}
	}
}

// Missing skips the test, or fails it where no test may be skipped.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv(All) != "" {
		t.Fatalf("%s, and %s is set", what, All)
	}
	t.Skip(what)
}

// Demanded returns an error about what is missing where no test may be skipped. It is
// for the conditions of scripts.
func Demanded(what string) error {
	if os.Getenv(All) == "" {
		return nil
	}
	return fmt.Errorf("there is no %s here, and %s is set", what, All)
}

// Scripts fails the test if no test may be skipped and one of the programs is not in
// PATH. It is for scripts, which leave out what they cannot run.
func Scripts(t testing.TB, names ...string) {
	t.Helper()
	if os.Getenv(All) != "" {
		Programs(t, names...)
	}
}

// Rounds returns how often a loop runs: a few times, or if slow tests are wanted, all
// times, or the share of them that the variable says, such as 1/20.
func Rounds(few, all int) int {
	wanted := os.Getenv(slow)
	if wanted == "" {
		return few
	}
	if parts, ok := strings.CutPrefix(wanted, "1/"); ok {
		if n, err := strconv.Atoi(parts); err == nil && n > 0 {
			return max(few, all/n)
		}
	}
	return all
}

// QuickDir returns a new folder for small files, in memory where the system has such
// folders. It is for tests that write files thousands of times.
func QuickDir(t testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "licseal-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// ExitAtOnce is for tests that run their own program many times: built with the race
// detector, each would sleep for a second when it exits. Programs that do not get the
// environment of the tests, such as those of scripts, must be given Race.
func ExitAtOnce() { os.Setenv(Race, strings.TrimSpace(os.Getenv(Race)+" atexit_sleep_ms=0")) }

// Isolate unsets the variables by which a user changes what the programs do, so that no
// test depends on who runs it.
func Isolate() {
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		ours := strings.HasPrefix(name, "LICSEAL") && !strings.HasPrefix(name, "LICSEAL_TEST") && !strings.HasPrefix(name, "LICSEALD_TEST")
		if ours || strings.HasPrefix(name, "KONG_") || name == "NO_COLOR" || name == "GOGC" || name == "GOMEMLIMIT" || name == "SSH_AUTH_SOCK" {
			os.Unsetenv(name)
		}
	}
}

// SmallDisk returns a folder on a disk of its own, until the test ends. The options
// are those of tmpfs, as "size=1m".
func SmallDisk(t testing.TB, options string) string {
	t.Helper()
	dir := t.TempDir()
	if output, err := exec.Command("mount", "-t", "tmpfs", "-o", options, "tmpfs", dir).CombinedOutput(); err != nil {
		Missing(t, fmt.Sprintf("no small disk can be mounted here: %v: %s", err, output))
	}
	t.Cleanup(func() { exec.Command("umount", dir).Run() })
	return dir
}

// Run runs a program and returns what it prints. The test fails if the program does,
// and is skipped if it is not installed.
func Run(t testing.TB, name string, args ...string) string {
	t.Helper()
	Programs(t, name)
	var stderr strings.Builder
	command := exec.Command(name, args...)
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, output, &stderr)
	}
	return string(output)
}

// Build builds a program of this module, such as licseal, and returns its path.
func Build(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	build := exec.Command("go", "build", "-o", path, "github.com/licseal/licseal/cmd/"+name)
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building %s: %v\n%s", name, err, output)
	}
	return path
}

// WriteFile writes a file that only its owner can read.
func WriteFile[T string | []byte](t testing.TB, path string, data T) {
	t.Helper()
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

// ReadFile returns the content of a file.
func ReadFile(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
