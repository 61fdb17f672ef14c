// Package atomicfile writes files that at every moment, and after any crash, have
// either their old content or their new one.
//
// The data is written to a temporary file in the same folder, whose name begins with a
// dot and ends in .tmp. That file then gets the name. If writing fails, the temporary
// file is removed. A program that is killed may leave one behind, which is never read and
// can be deleted. [RemoveLeft] does so for a caller who knows that nobody else is writing.
package atomicfile

import (
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// ErrMountPoint is in the error for replacing a file that is a mount point, as in a
// container that mounts a single file.
var ErrMountPoint = errors.New("is mounted by itself and cannot be replaced: mount its folder instead, writable")

// Create writes data to a new file with the permissions perm, before umask. If the
// name exists already, even as a symbolic link that leads nowhere, nothing is changed,
// and the error is fs.ErrExist.
//
// On a file system without hard links, the file has its name while it is being
// written.
func Create(path string, data []byte, perm fs.FileMode) error {
	return system.create(path, content(data), perm, true)
}

// CreateWith is [Create] for data that is too large to be held in memory. On a file
// system without hard links, write is called twice.
func CreateWith(path string, perm fs.FileMode, write func(io.Writer) error) error {
	return system.create(path, write, perm, true)
}

// CreateSoon is Create, except that it does not wait until the data is on the disk,
// which takes longer than everything else: after a loss of power, the file may be
// empty. It is for many files that can be written again.
func CreateSoon(path string, data []byte, perm fs.FileMode) error {
	return system.create(path, content(data), perm, false)
}

// Replace writes data to a file that may exist. A symbolic link is kept and the file
// that it leads to is replaced; a link that leads nowhere is replaced itself. An
// existing file keeps its permissions, and its owner and group as far as this process
// may set them; a new one gets perm, before umask.
func Replace(path string, data []byte, perm fs.FileMode) error {
	return system.replace(path, content(data), perm)
}

// ReplaceLike is [Replace], but a new file gets the owner and group of the file like, as
// far as this process may set them.
func ReplaceLike(path, like string, data []byte, perm fs.FileMode) error {
	return system.replaceLike(path, like, content(data), perm)
}

// Move gives a file that is complete its final name, in the same folder, and makes that
// name survive a loss of power. Unless overwrite, a file that has the name already is
// kept, even if it has appeared a moment ago, and the error is fs.ErrExist.
func Move(temp, path string, overwrite bool) error { return system.move(temp, path, overwrite) }

// RemoveLeft removes the temporary files that killed programs have left while they wrote
// a file. The caller must hold a lock that keeps all others from writing it.
func RemoveLeft(path string) {
	dir, base := filepath.Dir(path), filepath.Base(path)
	names, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, entry := range names {
		random, isTemp := strings.CutPrefix(entry.Name(), "."+base+".")
		random, ended := strings.CutSuffix(random, tempEnding)
		if isTemp && ended && len(random) == randomLen && entry.Type().IsRegular() {
			_ = system.remove(filepath.Join(dir, entry.Name()))
		}
	}
}

// TempName returns a name for the temporary file of a file, as all have that this package
// makes: see [RemoveLeft].
func TempName(path string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text()[:randomLen]+tempEnding)
}

const (
	randomLen  = 12
	tempEnding = ".tmp"
)

// content returns a func that writes data.
func content(data []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}
}

// SyncDir makes the name of a file survive a loss of power, if its folder can be
// synced.
func SyncDir(path string) { system.syncDir(path) }

func (d disk) create(path string, write func(io.Writer) error, perm fs.FileMode, sync bool) error {
	if _, err := os.Lstat(path); err == nil {
		return &fs.PathError{Op: "create", Path: path, Err: fs.ErrExist}
	}
	temp, err := d.writeTemp(path, write, perm, nil, sync)
	if err != nil {
		return err
	}
	defer d.remove(temp)
	// Unlike a rename, a link never replaces a file that has appeared in the meantime.
	err = d.link(temp, path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = d.createWithoutLink(path, write, perm, sync) // a file system without hard links
	}
	if err != nil {
		return err
	}
	if sync {
		d.syncDir(path)
	}
	return nil
}

func (d disk) createWithoutLink(path string, write func(io.Writer) error, perm fs.FileMode, sync bool) error {
	f, err := d.open(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	if err := d.writeAndClose(f, write, sync); err != nil {
		return errors.Join(err, d.remove(path))
	}
	return nil
}

func (d disk) replace(path string, write func(io.Writer) error, perm fs.FileMode) error {
	return d.replaceLike(path, path, write, perm)
}

func (d disk) replaceLike(path, like string, write func(io.Writer) error, perm fs.FileMode) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	old, err := os.Stat(path)
	switch {
	case err != nil:
		if old, err = os.Stat(like); err != nil {
			old = nil
		}
	case old.IsDir():
		return &fs.PathError{Op: "replace", Path: path, Err: errors.New("is a directory")}
	default:
		perm = old.Mode().Perm()
	}
	temp, err := d.writeTemp(path, write, perm, old, true)
	if err != nil {
		return err
	}
	if err := d.rename(temp, path); err != nil {
		if errors.Is(err, syscall.EBUSY) {
			err = &fs.PathError{Op: "replace", Path: path, Err: ErrMountPoint}
		}
		return errors.Join(err, d.remove(temp))
	}
	d.syncDir(path)
	return nil
}

func (d disk) move(temp, path string, overwrite bool) error {
	if !overwrite {
		// Unlike a rename, a link never replaces a file.
		if d.link(temp, path) == nil {
			d.syncDir(path)
			return d.remove(temp)
		}
		if _, err := os.Lstat(path); err == nil {
			return &fs.PathError{Op: "rename", Path: path, Err: fs.ErrExist}
		}
	} // the file system has no links
	if err := d.rename(temp, path); err != nil {
		return err
	}
	d.syncDir(path)
	return nil
}

// writeTemp writes a new file in the folder of path and returns its name. If
// old is not nil, the file gets its owner and exactly the permissions perm; otherwise
// perm is before umask. If writing fails, the file is removed.
func (d disk) writeTemp(path string, write func(io.Writer) error, perm fs.FileMode, old fs.FileInfo, sync bool) (name string, err error) {
	// Not os.CreateTemp, which ignores the umask.
	name = TempName(path)
	f, err := d.open(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return "", err
	}
	if old != nil {
		// By the open file, since others who may write to the folder could replace
		// its name.
		keepOwner(f, old)
		err = f.Chmod(perm) // umask has removed some
	}
	if err != nil {
		d.close(f)
	} else {
		err = d.writeAndClose(f, write, sync)
	}
	if err != nil {
		return "", errors.Join(err, d.remove(name))
	}
	return name, nil
}

func (d disk) writeAndClose(f *os.File, write func(io.Writer) error, sync bool) error {
	err := write(&File{d, f})
	if err == nil && sync {
		err = d.sync(f)
	}
	if closeErr := d.close(f); err == nil {
		err = closeErr // a network file system may report a full disk only here
	}
	return err
}

func (d disk) syncDir(path string) {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return
	}
	defer dir.Close()
	_ = d.sync(dir) // not every file system can
}
