package job

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/licseal/licseal/internal/text"
)

const (
	writeBytes = 64 << 10               // how much is written at a time
	maxDelay   = 200 * time.Millisecond // how long a line waits to be written
)

// lineWriter writes lines. Each call of Write gets whole lines. Lines that come
// slowly are not held back.
type lineWriter struct {
	name string // of the file, for errors
	w    io.Writer
	stop chan struct{}

	mu  sync.Mutex // guards the fields below
	buf []byte
	err error
}

func newLineWriter(name string, w io.Writer) *lineWriter {
	l := &lineWriter{name: name, w: w, stop: make(chan struct{})}
	go l.flushLate()
	return l
}

func (l *lineWriter) flushLate() {
	ticker := time.NewTicker(maxDelay)
	defer ticker.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-ticker.C:
			l.mu.Lock()
			l.flushLocked()
			l.mu.Unlock()
		}
	}
}

// line writes a line. After a write error it writes nothing more, and returns the
// same error again.
func (l *lineWriter) line(text string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf = append(append(l.buf, text...), '\n')
	if len(l.buf) >= writeBytes {
		l.flushLocked()
	}
	return l.err
}

func (l *lineWriter) flushLocked() {
	if l.err == nil && len(l.buf) > 0 {
		if _, err := l.w.Write(l.buf); err != nil {
			l.err = fmt.Errorf("writing %s: %w", l.name, text.Cause(err))
		}
	}
	l.buf = l.buf[:0]
}

// end writes what is left. The writer must not be used after that.
func (l *lineWriter) end() error {
	close(l.stop)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flushLocked()
	return l.err
}

// lineSum is the SHA-256 of lines.
type lineSum struct{ hash.Hash }

func newLineSum() lineSum { return lineSum{sha256.New()} }

// add adds a line.
func (s lineSum) add(text string) {
	io.WriteString(s, text)
	io.WriteString(s, "\n")
}

// String returns the sum as parts contain it.
func (s lineSum) String() string { return "sha256:" + hex.EncodeToString(s.Sum(nil)) }

// jsonLine returns a value as one line of JSON.
func jsonLine(v any) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err) // values of this package's types can always be encoded
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// settingsSum returns the SHA-256 of texts that decide what a job does.
func settingsSum(texts []string) string {
	sum := sha256.Sum256([]byte(jsonLine(texts)))
	return "sha256:" + hex.EncodeToString(sum[:])
}
