//go:build unix

package check

import (
	"io/fs"
	"syscall"
)

// isRootOnly reports whether only the user root can read a file, or go into a folder.
func isRootOnly(info fs.FileInfo) bool {
	need := fs.FileMode(0o044)
	if info.IsDir() {
		need = 0o011
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Uid == 0 && info.Mode().Perm()&need == 0
}
