package atomicfile

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// lockWait is how long Lock waits for others.
const lockWait = 10 * time.Second

var errHeld = errors.New("held")

// Lock keeps other processes that lock it from changing a file, which need not
// exist yet, until unlock is called: so that what is read, changed and replaced is
// not something that another has replaced meanwhile. It leaves no lock file: what
// it locks is the folder.
//
// Where a folder cannot be locked, as on some network file systems, on Windows, and
// where it may be written to and not read, nothing is.
func Lock(path string) (unlock func(), err error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	folder := filepath.Dir(path)
	for end := time.Now().Add(lockWait); ; time.Sleep(5 * time.Millisecond) {
		unlock, err := tryLock(folder)
		switch {
		case err == nil:
			return unlock, nil
		case !errors.Is(err, errHeld):
			return func() {}, nil
		case time.Now().After(end):
			return nil, fmt.Errorf("another process has held the lock on the folder %s for %v", folder, lockWait)
		}
	}
}
