package register

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// packSize is the number of entries in a full pack.
const packSize = 1 << 16

// maxLine bounds the length of a line of a pack. A licence has at most 64 KiB, and a
// record repeats two of its fields.
const maxLine = 512 << 10

// packPath returns the path of the pack that has an entry.
func packPath(entry int64) string { return fmt.Sprintf("packs/%05d", entry/packSize) }

// Entry is an entry of a register.
type Entry struct {
	Number int64 // from 0
	Record
	License string // in canonical form; "" if the kind has none
}

// line is an entry as a pack has it: the record, a tab, the licence and a newline.
type line struct {
	record, license []byte
}

// size returns the length of the line in its pack.
func (l line) size() int64 { return int64(len(l.record) + len(l.license) + 2) }

// splitLine takes a line apart. The text must end with a newline.
func splitLine(text []byte) (line, error) {
	record, license, ok := bytes.Cut(text, []byte("\t"))
	license, ended := bytes.CutSuffix(license, []byte("\n"))
	if !ok || !ended {
		return line{}, errors.New("is not a record and a licence")
	}
	return line{record, license}, nil
}

// entry reads the record of a line, and checks that the licence is the one that the
// record names.
func (l line) entry(number int64) (*Entry, error) {
	record, err := parseRecord(l.record)
	if err != nil {
		return nil, err
	}
	switch {
	case !record.Kind.HasLicense() && len(l.license) > 0:
		return nil, errors.New("has a licence that its record does not name")
	case record.Kind.HasLicense() && sha256.Sum256(l.license) != record.Digest:
		return nil, errors.New("does not have the licence that its record names")
	}
	return &Entry{number, *record, string(l.license)}, nil
}

// EntryError is an error about an entry.
type EntryError struct {
	Number int64
	File   string // in the folder of the register
	Err    error
}

func (e *EntryError) Error() string {
	return fmt.Sprintf("entry %d in %s: %v", e.Number, e.File, e.Err)
}

// Unwrap returns e.Err.
func (e *EntryError) Unwrap() error { return e.Err }

// packReader reads the lines of the packs in their order.
type packReader struct {
	dir  string
	next int64 // the number of the next entry
	file *os.File
	buf  *bufio.Reader
	at   int64 // the offset of the next line
}

// read returns the next line, which is valid until the next call, and its offset.
func (p *packReader) read() (l line, offset int64, err error) {
	if p.file == nil || p.next%packSize == 0 {
		if err := p.open(); err != nil {
			return line{}, 0, p.fail(err)
		}
	}
	text, err := p.buf.ReadSlice('\n')
	switch {
	case errors.Is(err, io.EOF):
		return line{}, 0, p.fail(errors.New("is missing"))
	case errors.Is(err, bufio.ErrBufferFull):
		return line{}, 0, p.fail(errors.New("is too long"))
	case err != nil:
		return line{}, 0, p.fail(err)
	}
	if l, err = splitLine(text); err != nil {
		return line{}, 0, p.fail(err)
	}
	offset = p.at
	p.at += int64(len(text))
	p.next++
	return l, offset, nil
}

// open opens the pack of the next entry, which must be the first in it unless seek was
// called.
func (p *packReader) open() error {
	p.close()
	file, err := os.Open(filepath.Join(p.dir, packPath(p.next)))
	if err != nil {
		return err
	}
	p.file, p.at = file, 0
	if p.buf == nil {
		p.buf = bufio.NewReaderSize(nil, maxLine)
	}
	p.buf.Reset(file)
	return nil
}

// seek moves to an entry, whose line begins at an offset.
func (p *packReader) seek(entry, offset int64) error {
	p.next = entry
	if err := p.open(); err != nil {
		return p.fail(err)
	}
	p.at = offset
	_, err := p.file.Seek(offset, io.SeekStart)
	return err
}

// fail returns an error about the next entry.
func (p *packReader) fail(err error) error {
	if path := (*os.PathError)(nil); errors.As(err, &path) {
		err = path.Err
	}
	return &EntryError{p.next, packPath(p.next), err}
}

func (p *packReader) close() {
	if p.file != nil {
		p.file.Close()
		p.file = nil
	}
}
