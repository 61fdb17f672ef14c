package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/records"
)

// document is a licence to verify: a file, or a line of NDJSON.
type document struct {
	name string // as messages call it: FILE, or FILE:LINE
	file string // to be read; "" if text is here
	line int    // 0 unless it is a line
	text []byte
	err  error // why it cannot be read
}

// documents finds licences.
type documents struct {
	size, read atomic.Int64 // of the files that are named, in bytes
}

// all yields the licences in files, in folders and all folders below, in files that
// a pattern names, and in standard input ("-"), each in the order of its names.
func (d *documents) all(args []string) iter.Seq[document] {
	return func(yield func(document) bool) {
		for _, arg := range args {
			if !d.argument(arg, yield) {
				return
			}
		}
	}
}

func (d *documents) argument(arg string, yield func(document) bool) bool {
	if arg == "-" {
		return d.lines(stdinName, os.Stdin, yield)
	}
	info, err := os.Stat(arg)
	switch {
	case err == nil && info.IsDir():
		return d.folder(arg, yield)
	case err == nil:
		return d.file(arg, true, yield)
	case !errors.Is(err, fs.ErrNotExist) || !strings.ContainsAny(arg, "*?["):
		return yield(document{name: arg, err: cause(err)})
	}
	matches, err := filepath.Glob(arg)
	if err != nil || len(matches) == 0 {
		return yield(document{name: arg, err: errors.New("no file has such a name")})
	}
	for _, match := range matches {
		if info, err := os.Stat(match); err == nil && info.IsDir() {
			if !d.folder(match, yield) {
				return false
			}
		} else if !d.file(match, false, yield) {
			return false
		}
	}
	return true
}

// folder yields the files of a folder and of those below, but for hidden ones. The
// names of one folder at a time are in memory.
func (d *documents) folder(path string, yield func(document) bool) bool {
	dir, err := os.Open(path)
	if err != nil {
		return yield(document{name: path, err: cause(err)})
	}
	names, err := dir.Readdirnames(-1)
	dir.Close()
	if err != nil {
		return yield(document{name: path, err: cause(err)})
	}
	slices.Sort(names)
	for _, name := range names {
		if strings.HasPrefix(name, ".") {
			continue
		}
		child := filepath.Join(path, name)
		info, err := os.Lstat(child)
		if err == nil && info.IsDir() {
			if !d.folder(child, yield) {
				return false
			}
		} else if !d.file(child, false, yield) {
			return false
		}
	}
	return true
}

// file yields the licence in a file, or the lines of NDJSON: by its name or, where
// look is set, by its content.
func (d *documents) file(path string, look bool, yield func(document) bool) bool {
	isLines := slices.Contains([]string{".ndjson", ".jsonl"}, strings.ToLower(filepath.Ext(path)))
	if !isLines && !(look && startsWithLine(path)) {
		return yield(document{name: path, file: path})
	}
	f, err := os.Open(path)
	if err != nil {
		return yield(document{name: path, err: cause(err)})
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		d.size.Add(info.Size())
	}
	return d.lines(path, f, yield)
}

// startsWithLine reports whether a file begins with a line that is a whole JSON
// value, and has more after it.
func startsWithLine(path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return false // it can be read once
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	start, err := io.ReadAll(io.LimitReader(f, licseal.DefaultMaxBytes+2))
	line, rest, found := bytes.Cut(start, []byte("\n"))
	return err == nil && found && jsontext.Value(line).IsValid() && len(bytes.TrimSpace(rest)) > 0
}

func (d *documents) lines(name string, r io.Reader, yield func(document) bool) bool {
	rows := records.NewReader(&countingReader{r, &d.read}, licseal.DefaultMaxBytes, false)
	for record := range rows.All() {
		doc := document{name: fmt.Sprintf("%s:%d", name, record.Line), line: record.Line, text: record.Text}
		if record.Err != nil {
			doc.err = &failure{code: exitNotALicence, err: record.Err}
		}
		if !yield(doc) {
			return false
		}
	}
	if err := rows.Err(); err != nil {
		return yield(document{name: name, err: fmt.Errorf("reading: %w", cause(err))})
	}
	return true
}

type countingReader struct {
	r     io.Reader
	count *atomic.Int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.count.Add(int64(n))
	return n, err
}

// load reads the documents of a batch that are files.
func load(batch, loaded []document) []document {
	for _, doc := range batch {
		if doc.file != "" && doc.err == nil {
			doc.text, doc.err = readDocument(doc.file)
		}
		loaded = append(loaded, doc)
	}
	return loaded
}
