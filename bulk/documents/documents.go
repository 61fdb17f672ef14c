// Package documents finds licence documents: in files, in folders and all folders
// below them, in the lines of NDJSON files, in pipes, and by patterns.
package documents

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"unicode/utf8"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk/rows"
	"github.com/licseal/licseal/internal/text"
)

// StdinName is what documents from standard input are called.
const StdinName = "standard input"

// Document is a licence document: a file, or a line of NDJSON.
type Document struct {
	File string // the name of the file
	Line int    // of the file, from 1; 0 if the document is the whole file
	Text []byte // nil until Load has read it, if the document is a whole file
	Err  error  // why there is no text: a [*FormatError], or an error of reading

	loaded bool
}

// Name returns the name of the document: FILE, or FILE:LINE.
func (d *Document) Name() string {
	if d.Line == 0 {
		return d.File
	}
	return fmt.Sprintf("%s:%d", d.File, d.Line)
}

// Load reads the document, unless it has been read.
func (d *Document) Load() {
	if d.loaded || d.Err != nil {
		return
	}
	d.loaded = true
	f, err := os.Open(d.File)
	if err != nil {
		d.Err = text.Cause(err)
		return
	}
	defer f.Close()
	d.Text, d.Err = readLimited(f)
}

// FormatError is the error of a text that cannot be a licence document, whatever it
// contains.
type FormatError struct{ Detail string }

func (e *FormatError) Error() string { return e.Detail }

// readLimited reads a document.
func readLimited(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, licseal.DefaultMaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading: %w", text.Cause(err))
	}
	if len(data) > licseal.DefaultMaxBytes {
		return nil, &FormatError{fmt.Sprintf("is larger than %d bytes, the most that is read", licseal.DefaultMaxBytes)}
	}
	return data, nil
}

// Finder finds documents. The zero value is ready to use.
type Finder struct {
	// Memory, if not nil, is called with how many bytes of memory the names in large
	// folders take.
	Memory func(bytes int)

	size, read atomic.Int64 // of all that is named, in bytes
	names      int          // the memory that names take
}

// Share returns which share of the documents has been found, from 0 to 1. It returns 0
// if their size is not known. It may be called while All is running.
func (f *Finder) Share() float64 {
	if f.size.Load() == 0 {
		return 0
	}
	return min(1, float64(f.read.Load())/float64(f.size.Load()))
}

// All returns the documents in files, in folders and all folders below them, and
// in files that a pattern such as 'licences/*.json' names; "-" is standard input.
// Hidden files in folders are skipped, and names in a folder are sorted. What
// cannot be read is a Document with an error.
func (f *Finder) All(args []string) iter.Seq[Document] {
	return func(yield func(Document) bool) {
		f.size.Store(sizeOf(args))
		for _, arg := range args {
			if !f.argument(arg, yield) {
				return
			}
		}
	}
}

// sizeOf returns the size of files in bytes, or 0 unless all are regular files.
func sizeOf(args []string) (size int64) {
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil || !info.Mode().IsRegular() {
			return 0
		}
		size += info.Size()
	}
	return size
}

func (f *Finder) argument(arg string, yield func(Document) bool) bool {
	if arg == "-" {
		return f.lines(StdinName, os.Stdin, yield)
	}
	info, err := os.Stat(arg)
	switch {
	case err == nil && info.IsDir():
		return f.folder(arg, yield)
	case err == nil && !info.Mode().IsRegular():
		return f.pipe(arg, yield)
	case err == nil:
		return f.file(arg, info.Size(), true, yield)
	case !hasMeta(arg) || !isNoName(err):
		return yield(Document{File: arg, Err: text.Cause(err)})
	}
	found := false
	more := f.matches(arg, func(match string) bool {
		found = true
		info, err := os.Stat(match)
		return f.entry(match, info, err, yield)
	})
	if !found {
		return yield(Document{File: arg, Err: errors.New("no file matches the pattern")})
	}
	return more
}

// isNoName reports whether an error means that nothing has the name. Windows has an
// error of its own for names that no file can have, such as those with an asterisk.
func isNoName(err error) bool {
	const invalidName = syscall.Errno(123)
	return errors.Is(err, fs.ErrNotExist) || runtime.GOOS == "windows" && errors.Is(err, invalidName)
}

func hasMeta(pattern string) bool { return strings.ContainsAny(pattern, "*?[") }

