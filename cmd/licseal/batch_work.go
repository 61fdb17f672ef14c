package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/gofrs/flock"
	"github.com/licseal/licseal/internal/atomicfile"
)

// runSettings is what a run must be continued with, and what all parts of one
// run must have in common.
type runSettings struct {
	Format   int    `json:"format"`
	Kind     string `json:"kind"` // sign or verify
	Shard    int    `json:"shard"`
	Of       int    `json:"of"`
	Key      string `json:"key,omitempty"`   // the fingerprint of the key that signs
	Settings string `json:"settings"`        // the SHA-256 of the flags that matter
	Today    string `json:"today,omitempty"` // the date that "today" stands for, where that matters
	ID       string `json:"id,omitempty"`    // the field that tells licences apart
}

// workFile is a result in the making. It is FILE.part until it is whole. FILE.run
// says with what settings it is made, and FILE.lock keeps other processes off.
type workFile struct {
	path     string
	settings runSettings
	file     *os.File
	lock     *flock.Flock
	resumed  bool // file holds lines of an interrupted run
}

func (w *workFile) part() string { return w.path + ".part" }
func (w *workFile) run() string  { return w.path + ".run" }

// errComplete says that there is nothing to resume, because the result is whole.
var errComplete = errors.New("the file is whole already")

// openWork begins or continues the making of a file.
func openWork(path string, settings runSettings, resume, force bool) (_ *workFile, err error) {
	opened := &workFile{path: path, settings: settings}
	if info, err := os.Lstat(path); err == nil {
		switch {
		case info.IsDir():
			return nil, errIsDir
		case !info.Mode().IsRegular():
			return nil, errors.New("is not a regular file; without -o the licences go to standard output")
		case resume:
			return nil, errComplete
		case !force:
			return nil, withHint(errors.New("the file exists, and was kept"), "--force replaces it")
		}
	}
	if err := opened.acquire(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			opened.release()
		}
	}()
	journal, err := os.ReadFile(opened.run())
	interrupted := len(journal) > 0
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, cause(err)
	case interrupted && !resume && !force:
		return nil, withHint(fmt.Errorf("an interrupted run has left %s", opened.part()), "--resume continues it, --force begins anew")
	case interrupted && resume:
		return opened, opened.reopen(journal)
	}
	return opened, opened.begin()
}

func (w *workFile) acquire() error {
	w.lock = flock.New(w.path+".lock", flock.SetPermissions(0o644))
	held, err := w.lock.TryLock()
	if err != nil {
		return noFolder(w.path, err)
	}
	if !held {
		return errors.New("another process is making this file")
	}
	return nil
}

func (w *workFile) release() {
	if w.file != nil {
		w.file.Close()
	}
	w.lock.Unlock()
}

// begin begins anew.
func (w *workFile) begin() error {
	// In this order: a part without its settings is never continued.
	if err := os.Remove(w.run()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return cause(err)
	}
	var err error
	if w.file, err = os.OpenFile(w.part(), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o644); err != nil {
		return noFolder(w.path, err)
	}
	text, err := json.Marshal(w.settings)
	if err != nil {
		return err
	}
	return cause(atomicfile.Create(w.run(), append(text, '\n'), 0o644))
}

// reopen continues what an interrupted run has left.
func (w *workFile) reopen(journal []byte) error {
	var old runSettings
	decoder := json.NewDecoder(bytes.NewReader(journal))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&old); err != nil {
		return withHint(fmt.Errorf("%s cannot be read: %v", w.run(), err), "--force begins anew")
	}
	if old.Key != w.settings.Key {
		return withHint(fmt.Errorf("the interrupted run signed with another key, %s", plain(old.Key)), "resume with that key, or begin anew with --force")
	}
	if w.settings.Today != "" {
		w.settings.Today = old.Today // the run began on that day
	}
	if old != w.settings {
		return withHint(errors.New("the interrupted run had other flags, another template or another schema"), "resume with those, or begin anew with --force")
	}
	var err error
	w.file, err = os.OpenFile(w.part(), os.O_RDWR, 0)
	w.resumed = true
	return cause(err)
}

// keep cuts off what follows the first bytes of the file, and goes on from there.
func (w *workFile) keep(size int64) error {
	if err := w.file.Truncate(size); err != nil {
		return cause(err)
	}
	_, err := w.file.Seek(size, 0)
	return cause(err)
}

// leave leaves the file for another run to resume, without the half of a line that
// a full disk may have left.
func (w *workFile) leave() {
	defer w.release()
	info, err := w.file.Stat()
	if err != nil {
		return
	}
	tail := make([]byte, min(info.Size(), maxPartLine))
	start := info.Size() - int64(len(tail))
	if _, err := w.file.ReadAt(tail, start); err == nil {
		_ = w.file.Truncate(start + int64(bytes.LastIndexByte(tail, '\n')+1)) // resume would cut it, too
	}
}

// discard takes back all that was made.
func (w *workFile) discard() {
	w.release()
	for _, name := range []string{w.run(), w.part(), w.path + ".lock"} {
		os.Remove(name)
	}
}

// finish gives the whole file its name.
func (w *workFile) finish() error {
	defer w.release()
	if err := w.file.Sync(); err != nil {
		return fmt.Errorf("writing %s: %w", w.part(), cause(err))
	}
	if err := os.Rename(w.part(), w.path); err != nil {
		return cause(err)
	}
	atomicfile.SyncDir(w.path)
	return errors.Join(os.Remove(w.run()), os.Remove(w.path+".lock"))
}
