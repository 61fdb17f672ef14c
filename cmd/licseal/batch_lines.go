package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// lineWriter writes lines, whole ones in each call of Write. Lines that come slowly
// are not held back.
type lineWriter struct {
	name string // as messages call it
	w    io.Writer
	stop chan struct{}

	mu  sync.Mutex // guards what follows
	buf []byte
	err error
}

const (
	writeBytes = 64 << 10
	maxDelay   = 200 * time.Millisecond
)

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

// line writes a line. After an error it writes no more, and returns it again.
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
			l.err = fmt.Errorf("writing %s: %w", l.name, cause(err))
		}
	}
	l.buf = l.buf[:0]
}

// end writes what is left. The writer must not be used any more.
func (l *lineWriter) end() error {
	close(l.stop)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flushLocked()
	return l.err
}
