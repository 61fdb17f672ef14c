package main

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk/rows"
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
	size  atomic.Int64 // of all that is named, in bytes; 0 if it is not known
	read  atomic.Int64
	names int64 // what names of files in memory take
}

// all yields the licences in files, in folders and all folders below, in files that
// a pattern names, and in standard input ("-"), each in the order of its names.
func (d *documents) all(args []string) iter.Seq[document] {
	return func(yield func(document) bool) {
		d.size.Store(sizeOf(args))
		for _, arg := range args {
			if !d.argument(arg, yield) {
				return
			}
		}
	}
}

// sizeOf returns the size of files in bytes, 0 unless all are files.
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

func (d *documents) argument(arg string, yield func(document) bool) bool {
	if arg == "-" {
		return d.lines(stdinName, os.Stdin, yield)
	}
	info, err := os.Stat(arg)
	switch {
	case err == nil && info.IsDir():
		return d.folder(arg, yield)
	case err == nil && !info.Mode().IsRegular():
		return d.pipe(arg, yield)
	case err == nil:
		return d.file(arg, info.Size(), true, yield)
	case !errors.Is(err, fs.ErrNotExist) || !hasMeta(arg):
		return yield(document{name: arg, err: cause(err)})
	}
	found := false
	more := d.matches(arg, func(match string) bool {
		found = true
		info, err := os.Stat(match)
		return d.entry(match, info, err, yield)
	})
	if !found {
		return yield(document{name: arg, err: errors.New("no file has such a name")})
	}
	return more
}

func hasMeta(pattern string) bool { return strings.ContainsAny(pattern, "*?[") }

// matches yields the files and folders that a pattern names. As in a shell, hidden ones
// are named only by a pattern that begins with a dot.
func (d *documents) matches(pattern string, yield func(string) bool) bool {
	dir, base := filepath.Split(pattern)
	if !hasMeta(pattern) {
		_, err := os.Lstat(pattern)
		return err != nil || yield(pattern)
	}
	parent := strings.TrimRight(dir, string(filepath.Separator))
	if parent == "" {
		parent = cmp.Or(dir, ".")
	}
	if base == "" {
		return d.matches(parent, yield)
	}
	return d.matches(parent, func(dir string) bool {
		list, err := readNames(dir, func(name string) bool {
			ok, err := filepath.Match(base, name)
			return err == nil && ok && (base[0] == '.' || name[0] != '.')
		})
		return err != nil || d.eachName(list, func(name string) bool { return yield(filepath.Join(dir, name)) })
	})
}

// folder yields the files of a folder and of those below, but for hidden ones. The
// names of one folder at a time, and of those above, are in memory.
func (d *documents) folder(path string, yield func(document) bool) bool {
	list, err := readNames(path, func(name string) bool { return name[0] != '.' })
	if err != nil {
		return yield(document{name: path, err: cause(err)})
	}
	return d.eachName(list, func(name string) bool {
		child := filepath.Join(path, name)
		info, err := os.Lstat(child) // a link to a folder above would have no end
		if err == nil && info.Mode()&fs.ModeSymlink != 0 {
			if to, err := os.Stat(child); err == nil && !to.IsDir() {
				info = to
			}
		}
		return d.entry(child, info, err, yield)
	})
}

// eachName yields names, and lets them have their memory meanwhile.
func (d *documents) eachName(list *nameList, yield func(string) bool) bool {
	d.names += list.memory()
	defer func() { d.names -= list.memory() }()
	if list.memory() > 1<<20 {
		allowMemory(d.names)
	}
	for i := range list.spans {
		if !yield(list.name(i)) {
			return false
		}
	}
	return true
}

// entry yields what a folder holds or a pattern names.
func (d *documents) entry(path string, info fs.FileInfo, err error, yield func(document) bool) bool {
	const special = fs.ModeNamedPipe | fs.ModeSocket | fs.ModeDevice | fs.ModeIrregular
	switch {
	case err == nil && info.IsDir():
		return d.folder(path, yield)
	case err == nil && info.Mode()&special != 0:
		return yield(document{name: path, err: errors.New("is neither a file nor a folder")}) // to open it may take for ever
	}
	return d.file(path, 0, false, yield)
}

// nameList is a list of names, without the string that each would be.
type nameList struct {
	text  []byte
	spans []nameSpan
}

type nameSpan struct{ start, end uint32 }

// readNames returns the names in a folder that are wanted, in order.
func readNames(path string, want func(name string) bool) (*nameList, error) {
	dir, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	list := new(nameList)
	for {
		names, err := dir.Readdirnames(1000)
		for _, name := range names {
			if !want(name) {
				continue
			}
			start := len(list.text)
			if start+len(name) > math.MaxUint32 {
				return nil, errors.New("the folder holds too many names")
			}
			list.text = append(list.text, name...)
			list.spans = append(list.spans, nameSpan{uint32(start), uint32(len(list.text))})
		}
		if err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(list.spans, func(a, b nameSpan) int {
		return bytes.Compare(list.text[a.start:a.end], list.text[b.start:b.end])
	})
	return list, nil
}

func (l *nameList) name(i int) string { return string(l.text[l.spans[i].start:l.spans[i].end]) }

// memory returns how many bytes the list takes.
func (l *nameList) memory() int64 { return int64(cap(l.text)) + 8*int64(cap(l.spans)) }

// file yields the licence in a file, or the lines of NDJSON: by its name or, where
// look is set, by its content. size is what it counts for in all that is named.
func (d *documents) file(path string, size int64, look bool, yield func(document) bool) bool {
	if !namedLines(path) && !(look && startsWithLine(path)) {
		d.read.Add(size)
		return yield(document{name: path, file: path})
	}
	f, err := os.Open(path)
	if err != nil {
		return yield(document{name: path, err: cause(err)})
	}
	defer f.Close()
	return d.lines(path, f, yield)
}

func namedLines(path string) bool {
	return slices.Contains([]string{".ndjson", ".jsonl"}, strings.ToLower(filepath.Ext(path)))
}

// pipe yields what comes out of a pipe or a device, like that of a file. It can be
// read once.
func (d *documents) pipe(path string, yield func(document) bool) bool {
	f, err := os.Open(path)
	if err != nil {
		return yield(document{name: path, err: cause(err)})
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, licseal.DefaultMaxBytes+2)
	line, err := r.ReadSlice('\n')
	line = bytes.Clone(line)
	whole := io.MultiReader(bytes.NewReader(line), r)
	if err == nil && jsontext.Value(line).IsValid() {
		_, err = r.Peek(1) // is there more than this line?
	} else {
		err = io.EOF
	}
	if err == nil || namedLines(path) {
		return d.lines(path, whole, yield)
	}
	text, err := readLimited(whole, licseal.DefaultMaxBytes)
	if err != nil {
		return yield(document{name: path, err: err})
	}
	return yield(document{name: path, text: text})
}

// startsWithLine reports whether a file begins with a line that is a whole JSON
// value, and has more after it.
func startsWithLine(path string) bool {
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
	lines := rows.NewNDJSON(&countingReader{r, &d.read}, licseal.DefaultMaxBytes)
	for record := range rows.All(lines) {
		doc := document{name: fmt.Sprintf("%s:%d", name, record.Line), line: record.Line, text: record.Text}
		if record.Err != nil {
			doc.err = &failure{code: exitNotALicence, err: record.Err}
		}
		if !yield(doc) {
			return false
		}
	}
	if err := lines.Err(); err != nil {
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
