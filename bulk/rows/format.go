package rows

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

// format is one input format.
type format struct {
	extensions []string              // of file names, in lower case
	isTable    bool                  // it has columns
	begins     func(first byte) bool // whether a text may begin with this byte
	open       func(*lines, *Plan) (Reader, error)
}

// formats are all input formats. If the file name does not tell the format, it is
// the first one that may begin as the text does.
var formats = []format{
	{[]string{".ndjson", ".jsonl", ".json"}, false, func(first byte) bool { return first == '{' }, openNDJSON},
	{[]string{".csv", ".tsv", ".tab"}, true, func(byte) bool { return true }, openCSV},
}

// Open returns a reader for the rows in r. The extension of name tells the format,
// or else the first character of the text does. A row of more than maxBytes bytes
// is an error of that row. A nil plan is the zero one.
//
// The error may be a [*HeaderError], a [*DoubtError] or a [*WorkbookError].
func Open(r io.Reader, name string, maxBytes int, plan *Plan) (Reader, error) {
	if plan == nil {
		plan = &Plan{}
	}
	raw := bufio.NewReaderSize(r, readBytes)
	encoding, err := startEncoding(raw, plan.Encoding)
	if err != nil {
		return nil, err
	}
	if encoding == "" && plan.Found != nil {
		encoding = plan.Found.encoding
	}
	text := newLines(decoded(raw, encoding), maxBytes)
	f, err := formatOf(text.r, name)
	if err != nil {
		return nil, err
	}
	return f.open(text, plan)
}

// formatOf returns the format of a text.
func formatOf(r *bufio.Reader, name string) (*format, error) {
	extension := strings.ToLower(filepath.Ext(name))
	i := slices.IndexFunc(formats, func(f format) bool { return slices.Contains(f.extensions, extension) })
	if i < 0 {
		first, err := firstByte(r)
		if err == io.EOF {
			return &formats[0], nil // without rows, all formats are the same
		} else if err != nil {
			return nil, fmt.Errorf("reading: %w", err)
		}
		i = slices.IndexFunc(formats, func(f format) bool { return f.begins(first) })
	}
	return &formats[i], nil
}

// firstByte returns the first byte that is not white space, without consuming
// anything. It reads no more than it needs, because a pipe may deliver little at a
// time. It returns io.EOF if there is only white space, as far as the buffer reaches.
func firstByte(r *bufio.Reader) (byte, error) {
	for n := 1; n <= r.Size(); n++ {
		start, err := r.Peek(n)
		if err != nil {
			return 0, err
		}
		if c := start[n-1]; !bytes.HasPrefix(byteOrderMark, start) && !strings.ContainsRune(" \t\r\n", rune(c)) {
			return c, nil
		}
	}
	return 0, io.EOF
}
