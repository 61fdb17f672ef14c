package register

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/licseal/licseal/internal/text"
)

// newFolder makes a folder that only its owner can enter. An empty folder that exists
// becomes such a folder, because a register has the names of customers.
func newFolder(dir string) error {
	err := os.Mkdir(dir, 0o700)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the folder %s does not exist", filepath.Dir(dir))
	case !errors.Is(err, fs.ErrExist):
		return text.Cause(err)
	}
	if err := isEmpty(dir); err != nil {
		return err
	}
	if err := makePrivate(dir); err != nil {
		return err
	}
	return isEmpty(dir) // until now, others may have been able to add files
}

// isEmpty returns an error if a folder has files.
func isEmpty(dir string) error {
	files, err := os.ReadDir(dir)
	switch {
	case err != nil:
		return text.Cause(err)
	case len(files) > 0:
		return errors.New("the folder exists, and is not empty")
	}
	return nil
}

// makePrivate takes the permissions of everybody but the owner from a folder. On Windows,
// where a folder has none, it is as private as the folder above it.
func makePrivate(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return text.Cause(err)
	}
	if runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	if err := system.chmod(dir, 0o700); err != nil {
		return fmt.Errorf("others can enter the folder (mode %04o), and it cannot be made private: %w; use a folder of your own", info.Mode().Perm(), text.Cause(err))
	}
	return nil
}