// matches yields the files and folders that a pattern matches. As in a shell, hidden
// ones match only a pattern that begins with a dot.
func (f *Finder) matches(pattern string, yield func(string) bool) bool {
	dir, base := filepath.Split(pattern)
	if !hasMeta(pattern) {
		_, err := os.Lstat(pattern)
		return err != nil || yield(pattern)
	}
	parent := strings.TrimRightFunc(dir, func(r rune) bool { return r < utf8.RuneSelf && os.IsPathSeparator(byte(r)) })
	if parent == "" {
		parent = cmp.Or(dir, ".")
	}
	if base == "" {
		return f.matches(parent, yield)
	}
	return f.matches(parent, func(dir string) bool {
		list, err := readNames(dir, func(name string) bool {
			ok, err := filepath.Match(base, name)
			return err == nil && ok && (base[0] == '.' || name[0] != '.')
		})
		return err != nil || f.eachName(list, func(name string) bool { return yield(filepath.Join(dir, name)) })
	})
}

// folder yields the documents of a folder and of those below. Only the names in one
// folder and in those above it are in memory.
func (f *Finder) folder(path string, yield func(Document) bool) bool {
	list, err := readNames(path, func(name string) bool { return name[0] != '.' })
	if err != nil {
		return yield(Document{File: path, Err: text.Cause(err)})
	}
	return f.eachName(list, func(name string) bool {
		child := filepath.Join(path, name)
		info, err := os.Lstat(child) // a link to a folder above would never end
		if err == nil && info.Mode()&fs.ModeSymlink != 0 {
			if to, err := os.Stat(child); err == nil && !to.IsDir() {
				info = to
			}
		}
		return f.entry(child, info, err, yield)
	})
}

// eachName yields names. While it runs, it counts the memory that they take.
func (f *Finder) eachName(list *nameList, yield func(string) bool) bool {
	f.names += list.memory()
	defer func() { f.names -= list.memory() }()
	if f.Memory != nil && list.memory() > 1<<20 {
		f.Memory(f.names)
	}
	for i := range list.spans {
		if !yield(list.name(i)) {
			return false
		}
	}
	return true
}

// entry yields what is in a folder or matches a pattern. Pipes and devices are
// errors: opening one may block forever.
func (f *Finder) entry(path string, info fs.FileInfo, err error, yield func(Document) bool) bool {
	const special = fs.ModeNamedPipe | fs.ModeSocket | fs.ModeDevice | fs.ModeIrregular
	switch {
	case err == nil && info.IsDir():
		return f.folder(path, yield)
	case err == nil && info.Mode()&special != 0:
		return yield(Document{File: path, Err: errors.New("is neither a file nor a folder")})
	}
	return f.file(path, 0, false, yield)
}

// file yields the document in a file, or those in the lines of NDJSON. The name tells
// NDJSON or, if look, the content. size is how much the file counts for in Share.
func (f *Finder) file(path string, size int64, look bool, yield func(Document) bool) bool {
	if !isNDJSONName(path) && !(look && startsWithLine(path)) {
		f.read.Add(size)
		return yield(Document{File: path})
	}
	file, err := os.Open(path)
	if err != nil {
		return yield(Document{File: path, Err: text.Cause(err)})
	}
	defer file.Close()
	return f.lines(path, file, yield)
}

// lines yields the lines of NDJSON.
func (f *Finder) lines(name string, r io.Reader, yield func(Document) bool) bool {
	lines := rows.NewNDJSON(&countingReader{r, &f.read}, licseal.DefaultMaxBytes)
	for row := range rows.All(lines) {
		d := Document{File: name, Line: row.Line, Text: row.Text, loaded: true}
		if row.Err != nil {
			d.Text, d.Err = nil, &FormatError{row.Err.Error()}
		}
		if !yield(d) {
			return false
		}
	}
	if err := lines.Err(); err != nil {
		return yield(Document{File: name, Err: fmt.Errorf("reading: %w", text.Cause(err))})
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

// Texts is [Finder.All] for those who want the texts, which are nil if a document cannot
// be read.
func (f *Finder) Texts(args []string) iter.Seq2[Document, []byte] {
	return func(yield func(Document, []byte) bool) {
		for d := range f.All(args) {
			d.Load()
			if !yield(d, d.Text) {
				return
			}
		}
	}
}
