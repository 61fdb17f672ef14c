package atomicfile

import (
	"io/fs"
	"os"
)

// disk is how files are written; tests have others that fail.
type disk struct {
	open     func(name string, flag int, perm fs.FileMode) (*os.File, error)
	write    func(*os.File, []byte) (int, error)
	truncate func(*os.File, int64) error
	sync     func(*os.File) error
	close    func(*os.File) error
	link     func(oldname, newname string) error
	rename   func(oldname, newname string) error
	remove   func(name string) error
}

var system = real

var real = disk{
	openFile, (*os.File).Write, (*os.File).Truncate, (*os.File).Sync, (*os.File).Close, os.Link, os.Rename, os.Remove,
}

// openFile opens a file. On Windows, the only permissions are those of 0600, if the file
// system has access control; [IsPrivate] tells.
func openFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	if perm == 0o600 && flag == os.O_WRONLY|os.O_CREATE|os.O_EXCL {
		return createPrivate(name)
	}
	return os.OpenFile(name, flag, perm)
}

// File is a file that is written piece by piece, under a name that is not its final one: see
// [Move].
type File struct {
	disk disk
	file *os.File
}

// OpenFile is [os.OpenFile] for a file that is to be written.
func OpenFile(name string, flag int, perm fs.FileMode) (*File, error) {
	f, err := system.open(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return &File{system, f}, nil
}

// Remove removes a file.
func Remove(name string) error { return system.remove(name) }

// These are those of [os.File].
func (f *File) Write(b []byte) (int, error)                  { return f.disk.write(f.file, b) }
func (f *File) Truncate(size int64) error                    { return f.disk.truncate(f.file, size) }
func (f *File) Sync() error                                  { return f.disk.sync(f.file) }
func (f *File) Seek(offset int64, whence int) (int64, error) { return f.file.Seek(offset, whence) }
func (f *File) Read(b []byte) (int, error)                   { return f.file.Read(b) }
func (f *File) ReadAt(b []byte, off int64) (int, error)      { return f.file.ReadAt(b, off) }
func (f *File) Stat() (fs.FileInfo, error)                   { return f.file.Stat() }

// Close closes the file, unless it is nil.
func (f *File) Close() error {
	if f == nil {
		return os.ErrInvalid
	}
	return f.disk.close(f.file)
}
