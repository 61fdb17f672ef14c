// Package filelock lets one process at a time change a file, or several use it while
// none may change it.
//
// The lock of FILE is the file FILE.lock in the same folder. It is removed when
// the lock is released. A process that is killed leaves it behind, but not locked:
// the next process takes it over.
package filelock

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

const (
	// maxWait bounds how long Acquire waits. Files are changed in milliseconds.
	maxWait = 10 * time.Second

	// pollInterval is how often Acquire tries to get a lock that is held.
	pollInterval = 5 * time.Millisecond
)

// ErrHeld means that another process, or another Lock of this one, holds the lock.
var ErrHeld = errors.New("another process has locked the file")

// Suffix is what the name of a lock has after the name of its file.
const Suffix = ".lock"

// Lock is held until Release is called.
type Lock struct {
	file   *flock.Flock
	shared bool
}

// Acquire locks a file, which need not exist. It waits while another process holds
// the lock, until ctx ends and at most ten seconds; then the error is [ErrHeld], or
// context.Canceled if ctx was canceled. Symbolic links are followed, so a file has
// the same lock under each of its names.
//
// A file or a lock that is not a regular file, such as a device or a pipe, is an
// error, and so is a lock that is not empty: it is somebody's file. So is a file system that has no locks: the error then wraps
// errors.ErrUnsupported, and nothing is locked.
func Acquire(ctx context.Context, path string) (*Lock, error) { return acquire(ctx, path, false) }

// AcquireShared is like [Acquire], but any number of processes, and Locks of this one,
// may hold the lock at the same time. While one of them does, Acquire fails, and the
// other way round.
func AcquireShared(ctx context.Context, path string) (*Lock, error) { return acquire(ctx, path, true) }

func acquire(ctx context.Context, path string, shared bool) (*Lock, error) {
	ctx, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	for {
		l, err := lock(path, shared)
		if !errors.Is(err, ErrHeld) {
			return l, err
		}
		select {
		case <-time.After(pollInterval):
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return nil, ctx.Err()
			}
			return nil, err
		}
	}
}

// Try is like [Acquire], but does not wait: the error is [ErrHeld] at once.
func Try(path string) (*Lock, error) { return lock(path, false) }

func lock(path string, shared bool) (*Lock, error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if err := checkRegular(path); err != nil {
		return nil, err
	}
	for {
		l, err := try(path+Suffix, shared)
		if err != nil || l != nil {
			return l, err
		}
	}
}

// try locks the lock file at path. It returns nil if the lock was released, and so
// removed, between opening and locking it.
func try(path string, shared bool) (*Lock, error) {
	if err := checkRegular(path); err != nil {
		return nil, err
	}
	file := flock.New(path, flock.SetFlag(openFlag), flock.SetPermissions(0o644))
	get := file.TryLock
	if shared {
		get = file.TryRLock
	}
	locked, err := get()
	switch {
	case err != nil:
		return nil, explain(path, err)
	case !locked:
		return nil, ErrHeld
	}
	if isThere, err := check(file); err != nil || !isThere {
		file.Unlock() // not Release, which would remove the file
		return nil, err
	}
	return &Lock{file, shared}, nil
}

// check reports whether the locked file still has its name. The error says that it
// is not a lock.
func check(file *flock.Flock) (isThere bool, err error) {
	mine, err := file.Stat()
	if err != nil {
		return false, err
	}
	there, err := os.Lstat(file.Path())
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && !os.SameFile(mine, there):
		return false, nil
	case err != nil:
		return false, err
	case !mine.Mode().IsRegular():
		return false, notRegular(file.Path())
	case mine.Size() > 0:
		return false, &fs.PathError{Op: "lock", Path: file.Path(), Err: errors.New("is not a lock, since it is not empty; move it away")}
	}
	return true, nil
}

// Release unlocks the file. The last to release the lock removes it.
func (l *Lock) Release() {
	if l.shared {
		l.file.Unlock()
		// Only who holds the lock alone may remove it.
		alone, err := try(l.file.Path(), false)
		if err != nil || alone == nil {
			return
		}
		l = alone
	}
	if removeHeld {
		os.Remove(l.file.Path()) // before others can lock it
		l.file.Unlock()
		return
	}
	l.file.Unlock()
	os.Remove(l.file.Path()) // fails if another process has opened it, which then has the lock
}

// checkRegular refuses what is there and is not a regular file.
func checkRegular(path string) error {
	info, err := os.Lstat(path)
	if err == nil && !info.Mode().IsRegular() {
		return notRegular(path)
	}
	return nil
}

func notRegular(path string) error {
	return &fs.PathError{Op: "lock", Path: path, Err: errors.New("is not a regular file")}
}

// explain says what an error of locking means.
func explain(path string, err error) error {
	if isUnsupported(err) {
		return fmt.Errorf("%s: the file system does not support file locks (%v): %w", path, cause(err), errors.ErrUnsupported)
	}
	return err
}

// cause returns an error about a file without the name of the file.
func cause(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}
