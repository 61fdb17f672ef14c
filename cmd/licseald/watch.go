package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// watched is what was read from files, and is read again when they change. What
// cannot be read never takes the place of what could.
type watched[T any] struct {
	paths []string
	parse func(contents [][]byte) (T, error)
	log   *slog.Logger

	value atomic.Pointer[T]

	mu       sync.Mutex
	contents [][]byte // last seen, good or bad
	failed   string   // the last failure that was logged
}

// maxFile bounds the files that are read.
const maxFile = 1 << 20

// watch reads the files for the first time.
func watch[T any](log *slog.Logger, parse func([][]byte) (T, error), paths ...string) (*watched[T], error) {
	w := &watched[T]{paths: paths, parse: parse, log: log}
	contents, err := w.read()
	if err != nil {
		return nil, err
	}
	value, err := parse(contents)
	if err != nil {
		return nil, err
	}
	w.contents = contents
	w.value.Store(&value)
	return w, nil
}

func (w *watched[T]) get() T { return *w.value.Load() }

func (w *watched[T]) read() ([][]byte, error) {
	var contents [][]byte
	for _, path := range w.paths {
		data, err := readFile(path)
		if err != nil {
			return nil, err
		}
		contents = append(contents, data)
	}
	return contents, nil
}

// pipeTimeout bounds the wait for a pipe, such as a shell's <(…).
const pipeTimeout = 3 * time.Second

// readFile reads a file. A pipe that nobody writes to holds up nothing for long:
// neither opening it waits, nor, beyond the deadline, reading.
func readFile(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	f.SetReadDeadline(time.Now().Add(pipeTimeout)) // other files have none, and need none
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s: is larger than %d bytes, the most that is read", path, maxFile)
	}
	return data, nil
}

// reload reads the files again, and takes what they hold if it is good.
func (w *watched[T]) reload() {
	w.mu.Lock()
	defer w.mu.Unlock()
	contents, err := w.read()
	if err == nil && equalContents(contents, w.contents) {
		return
	}
	var value T
	if err == nil {
		w.contents = contents
		value, err = w.parse(contents)
	}
	if err != nil {
		if err.Error() != w.failed {
			w.log.Error("a changed file cannot be used; what was read before stays in force", "files", w.paths, "error", err.Error())
		}
		w.failed = err.Error()
		return
	}
	w.failed = ""
	w.value.Store(&value)
	w.log.Info("read again", "files", w.paths)
}

func equalContents(a, b [][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !bytes.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

// reloadInterval is how long a changed file may go unnoticed. Looking is cheap,
// and works on every file system and with the links of a mounted Secret.
const reloadInterval = time.Second

// keepReloading calls all of the funcs now and then, and at every hangup, until
// the context ends.
func keepReloading(ctx context.Context, hangup <-chan os.Signal, reload []func()) {
	ticker := time.NewTicker(reloadInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
		case <-ticker.C:
		}
		for _, f := range reload {
			f()
		}
	}
}
