package job

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/nonblock"
	"github.com/licseal/licseal/internal/text"
)

// rejects writes rejected rows to a file, or passes them to the caller.
type rejects struct {
	path   string // "" if there is no file
	mode   rejectsMode
	temp   string // the name of the file until it is complete; "" if that is path
	file   *atomicfile.File
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

// openRejects opens the file of rejects at path, if path is not "". It has a temporary name
// until end is called. Without a file, rejects are passed to pass.
func openRejects(ctx context.Context, path string, pass func(*Reject) error, mode rejectsMode) (*rejects, error) {
	r := &rejects{path: path, pass: pass, mode: mode, counts: map[int]int{}}
	if path == "" {
		return r, nil
	}
	name, flags := atomicfile.TempName(path), os.O_RDWR|os.O_CREATE|os.O_EXCL
	info, err := os.Stat(path)
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		name, flags = path, os.O_WRONLY
	case mode == keepRejects:
		return nil, about(path, errExists)
	case mode == overwriteRejects:
	case !containsRejects(path):
		return nil, about(path, problem(NotRejects, "the file exists and does not contain rejects; it was kept"))
	case mode == sameRejects:
		return r, nil
	}
	open := func() (*atomicfile.File, error) { return atomicfile.OpenFile(name, flags, 0o644) }
	if name != path {
		r.temp = name
		r.file, err = open()
	} else if r.file, err = nonblock.Until(ctx, open); err != nil && ctx.Err() != nil { // nobody reads the pipe
		err = interrupted(ctx)
	}
	if err != nil {
		return nil, about(path, noFolder(path, err))
	}
	r.lines = newLineWriter(path, r.file)
	if name == path {
		r.lines.w = nonblock.Writer(ctx, r.file)
	}
	return r, nil
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

// end writes what is left. If that fails, an existing file is kept.
func (r *rejects) end() error {
	if r.lines == nil {
		return nil
	}
	err := r.lines.end()
	if err == nil && r.temp != "" {
		err = text.Cause(r.file.Sync())
	}
	err = errors.Join(err, text.Cause(r.file.Close()))
	if err != nil && r.temp != "" {
		err = errors.Join(err, text.Cause(atomicfile.Remove(r.temp)))
		r.temp = ""
	}
	return err
}

// moveInPlace gives the file its name, also if the job has failed after a rejected row, which
// may be of use to somebody who looks for the reason.
func (r *rejects) moveInPlace(failed bool) error {
	switch {
	case r.temp == "":
		return nil
	case failed && r.total() == 0:
		return text.Cause(atomicfile.Remove(r.temp))
	}
	err := moveInPlace(r.temp, r.path, r.mode != keepRejects)
	var e *Error
	if err != nil && !errors.As(err, &e) { // nothing has appeared, for which it is kept
		err = errors.Join(err, text.Cause(atomicfile.Remove(r.temp)))
	}
	return about(r.path, err)
}

// total returns how many rows were rejected.
func (r *rejects) total() (n int) {
	for _, count := range r.counts {
		n += count
	}
	return n
}
