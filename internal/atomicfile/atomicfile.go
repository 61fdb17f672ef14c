// Package atomicfile writes files that are, at every moment and after any
// crash, either what they were or what they are meant to become.
//
// The data is written to a file beside the one that is meant, whose name begins
// with a dot and ends in .tmp, and that file then takes the name. A failure leaves
// no such file behind. A program that is killed while it writes may leave one; it
// is not removed later, because it may as well belong to a program that is still
// writing. It is never read, and can be deleted.
package atomicfile

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// ErrMountPoint is in the error for replacing a file that is a mount point, as a
// container has that mounts a single file.
var ErrMountPoint = errors.New("is mounted by itself and cannot be replaced: mount its folder instead, writable")

// Create writes data to a new file with the permissions perm, less the umask. If
// there is anything of that name already, even a symbolic link that leads nowhere,
// it is left as it is, and the error is fs.ErrExist.
//
// On a file system without hard links, the file has its name while it is being
// written.
func Create(path string, data []byte, perm fs.FileMode) error {
	return create(path, data, perm, true)
}

// CreateSoon is Create, but for that it does not wait until the disk has the data,
// which takes longer than all the rest: after a loss of power, the file may be there
// with nothing in it. It is for many files that are looked at again after one.
func CreateSoon(path string, data []byte, perm fs.FileMode) error {
	return create(path, data, perm, false)
}

func create(path string, data []byte, perm fs.FileMode, sync bool) error {
	if _, err := os.Lstat(path); err == nil {
		return &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
	}
	temp, err := writeTemp(path, data, perm, nil, sync)
	if err != nil {
		return err
	}
	defer os.Remove(temp)
	// Unlike a rename, a link never replaces a file that came up meanwhile.
	err = os.Link(temp, path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = createWithoutLink(path, data, perm, sync) // a file system without hard links
	}
	if err != nil {
		return err
	}
	if sync {
		SyncDir(path)
	}
	return nil
}

func createWithoutLink(path string, data []byte, perm fs.FileMode, sync bool) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	if err := writeAndClose(f, data, sync); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// Replace writes data to a file, in place of what was there. A symbolic link
// stays, and the file that it leads to is replaced; one that leads nowhere is
// replaced itself. An existing file keeps its permissions, and its owner and group as
// far as this process may give files away; a new one gets perm, less the umask.
func Replace(path string, data []byte, perm fs.FileMode) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	old, err := os.Stat(path)
	switch {
	case err != nil:
		old = nil
	case old.IsDir():
		return &fs.PathError{Op: "replace", Path: path, Err: errors.New("is a directory")}
	default:
		perm = old.Mode().Perm()
	}
	temp, err := writeTemp(path, data, perm, old, true)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		if errors.Is(err, syscall.EBUSY) {
			err = &fs.PathError{Op: "replace", Path: path, Err: ErrMountPoint}
		}
		return errors.Join(err, os.Remove(temp))
	}
	SyncDir(path)
	return nil
}

// writeTemp writes data to a new file beside path, which is to take the place of
// old unless that is nil, and returns its name. On failure, no file is left behind.
// os.CreateTemp would pass the umask over.
func writeTemp(path string, data []byte, perm fs.FileMode, old fs.FileInfo, sync bool) (name string, err error) {
	name = filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text()[:12]+".tmp")
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return "", err
	}
	// Not by its name, which others who may write the folder may give away.
	if old != nil {
		keepOwner(f, old)
		err = f.Chmod(perm) // what the umask took away
	}
	if err != nil {
		f.Close()
	} else {
		err = writeAndClose(f, data, sync)
	}
	if err != nil {
		return "", errors.Join(err, os.Remove(name))
	}
	return name, nil
}

func writeAndClose(f *os.File, data []byte, sync bool) error {
	_, err := f.Write(data)
	if err == nil && sync {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

// SyncDir makes the name of a file last through a loss of power. Where a folder
// cannot be synced or read, the file itself still was.
func SyncDir(path string) {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return
	}
	defer dir.Close()
	_ = dir.Sync()
}
