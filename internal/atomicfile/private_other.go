//go:build !windows

package atomicfile

import "os"

// createPrivate makes an empty file that only its owner may read or write.
func createPrivate(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

// IsPrivate reports whether nobody but the owner of a file, and root, may read it.
func IsPrivate(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().Perm()&0o077 == 0
}
