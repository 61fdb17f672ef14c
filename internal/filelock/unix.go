//go:build unix

package filelock

import (
	"errors"
	"os"
	"runtime"
	"syscall"
)

// openFlag neither waits for the other end of a pipe nor follows a link.
var openFlag = os.O_CREATE | access() | syscall.O_NONBLOCK | syscall.O_NOFOLLOW

// access returns how a lock is opened. Where locks are those of fcntl, it must be
// for writing.
func access() int {
	switch runtime.GOOS {
	case "aix", "solaris", "illumos":
		return os.O_RDWR
	}
	return os.O_RDONLY
}

// removeHeld says that a file may be removed while it is open.
const removeHeld = true

// isUnsupported reports whether an error says that there are no locks, as ENOLCK
// does on some network file systems.
func isUnsupported(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.ENOLCK)
}
