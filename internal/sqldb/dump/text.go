package dump

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"slices"
	"time"
	"unicode/utf8"
)

// A dump is a text of JSON objects, one a line: a header, the rows, and a trailer with
// the number of rows of each table and the SHA-256 of all bytes before it.

// format is the version of the format of dumps.
const format = 1

type header struct {
	Licseald   string         `json:"licseald"` // "backup"
	Format     int            `json:"format"`
	Time       time.Time      `json:"time"`
	Database   string         `json:"database"`
	Migrations map[string]int `json:"migrations"`
}

type rowLine struct {
	Table string         `json:"table"`
	Row   map[string]any `json:"row"`
}

type trailer struct {
	Rows   Counts `json:"rows"`
	SHA256 string `json:"sha256"`
}

// line is any of them but the header.
type line struct {
	rowLine
	trailer
}

// Magic is how every dump begins.
const Magic = `{"licseald":"backup",`

// maxLine is the longest line that is read: two payloads in one row, escaped.
const maxLine = 64 << 20

// Write writes a source as a dump. The time and the name of the database are for people.
func Write(w io.Writer, s Source, at time.Time, database string) (Counts, error) {
	sum := sha256.New()
	buffer := bufio.NewWriterSize(w, 1<<16)
	encoder := json.NewEncoder(io.MultiWriter(buffer, sum))
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(header{"backup", format, at.UTC().Truncate(time.Second), database, s.Migrations}); err != nil {
		return nil, err
	}
	counts := make(Counts)
	for row, err := range s.Rows {
		if err != nil {
			return nil, err
		}
		line := rowLine{row.Table, make(map[string]any, len(row.Columns))}
		for i, column := range row.Columns {
			if line.Row[column], err = encodeValue(row.Values[i]); err != nil {
				return nil, fmt.Errorf("table %s, column %s: %w", row.Table, column, err)
			}
		}
		if err := encoder.Encode(line); err != nil {
			return nil, err
		}
		counts[row.Table]++
	}
	if err := encoder.Encode(trailer{counts, hex.EncodeToString(sum.Sum(nil))}); err != nil {
		return nil, err
	}
	return counts, buffer.Flush()
}

// bytesValue is a text that is not UTF-8, which JSON cannot express.
type bytesValue struct {
	Base64 []byte `json:"base64"`
}

func encodeValue(v any) (any, error) {
	switch v := v.(type) {
	case nil, int64:
		return v, nil
	case string:
		if !utf8.ValidString(v) {
			return bytesValue{[]byte(v)}, nil
		}
		return v, nil
	}
	return nil, fmt.Errorf("values of type %T cannot be dumped", v)
}

// Read returns the source of a dump, which must stay open while it is read.
func Read(r io.ReadSeeker) (Source, error) {
	lines := newLineReader(r)
	data, err := lines.next()
	if err != nil {
		return Source{}, err
	}
	var h header
	if err := json.Unmarshal(data, &h); err != nil || h.Licseald != "backup" {
		return Source{}, errors.New("it is not a backup of licseald")
	}
	if h.Format != format {
		return Source{}, fmt.Errorf("it has format %d, and this program reads format %d", h.Format, format)
	}
	return Source{h.Migrations, func(yield func(Row, error) bool) {
		if _, err := r.Seek(0, io.SeekStart); err != nil {
			yield(Row{}, err)
			return
		}
		if err := readRows(r, yield); err != nil {
			yield(Row{}, err)
		}
	}}, nil
}

// readRows yields all rows of a dump, and checks its trailer. It returns nil if yield
// wants no more.
func readRows(r io.Reader, yield func(Row, error) bool) error {
	lines := newLineReader(r)
	if _, err := lines.next(); err != nil { // the header
		return err
	}
	counts := make(Counts)
	for {
		sum := hex.EncodeToString(lines.sum.Sum(nil))
		data, err := lines.next()
		if err != nil {
			return err
		}
		var l line
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.UseNumber()
		if err := decoder.Decode(&l); err != nil {
			return lines.damaged("%v", err)
		}
		if l.SHA256 != "" {
			if l.SHA256 != sum || !maps.Equal(l.Rows, counts) {
				return lines.damaged("the checksum does not match")
			}
			return lines.end()
		}
		row, err := l.decode()
		if err != nil {
			return lines.damaged("%v", err)
		}
		counts[row.Table]++
		if !yield(row, nil) {
			return nil
		}
	}
}

func (l rowLine) decode() (Row, error) {
	row := Row{Table: l.Table, Columns: slices.Sorted(maps.Keys(l.Row))}
	for _, column := range row.Columns {
		value, err := decodeValue(l.Row[column])
		if err != nil {
			return Row{}, fmt.Errorf("table %s, column %s: %w", l.Table, column, err)
		}
		row.Values = append(row.Values, value)
	}
	return row, nil
}

func decodeValue(v any) (any, error) {
	switch v := v.(type) {
	case nil, string:
		return v, nil
	case json.Number:
		return v.Int64()
	case map[string]any:
		text, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		var b bytesValue
		if err := json.Unmarshal(text, &b); err != nil {
			return nil, err
		}
		return string(b.Base64), nil
	}
	return nil, fmt.Errorf("%v is not a value", v)
}

// lineReader reads lines and adds them to a checksum.
type lineReader struct {
	scanner *bufio.Scanner
	sum     hash.Hash
	number  int
	rest    int // bytes after the last end of a line that was found
}

func newLineReader(r io.Reader) *lineReader {
	l := &lineReader{scanner: bufio.NewScanner(r), sum: sha256.New()}
	l.scanner.Buffer(make([]byte, 0, 1<<16), maxLine)
	l.scanner.Split(func(data []byte, _ bool) (int, []byte, error) {
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			return i + 1, data[:i+1], nil
		}
		l.rest = len(data)
		return 0, nil, nil // a last line that has no end is dropped, and missed by next
	})
	return l
}

// next returns the next line, which is valid until the following call.
func (l *lineReader) next() ([]byte, error) {
	l.number++
	if !l.scanner.Scan() {
		if err := l.scanner.Err(); err != nil {
			return nil, fmt.Errorf("line %d: %w", l.number, err)
		}
		return nil, l.damaged("it ends here, and is not complete")
	}
	l.sum.Write(l.scanner.Bytes())
	return l.scanner.Bytes(), nil
}

// end returns an error if more text follows.
func (l *lineReader) end() error {
	if l.scanner.Scan() || l.scanner.Err() == nil && l.rest > 0 {
		l.number++
		return l.damaged("more text follows the end of the backup")
	}
	return l.scanner.Err()
}

func (l *lineReader) damaged(format string, args ...any) error {
	return fmt.Errorf("line %d: the backup is damaged: %s", l.number, fmt.Sprintf(format, args...))
}
