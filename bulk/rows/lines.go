package rows

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
)

const (
	readBytes  = 128 << 10 // how much is read at a time
	shownBytes = 1000      // how much is kept of a line that is too long
)

// byteOrderMark is what some programs write before UTF-8 text.
var byteOrderMark = []byte("\ufeff")

// lines reads the lines of a text.
type lines struct {
	r        *bufio.Reader
	maxBytes int
	number   int // of the line that was read last, from 1
	err      error
}

func newLines(r io.Reader, maxBytes int) *lines {
	return &lines{r: bufio.NewReaderSize(r, readBytes), maxBytes: maxBytes}
}

// Err returns the error that ended the text, or nil at its end.
func (l *lines) Err() error {
	if l.err == io.EOF {
		return nil
	}
	return l.err
}

// next returns the next line. A line that is cut off by a read error is dropped.
func (l *lines) next() (Row, bool) {
	if l.err != nil {
		return Row{}, false
	}
	l.number++
	text, tooLong := l.read()
	if l.err != nil && (l.err != io.EOF || len(text) == 0) {
		return Row{}, false
	}
	if l.number == 1 {
		text = bytes.TrimPrefix(text, byteOrderMark)
	}
	row := Row{Line: l.number, Text: text}
	if tooLong {
		row.Text = text[:min(len(text), shownBytes)]
		row.Err = fmt.Errorf("the line is longer than %d bytes, the limit", l.maxBytes)
	}
	return row, true
}

// nextNotBlank returns the next line that is not empty or white space.
func (l *lines) nextNotBlank() (Row, bool) {
	for {
		row, ok := l.next()
		if !ok || row.Err != nil || len(bytes.TrimSpace(row.Text)) > 0 {
			return row, ok
		}
	}
}

// read reads up to and including a line end, and returns what precedes it. If the
// line is too long, it returns the beginning.
func (l *lines) read() (text []byte, tooLong bool) {
	for {
		var chunk []byte
		chunk, l.err = l.r.ReadSlice('\n')
		chunk = bytes.TrimSuffix(chunk, []byte("\n"))
		text = append(text, chunk[:min(len(chunk), l.maxBytes+2-len(text))]...) // with room for the CR
		if l.err != bufio.ErrBufferFull {
			text = bytes.TrimSuffix(text, []byte("\r"))
			return text, len(text) > l.maxBytes
		}
	}
}
