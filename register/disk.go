package register

import (
	"errors"
	"io/fs"
	"os"

	"github.com/licseal/licseal/internal/atomicfile"
)

// disk is how a register is written; tests have others that fail. Writes that are not
// synced, and names whose folders are not, may be lost with the power.
type disk struct {
	mkdir    func(dir string) error // with its parents
	chmod    func(dir string, perm fs.FileMode) error
	open     func(name string, flag int) (*os.File, error)
	writeAt  func(f *os.File, data []byte, offset int64) error
	truncate func(f *os.File, size int64) error
	sync     func(f *os.File) error
	syncDir  func(dir string)
	syncAll  func(dir string) (ok bool, err error) // the whole file system
	remove   func(name string) error               // a file or a folder with all it has
	create   func(name string, data []byte, perm fs.FileMode) error
	replace  func(name string, data []byte, perm fs.FileMode) error
}

var realDisk = disk{
	mkdir: func(dir string) error { return os.MkdirAll(dir, 0o755) },
	chmod: os.Chmod,
	open:  func(name string, flag int) (*os.File, error) { return os.OpenFile(name, flag, 0o644) },
	writeAt: func(f *os.File, data []byte, offset int64) error {
		_, err := f.WriteAt(data, offset)
		return err
	},
	truncate: (*os.File).Truncate,
	sync:     (*os.File).Sync,
	syncDir:  func(dir string) { atomicfile.SyncDir(dir + "/any") },
	syncAll:  syncAll,
	remove:   os.RemoveAll,
	create:   atomicfile.Create,
	replace:  atomicfile.Replace,
}

// system is the disk in use.
var system = realDisk

// writeFile writes a file that may exist, and syncs it if sync.
func (d *disk) writeFile(name string, data []byte, sync bool) error {
	f, err := d.open(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return err
	}
	err = d.writeAt(f, data, 0)
	if err == nil && sync {
		err = d.sync(f)
	}
	return errors.Join(err, f.Close())
}
