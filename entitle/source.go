package entitle

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/licseal/licseal"
)

// Source is where a licence comes from. It is asked again and again, so that a
// new licence takes the place of the old one while the product runs.
type Source interface {
	// Load returns the licence document, and when it was put there.
	Load() (data []byte, modified time.Time, err error)
}

// File is the source that reads a file.
func File(path string) Source { return file(path) }

type file string

func (f file) Load() ([]byte, time.Time, error) {
	opened, err := os.Open(string(f))
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
	data, err := io.ReadAll(io.LimitReader(opened, licseal.DefaultMaxBytes+1))
	if err != nil {
		return nil, time.Time{}, err
	}
	return data, info.ModTime(), nil // one that is too large is refused by the parser
}

func (f file) String() string { return string(f) }

// Text is the source that is always the same document, such as one compiled in.
func Text(data []byte) Source { return text(data) }

type text []byte

func (t text) Load() ([]byte, time.Time, error) { return t, time.Time{}, nil }

// load reads a source and says which one an error is about.
func load(s Source) ([]byte, time.Time, error) {
	data, modified, err := s.Load()
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("reading the licence: %w", err)
	}
	return data, modified, nil
}
