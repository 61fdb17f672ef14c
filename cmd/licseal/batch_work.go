package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/filelock"
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
	lock     *filelock.Lock
	resumed  bool // file holds lines of an interrupted run, or
	complete bool // of one that has ended: there is nothing to do but to compare
	force    bool // it may replace what has its name
}

func (w *workFile) part() string { return w.path + ".part" }
func (w *workFile) run() string  { return w.path + ".run" }

// name is the file whose lines a resumed run is compared with.
func (w *workFile) name() string {
	if w.complete {
		return w.path
	}
	return w.part()
}

// openWork begins or continues the making of a file.
func openWork(path string, settings runSettings, resume, force bool) (_ *workFile, err error) {
	opened := &workFile{path: path, settings: settings, force: force}
	whole, err := os.Lstat(path)
	if exists := err == nil; exists {
		switch {
		case whole.IsDir():
			return nil, errIsDir
		case !whole.Mode().IsRegular():
			return nil, errors.New("is not a regular file; without -o the licences go to standard output")
		case !resume && !force:
			return nil, errKept
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
	if now, err := os.Lstat(path); (err == nil) != (whole != nil) || err == nil && !os.SameFile(now, whole) {
		return nil, errors.New("another process has just made this file")
	}
	journal, err := os.ReadFile(opened.run())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, cause(err)
	}
	part, err := os.Lstat(opened.part())
	interrupted := len(journal) > 0 && err == nil // without a part, it ended while it tidied up
	switch {
	case resume && whole != nil && interrupted && !os.SameFile(whole, part):
		return nil, withHint(fmt.Errorf("the file exists, and an interrupted run that was to replace it has left %s", opened.part()), "--force begins anew; once the file is moved away, --resume continues that run")
	case resume && whole != nil:
		return opened, opened.reopenWhole()
	case interrupted && resume:
		return opened, opened.reopen(journal)
	case interrupted && !force && !opened.isMerge(journal):
		return nil, withHint(fmt.Errorf("an interrupted run has left %s", opened.part()), "--resume of that command continues it, --force begins anew")
	}
	return opened, opened.begin()
}

// errKept refuses to replace a file.
var errKept = withHint(errors.New("the file exists, and was kept"), "--force replaces it")

// isMerge reports whether a merge has left the journal that a merge finds: what is
// never resumed is begun anew.
func (w *workFile) isMerge(journal []byte) bool {
	var old runSettings
	return json.Unmarshal(journal, &old) == nil && old == w.settings && old.Kind == "merge"
}

// acquire takes the lock.
func (w *workFile) acquire() (err error) {
	w.lock, err = filelock.Try(w.path)
	if errors.Is(err, filelock.ErrHeld) {
		return errors.New("another process is making this file")
	}
	return noFolder(w.path, err)
}

func (w *workFile) release() {
	if w.file != nil {
		w.file.Close()
	}
	w.lock.Release()
}

// begin begins anew.
func (w *workFile) begin() error {
	// In this order: a part without its settings is never continued.
	if err := os.Remove(w.run()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return cause(err)
	}
	if err := os.Remove(w.part()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return cause(err) // it is not truncated: it may have the name of the whole file, too
	}
	var err error
	if w.file, err = os.OpenFile(w.part(), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644); err != nil {
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

// reopenWhole opens a file that is whole, to be compared with what would make it.
func (w *workFile) reopenWhole() (err error) {
	w.file, err = os.Open(w.path)
	w.resumed, w.complete = true, true
	return cause(err)
}

// keep cuts off what follows the first bytes of the file, and goes on from there.
func (w *workFile) keep(size int64) error {
	if w.complete {
		return nil
	}
	if err := w.file.Truncate(size); err != nil {
		return cause(err)
	}
	_, err := w.file.Seek(size, 0)
	return cause(err)
}

// leave leaves the file for another run to resume, without the half of a line that
// a full disk may have left.
func (w *workFile) leave() {
	if !w.complete {
		cutTail(w.file) // resume would cut it, too
	}
	w.release()
}

// cutTail cuts half a line off the end of a file.
func cutTail(f *os.File) {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return
	}
	tail := make([]byte, min(info.Size(), maxPartLine))
	start := info.Size() - int64(len(tail))
	if _, err := f.ReadAt(tail, start); err == nil {
		_ = f.Truncate(start + int64(bytes.LastIndexByte(tail, '\n')+1))
	}
}

// discard takes back all that was made.
func (w *workFile) discard() {
	w.file.Close()
	for _, name := range []string{w.run(), w.part()} {
		os.Remove(name) // while the lock is held: nothing of another run
	}
	w.release()
}

// finish gives the whole file its name.
func (w *workFile) finish() error {
	if w.complete {
		w.discard() // what a run may have left that died while it tidied up
		return nil
	}
	defer w.release()
	if err := w.file.Sync(); err != nil {
		return fmt.Errorf("writing %s: %w", w.part(), cause(err))
	}
	w.file.Close() // an open file cannot be renamed everywhere
	if err := giveName(w.part(), w.path, w.force); err != nil {
		return err
	}
	return cause(os.Remove(w.run()))
}

// giveName gives a file its final name. It replaces what has that name only by force,
// even if it has come up meanwhile.
func giveName(temp, path string, force bool) error {
	if !force {
		// Unlike a rename, a link never replaces a file.
		err := os.Link(temp, path)
		if err == nil {
			atomicfile.SyncDir(path)
			return cause(os.Remove(temp))
		}
		if _, err := os.Lstat(path); err == nil {
			return withHint(fmt.Errorf("a file of that name came up meanwhile, and was kept; the result is %s", temp), "move one of them away")
		}
	} // on a file system without links:
	if err := os.Rename(temp, path); err != nil {
		return cause(err)
	}
	atomicfile.SyncDir(path)
	return nil
}
