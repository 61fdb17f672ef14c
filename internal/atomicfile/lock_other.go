//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package atomicfile

import "errors"

// tryLock cannot lock a folder here.
func tryLock(string) (unlock func(), err error) { return nil, errors.ErrUnsupported }
