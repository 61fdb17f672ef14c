//go:build !windows

package atomicfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/licseal/licseal/internal/atomicfile"
)

// A file is private if nobody but its owner has any permission.
func TestIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if atomicfile.IsPrivate(path) {
		t.Error("a file that does not exist is private")
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for mode, want := range map[fs.FileMode]bool{0o600: true, 0o700: true, 0o400: true, 0: true, 0o640: false, 0o604: false, 0o620: false, 0o602: false, 0o610: false, 0o601: false, 0o666: false} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if got := atomicfile.IsPrivate(path); got != want {
			t.Errorf("%v: %t", mode, got)
		}
	}
	if err := errors.Join(os.Remove(path), atomicfile.Create(path, nil, 0o600)); err != nil || !atomicfile.IsPrivate(path) {
		t.Errorf("a new file for its owner alone is not private: %v", err)
	}
}
