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
	// Environ returns the variables of the gateway's environment, each as NAME=VALUE.
	// If nil, os.Environ. An empty variable counts as not set.
	Environ func() []string

	// Root is the folder that holds the gateway's files, such as a mounted image.
	// Symbolic links are followed inside it only. If empty, the files are those of
	// this machine.
	Root string

	// Records asks the Admin API for its licences. If nil, it is not asked.
	Records     func(ctx context.Context) ([]Installed, error)
	RecordsName string // what output calls it, such as its URL
}

// environ returns the variables that are set, by name. Of two, the last one counts.
func (p Place) environ() map[string]string {
	list := os.Environ
	if p.Environ != nil {
		list = p.Environ
	}
	variables := map[string]string{}
	for _, entry := range list() {
		if name, value, ok := strings.Cut(entry, "="); ok && value != "" {
			variables[name] = value
		}
	}
	return variables
}

// placedFile is a file as the gateway sees it.
type placedFile struct {
	data []byte

	// rootOnly is set if only the user root can read the file, or a folder above it.
	rootOnly bool
}

// readFile reads a file as the gateway sees it.
func (p Place) readFile(name string) (placedFile, error) {
	if p.Root == "" {
		return readOutside(name)
	}
	root, err := os.OpenRoot(p.Root)
	if err != nil {
		return placedFile{}, fmt.Errorf("the root %s: %v", p.Root, cause(err)) // not a file that may be missing
	}
	defer root.Close()
	return readInside(root, name)
}

// readOutside reads a file of this machine.
func readOutside(name string) (file placedFile, err error) {
	info, err := os.Stat(name)
	if err == nil {
		err = plainFile(info)
	}
	if err != nil {
		return file, cause(err)
	}
	file.rootOnly = isRootOnly(info)
	if resolved, err := filepath.EvalSymlinks(name); err == nil {
		for up := filepath.Dir(resolved); ; up = filepath.Dir(up) {
			if info, err := os.Stat(up); err == nil {
				file.rootOnly = file.rootOnly || isRootOnly(info)
			}
			if up == filepath.Dir(up) {
				break
			}
		}
	}
	f, err := os.Open(name)
	if err != nil {
		return file, cause(err)
	}
	file.data, err = readBounded(f)
	return file, err
}

// maxLinks bounds the symbolic links on the way to a file.
const maxLinks = 40

// readInside reads a file in a root, whose symbolic links mean the same as if
// the root were the top: a link to /run/x leads to ROOT/run/x.
func readInside(root *os.Root, name string) (file placedFile, err error) {
	resolved, rest := "", path.Clean("/" + filepath.ToSlash(name))[1:]
	for links := 0; rest != ""; {
		part, after, _ := strings.Cut(rest, "/")
		next := path.Join(resolved, part)
		info, err := root.Lstat(next)
		if err != nil {
			return file, cause(err)
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			if after == "" {
				if err := plainFile(info); err != nil {
					return file, err
				}
			}
			file.rootOnly = file.rootOnly || isRootOnly(info)
			resolved, rest = next, after
			continue
		}
		if links++; links > maxLinks {
			return file, errors.New("too many symbolic links")
		}
		target, err := root.Readlink(next)
		if err != nil {
			return file, cause(err)
		}
		if !path.IsAbs(target) {
			target = path.Join("/", resolved, target)
		}
		resolved, rest, file.rootOnly = "", path.Join(path.Clean(target), after)[1:], false
	}
	f, err := root.Open(resolved)
	if err != nil {
		return file, cause(err)
	}
	file.data, err = readBounded(f)
	return file, err
}

// plainFile refuses what is not a file. Reading a pipe might never end.
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
