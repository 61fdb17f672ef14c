//go:build unix

package register_test

import (
	"os"
	"path/filepath"
	"testing"
)

// Nobody but its owner can enter the folder of a new register, or read its key.
func TestNewIsPrivate(t *testing.T) {
	dir := create(t)
	for path, want := range map[string]os.FileMode{dir: 0o700 | os.ModeDir, filepath.Join(dir, "key"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode() != want {
			t.Errorf("%s has mode %v: %v", path, info.Mode(), err)
		}
	}
}
