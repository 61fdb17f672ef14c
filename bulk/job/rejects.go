package job

import (
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/licseal/licseal/internal/text"
)

// rejects writes rejected rows to a file, or passes them to the caller.
type rejects struct {
	path   string // "" if there is no file
	temp   string // the name of the file until it is complete; "" if that is path
	file   *os.File
	lines  *lineWriter // nil if the rows are passed on, or are in the file already
	pass   func(*Reject) error
	counts map[int]int // by exit code
}

// rejectsMode says what happens to an existing file of rejects.
type rejectsMode int

const (
	keepRejects      rejectsMode = iota // an existing file is an error
	overwriteRejects                    // an existing file is overwritten, whatever it contains
	renewRejects                        // rejects are overwritten: the same rows are rejected again
	sameRejects                         // rejects are kept: they are complete
)

// openRejects opens the file of rejects at path, if path is not "". Without a file,
// rejects are passed to pass.
func openRejects(path string, pass func(*Reject) error, mode rejectsMode) (*rejects, error) {
	r := &rejects{path: path, pass: pass, counts: map[int]int{}}
	if path == "" {
		return r, nil
	}
	flags := os.O_RDWR | os.O_CREATE | os.O_TRUNC
	info, err := os.Stat(path)
	switch {
	case err != nil:
		flags |= os.O_EXCL
	case !info.Mode().IsRegular():
		flags = os.O_WRONLY
	case mode == keepRejects:
		return nil, about(path, errExists)
	case mode == overwriteRejects:
	case !containsRejects(path):
		return nil, about(path, problem(NotRejects, "the file exists and does not contain rejects; it was kept"))
	case mode == sameRejects:
		return r, nil
	}
	if r.file, err = os.OpenFile(path, flags, 0o644); err != nil {
		return nil, about(path, noFolder(path, err))
	}
	r.lines = newLineWriter(path, r.file)
	return r, nil
}

// openRejectsAside opens a file of rejects that has a temporary name until
// moveInPlace is called.
func openRejectsAside(path string, pass func(*Reject) error, overwrite bool) (*rejects, error) {
	info, err := os.Stat(path)
	switch exists := err == nil; {
	case path == "", exists && !info.Mode().IsRegular():
		return openRejects(path, pass, overwriteRejects)
	case exists && !overwrite:
		return nil, about(path, errExists)
	}
	temp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text()[:12]+".tmp")
	r, err := openRejects(temp, pass, keepRejects)
	if err != nil {
		return nil, err
	}
	r.path, r.temp = path, temp
	return r, nil
}

// moveInPlace gives a file that was opened aside its name, or removes it if the job
// has failed.
func (r *rejects) moveInPlace(failed, overwrite bool) error {
	switch {
	case r.temp == "":
		return nil
	case failed:
		return os.Remove(r.temp)
	}
	return about(r.path, moveInPlace(r.temp, r.path, overwrite))
}

// containsRejects reports whether a file contains rejects. An interrupted job may
// have left only a part of the first line.
func containsRejects(path string) bool {
	const prefix = `{"row":`
	var start []byte
	f, err := os.Open(path)
	if err == nil {
		defer f.Close()
		start, err = io.ReadAll(io.LimitReader(f, int64(len(prefix))))
	}
	return err == nil && strings.HasPrefix(prefix, string(start))
}

// add writes or passes on a reject.
func (r *rejects) add(row *Reject) error {
	r.counts[row.Exit]++
	switch {
	case r.lines != nil:
		return r.lines.line(jsonLine(row))
	case r.path == "" && r.pass != nil:
		return r.pass(row)
	}
	return nil
}

// end writes what is left. If that fails, a line that was cut off is removed.
func (r *rejects) end() error {
	if r.lines == nil {
		return nil
	}
	err := r.lines.end()
	if err != nil {
		cutTail(r.file)
	}
	return errors.Join(err, text.Cause(r.file.Close()))
}

// total returns how many rows were rejected.
func (r *rejects) total() (n int) {
	for _, count := range r.counts {
		n += count
	}
	return n
}
