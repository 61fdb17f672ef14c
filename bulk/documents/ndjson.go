package documents

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/text"
)

func isNDJSONName(path string) bool {
	extension := strings.ToLower(filepath.Ext(path))
	return extension == ".ndjson" || extension == ".jsonl"
}

// startsWithLine reports whether a file begins with a line that is a JSON value, and
// has more lines.
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

// pipe yields what a pipe or a device contains, like a file. It is read once.
func (f *Finder) pipe(path string, yield func(Document) bool) bool {
	file, err := os.Open(path)
	if err != nil {
		return yield(Document{File: path, Err: text.Cause(err)})
	}
	defer file.Close()
	r := bufio.NewReaderSize(file, licseal.DefaultMaxBytes+2)
	line, err := r.ReadSlice('\n')
	line = bytes.Clone(line)
	whole := io.MultiReader(bytes.NewReader(line), r)
	hasMore := false
	if err == nil && jsontext.Value(line).IsValid() {
		_, err = r.Peek(1)
		hasMore = err == nil
	}
	if hasMore || isNDJSONName(path) {
		return f.lines(path, whole, yield)
	}
	d := Document{File: path, loaded: true}
	d.Text, d.Err = readLimited(whole)
	return yield(d)
}
