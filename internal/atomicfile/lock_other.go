//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package atomicfile

import (
	"errors"
	"io/fs"
	"os"
)

// keepOwner does nothing: a file has the owner that its folder gives it.
func keepOwner(*os.File, fs.FileInfo) {}

// tryLock cannot lock a folder here.
func tryLock(string) (unlock func(), err error) { return nil, errors.ErrUnsupported }
