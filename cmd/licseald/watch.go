package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// watched is a value that is parsed from files, again whenever they change. It stays as
// it is if they cannot be read or parsed.
type watched[T any] struct {
	files []watchedFile
	parse func(contents [][]byte) (T, error)
	failureLog

	// ifGone, if not nil, is the value once a file is missing or has nothing in it. That
	// must be seen twice: a file may be missing or empty while it is being replaced.
	ifGone *T

	value atomic.Pointer[T]

	mu       sync.Mutex
	contents [][]byte  // last read, good or bad
	gone     time.Time // when a file was first seen missing or empty; zero if none is
}

// watcher is what all watched values share.
type watcher struct {
	log      *slog.Logger
	failures *reloadFailures
}

// failureLog logs a failure once, and counts it.
type failureLog struct {
	watcher
	failed string // the last failure that was logged
}

// reloadFailures counts failures to read files again.
type reloadFailures struct {
	total, now atomic.Int64 // since the start, and values whose files cannot be used now
}

// watchedFile is a file and its maximum size in bytes.
type watchedFile struct {
	path string
	max  int
}

// maxFile is the maximum size of every file but a revocation list.
const maxFile = 1 << 20

// smallFiles returns files with the maximum size maxFile.
func smallFiles(paths ...string) []watchedFile {
	var files []watchedFile
	for _, path := range paths {
		files = append(files, watchedFile{path, maxFile})
	}
	return files
}

// watch reads the files for the first time.
func watch[T any](by watcher, parse func([][]byte) (T, error), files ...watchedFile) (*watched[T], error) {
	w := &watched[T]{files: files, parse: parse, failureLog: failureLog{watcher: by}}
	contents, err := readAll(w.files)
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

// readAll reads files.
func readAll(files []watchedFile) ([][]byte, error) {
	var contents [][]byte
	for _, file := range files {
		data, err := file.read()
		if err != nil {
			return nil, err
		}
		contents = append(contents, data)
	}
	return contents, nil
}

func (w *watched[T]) paths() []string { return pathsOf(w.files) }

func pathsOf(files []watchedFile) []string {
	var paths []string
	for _, file := range files {
		paths = append(paths, file.path)
	}
	return paths
}

// pipeTimeout is how long a pipe, such as a shell's <(…), may take to deliver.
const pipeTimeout = 3 * time.Second

// read reads a file. Opening a pipe that nobody writes to does not wait, and reading
// it waits until the deadline.
func (file watchedFile) read() ([]byte, error) {
	f, err := os.OpenFile(file.path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	f.SetReadDeadline(time.Now().Add(pipeTimeout)) // has no effect on other files
	data, err := io.ReadAll(io.LimitReader(f, int64(file.max)+1))
	if err != nil {
		return nil, err
	}
	if len(data) > file.max {
		return nil, fmt.Errorf("%s is larger than %d bytes, the maximum size", file.path, file.max)
	}
	return data, nil
}

// reload reads the files again, and parses them if they have changed.
func (w *watched[T]) reload() {
	w.mu.Lock()
	defer w.mu.Unlock()
	contents, err := readAll(w.files)
	if err == nil && w.gone.IsZero() && equalContents(contents, w.contents) {
		return
	}
	var value T
	if err == nil {
		value, err = w.parse(contents)
	}
	if w.ifGone != nil && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNothing)) {
		w.loseValue(err)
		return
	}
	w.gone = time.Time{}
	if contents != nil {
		w.contents = contents
	}
	if err != nil {
		w.fail("a changed file cannot be used; its previous content stays in force", w.paths(), err)
		return
	}
	w.works()
	w.value.Store(&value)
	w.log.Info("read again", "files", w.paths())
}

// errNothing is in the error about a file that has nothing in it.
var errNothing = errors.New("there is nothing in the file")

// loseValue ends the value, unless the files may only be being replaced.
func (w *watched[T]) loseValue(err error) {
	switch {
	case w.gone.IsZero():
		w.gone = time.Now()
	case time.Since(w.gone) >= reloadInterval/2: // not so soon after a hangup
		w.value.Store(w.ifGone)
		w.fail("a file is missing or empty; until it is there again, what was in it no longer holds", w.paths(), err)
	}
}

func (r *failureLog) fail(message string, paths []string, err error) {
	if err.Error() != r.failed {
		r.log.Error(message, "files", paths, "error", err.Error())
		r.failures.total.Add(1)
	}
	if r.failed == "" {
		r.failures.now.Add(1)
	}
	r.failed = err.Error()
}

// works notes the end of a failure.
func (r *failureLog) works() {
	if r.failed != "" {
		r.failures.now.Add(-1)
	}
	r.failed = ""
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

// reloadInterval is how long a changed file may go unnoticed. Polling is cheap, and
// works on every file system and with the links of a mounted Secret.
const reloadInterval = time.Second

// keepReloading calls all of the funcs every reloadInterval, and at every hangup, until
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
