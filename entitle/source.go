package entitle

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/nonblock"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/trust"
)

// Source is where a licence comes from. It is read again and again, so that a new licence
// can replace the old one while the product runs.
type Source interface {
	// Load returns the licence document, and when it was last changed; the zero
	// time if that is unknown. An error that wraps fs.ErrNotExist or
	// ErrNoLicense means that there is none.
	Load() (data []byte, modified time.Time, err error)
}

// File returns a source that reads a file: a licence, a revocation list, or a chain of
// trust.
func File(path string) Source { return file(path) }

// A file is read up to one byte past the maximum size. If it is too large, the parser
// refuses it.
const (
	maxLicenseBytes = licseal.DefaultMaxBytes + 1
	maxFileBytes    = max(licseal.DefaultMaxBytes, revoke.MaxBytes, trust.MaxChainBytes) + 1
)

type file string

func (f file) Load() ([]byte, time.Time, error) { return f.read(maxFileBytes) }

func (f file) read(most int64) ([]byte, time.Time, error) {
	// A pipe must not make this wait for its writer.
	opened, err := os.OpenFile(string(f), os.O_RDONLY|nonblock.Flag, 0)
	if err != nil {
		return nil, time.Time{}, err
	}
	defer opened.Close()
	info, err := opened.Stat()
	if err != nil {
		return nil, time.Time{}, err
	}
	if !info.Mode().IsRegular() {
		return nil, time.Time{}, &os.PathError{Op: "read", Path: string(f), Err: errors.New("is not a regular file")}
	}
	data, err := io.ReadAll(io.LimitReader(opened, most))
	if err != nil {
		return nil, time.Time{}, err
	}
	return data, info.ModTime(), nil
}

func (f file) String() string { return string(f) }

// Text returns a source that is always the same document, such as one that is compiled
// into the product.
func Text(data []byte) Source { return document(data) }

type document []byte

func (d document) Load() ([]byte, time.Time, error) { return d, time.Time{}, nil }

// absentError says that the source has no licence.
type absentError struct{ err error }

func (e *absentError) Error() string { return "reading the licence: " + e.err.Error() }
func (e *absentError) Unwrap() error { return e.err }

// named adds the name of a source to an error, if it has one.
func named(s Source, err error) error {
	if name, ok := s.(fmt.Stringer); ok {
		return fmt.Errorf("%s: %w", name, err)
	}
	return err
}

// load reads the source of a licence.
func load(s Source) ([]byte, time.Time, error) {
	read := s.Load
	if f, isFile := s.(file); isFile {
		read = func() ([]byte, time.Time, error) { return f.read(maxLicenseBytes) }
	}
	data, modified, err := read()
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, ErrNoLicense):
		return nil, time.Time{}, &absentError{err}
	case err != nil:
		return nil, time.Time{}, fmt.Errorf("reading the licence: %w", err)
	}
	return data, modified, nil
}

// stampOf returns what changes when a source changes, without reading it; nil if that
// is not possible.
func stampOf(s Source) fs.FileInfo {
	f, isFile := s.(file)
	if !isFile {
		return nil
	}
	info, err := os.Stat(string(f))
	if err != nil || time.Since(info.ModTime()) < 2*time.Second { // it may change again within the resolution of its time stamp
		return nil
	}
	return info
}

// isUnchanged reports whether two stamps are those of the same file with the same
// content. A file that was moved to the name of another is not the same, even where the
// time stamps are those of a clock that differs from this one.
func isUnchanged(a, b fs.FileInfo) bool {
	return a != nil && b != nil && os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}
