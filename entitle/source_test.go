//go:build unix

package entitle_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/entitle"
)

// A pipe that nobody writes to, in the licence folder or in place of the licence,
// keeps nobody waiting.
func TestPipe(t *testing.T) {
	s := newServer(t, at("2026-11-21"))
	put(t, filepath.Join(s.dir, "good.json"), signed(t, plan()))
	if err := syscall.Mkfifo(filepath.Join(s.dir, "a pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	within(t, "a POST", func() {
		if status, body := s.call(t, "POST", keyBody(t, "K-1")); status != 200 {
			t.Errorf("%d %v", status, body)
		}
	})
	installed := filepath.Join(s.dir, "installed.json")
	if err := os.Remove(installed); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(installed, 0o644); err != nil {
		t.Fatal(err)
	}
	within(t, "a tick", func() { s.guard.Tick(t.Context()) })
	if status := s.guard.Status(); status.State != entitle.Active || status.LoadErr == nil || !strings.Contains(status.LoadErr.Error(), "is not a regular file") {
		t.Errorf("%q, %v", status.State, status.LoadErr)
	}
	within(t, "Close", func() { s.guard.Close() })
}

// No more is read of a licence than one may have.
func TestLargeFile(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "installed.json"), bytes.Repeat([]byte(" "), 1<<20))
	if data, _, err := entitle.NewFolder(dir).Load(); err != nil || len(data) > licseal.DefaultMaxBytes+1 {
		t.Errorf("%d bytes were read: %v", len(data), err)
	}
}
