package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/licseal/licseal/internal/text"
)

// Place is where a gateway runs, as far as its licence goes.
type Place struct {
	// Getenv returns a variable of the gateway's environment. If nil,
	// os.Getenv. A variable that is empty counts as not set.
	Getenv func(name string) string

	// Root is the folder under which the gateway's files are, such as a
	// mounted image. Symbolic links are followed inside of it only. If
	// empty, the files are those of this machine.
	Root string

	// Records asks the Admin API for its licences. If nil, it is not asked.
	Records     func(ctx context.Context) ([]Installed, error)
	RecordsName string // what output calls it, such as its URL
}

func (p Place) getenv(name string) string {
	if p.Getenv == nil {
		return os.Getenv(name)
	}
	return p.Getenv(name)
}

// readFile reads a file as the gateway sees it.
func (p Place) readFile(name string) ([]byte, error) {
	if p.Root == "" {
		info, err := os.Stat(name)
		if err == nil {
			err = plainFile(info)
		}
		if err != nil {
			return nil, cause(err)
		}
		f, err := os.Open(name)
		if err != nil {
			return nil, cause(err)
		}
		return readBounded(f)
	}
	root, err := os.OpenRoot(p.Root)
	if err != nil {
		return nil, fmt.Errorf("the root %s: %v", p.Root, cause(err)) // not a file that may be missing
	}
	defer root.Close()
	return readInside(root, name)
}

// maxLinks bounds the symbolic links on the way to a file.
const maxLinks = 40

// readInside reads a file under a root, whose symbolic links mean the same as if
// the root were the top: a link to /run/x leads to ROOT/run/x.
func readInside(root *os.Root, name string) ([]byte, error) {
	resolved, rest := "", path.Clean("/" + filepath.ToSlash(name))[1:]
	for links := 0; rest != ""; {
		part, after, _ := strings.Cut(rest, "/")
		next := path.Join(resolved, part)
		info, err := root.Lstat(next)
		if err != nil {
			return nil, cause(err)
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			if after == "" {
				if err := plainFile(info); err != nil {
					return nil, err
				}
			}
			resolved, rest = next, after
			continue
		}
		if links++; links > maxLinks {
			return nil, errors.New("too many symbolic links")
		}
		target, err := root.Readlink(next)
		if err != nil {
			return nil, cause(err)
		}
		if !path.IsAbs(target) {
			target = path.Join("/", resolved, target)
		}
		resolved, rest = "", path.Join(path.Clean(target), after)[1:]
	}
	f, err := root.Open(resolved)
	if err != nil {
		return nil, cause(err)
	}
	return readBounded(f)
}

// plainFile refuses what is no file. A pipe would be waited for, without an end.
func plainFile(info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return errors.New("it is a folder")
	case !info.Mode().IsRegular():
		return errors.New("it is a pipe, a socket or a device, and not a file")
	}
	return nil
}

// readBounded reads and closes a file of any size.
func readBounded(f *os.File) ([]byte, error) {
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxBytes+1))
	if err != nil {
		return nil, cause(err)
	}
	return data, nil
}

// cause takes the file name out of an error of package os.
func cause(err error) error { return text.Cause(err) }
