package register

import (
	"os"

	"golang.org/x/sys/unix"
)

// manyFiles is how many files are worth a sync of the whole file system: it costs about
// as much as that of a few files.
const manyFiles = 8

// syncAll makes everything that was written to the file system of a folder safe on the
// disk. ok is false if this system cannot.
func syncAll(dir string) (ok bool, err error) {
	f, err := os.Open(dir)
	if err != nil {
		return false, err
	}
	defer f.Close()
	return true, unix.Syncfs(int(f.Fd()))
}
