//go:build unix

package state_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/verify"
)

// What is no regular file is refused, and not waited for; nothing is made beside it.
func TestNoRegularFile(t *testing.T) {
	folder := t.TempDir()
	pipe := filepath.Join(folder, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, "/dev/null", t.TempDir()} {
		if _, err := state.Read(path); err == nil || !strings.HasSuffix(err.Error(), "is not a regular file") {
			t.Errorf("read %s: %v", path, err)
		}
		if _, err := state.Update(path, func(*verify.Memory) error { return nil }); err == nil || !strings.HasSuffix(err.Error(), "is not a regular file") {
			t.Errorf("update %s: %v", path, err)
		}
	}
	if left, _ := os.ReadDir(folder); len(left) != 1 { // not /dev, where others may leave files
		t.Errorf("made in the folder: %v", left)
	}
}
