package job

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/idset"
	"github.com/licseal/licseal/internal/ordered"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/verify"
)

// Folder is a folder in which each licence has a file of its own.
type Folder struct {
	Path  string // created if it does not exist
	Names *Names
	Keep  []string // files that are never overwritten, such as the batch and the key
}

// create creates the folder unless it exists.
func (f *Folder) create() error {
	if err := os.Mkdir(f.Path, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return about(f.Path, noFolder(f.Path, err))
	}
	if info, err := os.Stat(f.Path); err != nil || !info.IsDir() {
		return about(f.Path, errors.New("is not a folder"))
	}
	return nil
}

// nameError is the error of a row whose file cannot be written, because an earlier row
// has the name, or because the file exists.
type nameError struct{ detail string }

func (e *nameError) Error() string { return e.detail }

// writeError is an error of the disk. It stops the job.
type writeError struct {
	path string
	err  error
}

func (e *writeError) Error() string {
	return fmt.Sprintf("writing %s: %v", e.path, text.Cause(e.err))
}

func (e *writeError) Unwrap() error { return e.err }

// folderWriter writes licences to files of their own.
type folderWriter struct {
	ctx       context.Context
	folder    *Folder
	verifier  *verify.Verifier // of licences by the key of the job
	taken     idset.Set        // the names of this job
	resume    bool
	overwrite bool

	mu     sync.RWMutex // held for reading by those who write a file
	closed bool         // no file is written any more
}

// close waits for the files that are being written: a job may end before its goroutines.
func (f *folderWriter) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
}

// find gives each row the name of its file. If the job is resumed, rows that have
// been signed get their licences.
func (f *folderWriter) find(payloads iter.Seq2[*place, bulk.Row]) iter.Seq2[*place, bulk.Row] {
	named := func(yield func(placedRow) bool) {
		for p, row := range payloads {
			f.nameFile(p, &row)
			if !yield(placedRow{p, row}) {
				return
			}
		}
	}
	return f.eachRow(named, func(p *place, row *bulk.Row) {
		if !f.resume {
			return
		}
		if lic, ok := f.existing(p.path, row.Payload); ok {
			row.License, p.kept = lic, true
		}
	})
}

// nameFile names the file of a row. It rejects a name that an earlier row has; upper and
// lower case count as the same, because some file systems do not distinguish them.
// So what happens to a row does not depend on which file is written first.
func (f *folderWriter) nameFile(p *place, row *bulk.Row) {
	good := row.Err == nil && p.err == nil
	name, err := f.folder.Names.name(row.Payload)
	if err != nil {
		if good {
			row.Err = err
		}
		return
	}
	path := filepath.Join(f.folder.Path, name)
	lower := []byte(strings.ToLower(path))
	var first int
	if good {
		p.path = path
		first = f.taken.Add(lower, p.row)
	} else {
		first = f.taken.Find(lower) // a rejected row does not take the name
	}
	if first != p.row && first != 0 {
		row.Err = errors.Join(row.Err, &nameError{fmt.Sprintf("%s is already the file of row %d", path, first)})
	}
}

// existing returns the licence in a file, if it has this payload and a good signature
// by the key of the job.
func (f *folderWriter) existing(path string, p licseal.Payload) (*licseal.License, bool) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, false
	}
	signed := f.verifier.Report(data).Result()
	if signed == nil || !signed.License.Payload.Equal(p) {
		return nil, false
	}
	return signed.License, true
}

// write writes each licence to its file.
func (f *folderWriter) write(signed iter.Seq2[*place, bulk.Row]) iter.Seq2[*place, bulk.Row] {
	return f.eachRow(placedRows(signed), func(p *place, row *bulk.Row) {
		if !p.kept {
			row.Err = f.writeFile(p.path, []byte(row.License.String()))
		}
	})
}

// writeFile writes a file. An existing file is overwritten if the options say so, or
// if it is empty and the job is resumed: the power has failed before the disk had
// its data.
func (f *folderWriter) writeFile(path string, data []byte) error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.closed {
		return &writeError{path, errors.New("the job has ended")} // nobody looks at it
	}
	err := atomicfile.CreateSoon(path, data, 0o644)
	if errors.Is(err, fs.ErrExist) {
		if !f.mayOverwrite(path) {
			return &nameError{fmt.Sprintf("the file %q exists, and was kept", path)}
		}
		err = atomicfile.Replace(path, data, 0o644)
	}
	if err != nil {
		return &writeError{path, err}
	}
	return nil
}

func (f *folderWriter) mayOverwrite(path string) bool {
	if slices.ContainsFunc(f.folder.Keep, func(keep string) bool { return atomicfile.Same(path, keep) }) {
		return false
	}
	if f.overwrite {
		return true
	}
	info, err := os.Stat(path)
	return f.resume && err == nil && info.Mode().IsRegular() && info.Size() == 0
}

// placedRow is a row and its place.
type placedRow struct {
	place *place
	row   bulk.Row
}

// eachRow applies work, on all cores, to the rows that have no error so far.
func (f *folderWriter) eachRow(payloads iter.Seq[placedRow], work func(*place, *bulk.Row)) iter.Seq2[*place, bulk.Row] {
	batch := func(batch, done []placedRow) []placedRow {
		for _, r := range batch {
			if r.place.err == nil && r.row.Err == nil {
				work(r.place, &r.row)
			}
			done = append(done, r)
		}
		return done
	}
	return func(yield func(*place, bulk.Row) bool) {
		for r := range ordered.Map(f.ctx, payloads, nil, ordered.Options{}, batch) {
			if !yield(r.place, r.row) {
				return
			}
		}
	}
}
