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
)

// Source is where a licence comes from. It is asked again and again, so that a
// new licence takes the place of the old one while the product runs.
type Source interface {
	// Load returns the licence document, and when it was put there.
	Load() (data []byte, modified time.Time, err error)
}

// File is the source that reads a file: a licence, or a revocation list.
func File(path string) Source { return file(path) }

// What is read of a file is one byte more than there may be: what is too large for
// a licence, or for a list, is refused by its parser.
const (
	maxLicenseBytes = licseal.DefaultMaxBytes + 1
	maxFileBytes    = max(licseal.DefaultMaxBytes, revoke.MaxBytes) + 1
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

// Text is the source that is always the same document, such as one compiled in.
func Text(data []byte) Source { return document(data) }

type document []byte

func (d document) Load() ([]byte, time.Time, error) { return d, time.Time{}, nil }

// absentError says that there is no licence where one is looked for.
type absentError struct{ err error }

func (e *absentError) Error() string { return "reading the licence: " + e.err.Error() }
func (e *absentError) Unwrap() error { return e.err }

// named says which source an error is about, if it has a name.
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

// stamp says of a source, without reading it, what changes when it does; "" if
// that cannot be said.
func stamp(s Source) string {
	f, isFile := s.(file)
	if !isFile {
		return ""
	}
	info, err := os.Stat(string(f))
	if err != nil || time.Since(info.ModTime()) < 2*time.Second { // it may change again within one tick of its file system
		return ""
	}
	return fmt.Sprint(info.Size(), info.ModTime().UnixNano())
}
