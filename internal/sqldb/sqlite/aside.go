package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/licseal/licseal/internal/atomicfile"
)

// suffixes are what the names of the files of a database have at their end, in the
// order in which they are moved: a log without its database is never opened, while a
// database without its log would be, and would lack what is in the log.
var suffixes = []string{"", "-wal", "-shm", "-journal", markerSuffix}

// MoveAside renames all files of a database that nobody has open. It returns the new
// name of the database; the names of the other files follow from it.
func MoveAside(path string) (string, error) {
	base := path + ".aside-" + time.Now().UTC().Format("20060102T150405Z")
	aside := base
	for i := 1; isTaken(aside); i++ {
		aside = fmt.Sprintf("%s-%d", base, i)
	}
	for _, suffix := range suffixes {
		if err := atomicfile.Move(path+suffix, aside+suffix, true); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return aside, nil
}

// isTaken reports whether there is any file of a database.
func isTaken(path string) bool {
	for _, suffix := range suffixes {
		if _, err := os.Lstat(path + suffix); err == nil {
			return true
		}
	}
	return false
}
