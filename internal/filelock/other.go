//go:build !unix

package filelock

import (
	"errors"
	"os"
)

const (
	openFlag = os.O_CREATE | os.O_RDONLY

	// removeHeld says that a file cannot be removed while it is open.
	removeHeld = false
)

// isUnsupported reports whether an error says that there are no locks.
func isUnsupported(err error) bool { return errors.Is(err, errors.ErrUnsupported) }
