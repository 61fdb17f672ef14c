// Package leak finds what the tests of a package leave behind: goroutines that still run,
// and files that are still open.
package leak

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/goleak"
)

// patience is how long goroutines and files have to end after the last test. Only a package
// that leaks something waits that long.
var patience = 5 * time.Second

// Tests is what runs the tests of a package: a *testing.M.
type Tests interface{ Run() int }

// Checked returns tests that fail if, at their end, goroutines still run or files are open
// that were not at the beginning.
func Checked(m Tests) Tests { return checked{m} }

// Keep makes an exception for a file that stays open until the process ends, because the
// tests of a package share what it belongs to.
func Keep(f *os.File) {
	if name, err := os.Readlink(fmt.Sprintf("%s/%d", folder, f.Fd())); err == nil {
		kept.Store(name, true)
	}
}

var kept sync.Map // names of files

// folder has a link for each open file of this process, on Linux.
const folder = "/proc/self/fd"

type checked struct{ Tests }

func (m checked) Run() int {
	before := openFiles()
	code := m.Tests.Run()
	if code != 0 {
		return code // a test that has failed may have left anything
	}
	for _, find := range []func() error{goroutines, func() error { return filesBeside(before) }} {
		if err := find(); err != nil {
			fmt.Fprintln(os.Stderr, "the tests passed, and left behind:", err)
			code = 1
		}
	}
	return code
}

// goroutines returns an error about those that do not end.
func goroutines() error {
	http.DefaultClient.CloseIdleConnections() // which the tests may reuse
	for end := time.Now().Add(patience); ; {
		if err := goleak.Find(); err == nil || time.Now().After(end) {
			return err
		}
	}
}

// filesBeside returns an error about files that are open and were not before.
func filesBeside(before []string) error {
	var more []string
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		more = nil
		left := slices.Clone(before)
		for _, name := range openFiles() {
			if i := slices.Index(left, name); i >= 0 {
				left = slices.Delete(left, i, i+1)
			} else if _, isKept := kept.Load(name); !isKept {
				more = append(more, name)
			}
		}
		if len(more) == 0 {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("open files: %q", more)
		}
	}
}

// openFiles returns the names of the open files of this process, where the system tells. It
// leaves out those that the runtime keeps: its poller, and the processes that it started.
func openFiles() (names []string) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil
	}
	for _, entry := range entries {
		name, err := os.Readlink(filepath.Join(folder, entry.Name()))
		if err == nil && !strings.HasPrefix(name, "anon_inode:") && !strings.HasPrefix(name, "pidfd:") && !strings.HasPrefix(name, "/proc/") {
			names = append(names, name)
		}
	}
	return names
}
