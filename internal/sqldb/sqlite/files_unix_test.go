//go:build unix

package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// isLocked reports whether a process has a lock on a file, on Linux.
func isLocked(t *testing.T, path string) bool {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	locks, _ := os.ReadFile("/proc/locks")
	return strings.Contains(string(locks), fmt.Sprintf(":%d ", info.Sys().(*syscall.Stat_t).Ino))
}

// A new database is readable by nobody else, whatever the umask.
func TestPermissions(t *testing.T) {
	umask := syscall.Umask(0)
	defer syscall.Umask(umask)
	path := filepath.Join(t.TempDir(), "x.db")
	if err := add(t.Context(), open(t, path), "text"); err != nil {
		t.Fatal(err)
	}
	got := make(map[string]os.FileMode)
	for suffix := range files(t, path) {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		got[suffix] = info.Mode()
	}
	if diff := cmp.Diff(map[string]os.FileMode{"": 0o600, "-wal": 0o600, "-shm": 0o600, "-marker": 0o600}, got); diff != "" {
		t.Error(diff)
	}
}
