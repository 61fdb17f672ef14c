package job

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/filelock"
	"github.com/licseal/licseal/internal/text"
)

// workFile is an output file that is being written. It is called FILE.part until it
// is complete. FILE.run has the settings of the job, and FILE.lock keeps other
// processes away.
type workFile struct {
	path      string
	settings  Settings
	begun     start // of the job; not the real one if the file is complete
	file      *atomicfile.File
	lock      *filelock.Lock
	resumed   bool // file contains lines of an interrupted job, or
	complete  bool // of a complete one: there is nothing to do but compare
	overwrite bool // the output may overwrite an existing file
}

// runSettings is what FILE.run contains.
type runSettings struct {
	Settings
	start
}

const (
	partEnding = ".part"
	runEnding  = ".run"
)

func (w *workFile) part() string { return w.path + partEnding }
func (w *workFile) run() string  { return w.path + runEnding }

// name returns the name of the file that a resumed job is compared with.
func (w *workFile) name() string {
	if w.complete {
		return w.path
	}
	return w.part()
}

// openWork begins to write a file, or resumes it.
func openWork(path string, settings Settings, begun start, resume, overwrite bool) (*workFile, error) {
	w := &workFile{path: path, settings: settings, begun: begun, overwrite: overwrite}
	whole, err := os.Lstat(path)
	if err == nil {
		switch {
		case whole.IsDir():
			return nil, errIsDir
		case !whole.Mode().IsRegular():
			return nil, problem(NotRegular, "is not a regular file")
		case !resume && !overwrite:
			return nil, errExists
		}
	}
	if err := w.acquire(); err != nil {
		return nil, err
	}
	if err := w.open(whole, resume); err != nil {
		w.release()
		return nil, err
	}
	return w, nil
}

// open begins or resumes the file, once it is locked. whole is the file as it was
// before that, nil if it did not exist.
func (w *workFile) open(whole fs.FileInfo, resume bool) error {
	if now, err := os.Lstat(w.path); (err == nil) != (whole != nil) || err == nil && !os.SameFile(now, whole) {
		return errors.New("another process has just written this file")
	}
	settings, err := os.ReadFile(w.run())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return text.Cause(err)
	}
	part, err := os.Lstat(w.part())
	interrupted := len(settings) > 0 && err == nil // without a part, the job ended while it cleaned up
	switch {
	case resume && whole != nil && interrupted && !os.SameFile(whole, part):
		return problem(Overwriting, "the file exists, and an interrupted job that was to overwrite it has left %s", w.part())
	case resume && whole != nil:
		return w.reopenComplete()
	case interrupted && resume:
		return w.reopen(settings)
	case interrupted && !w.overwrite && !w.isMerge(settings):
		return problem(Interrupted, "an interrupted job has left %s", w.part())
	}
	return w.begin()
}

// isMerge reports whether this is a merge, and the settings are those of one. A merge
// is never resumed, so it starts over.
func (w *workFile) isMerge(settings []byte) bool {
	var old Settings
	return json.Unmarshal(settings, &old) == nil && old == w.settings && old.Kind == kindMerge
}

// acquire takes the lock.
func (w *workFile) acquire() (err error) {
	w.lock, err = filelock.Try(w.path)
	if errors.Is(err, filelock.ErrHeld) {
		return errors.New("another process is writing this file")
	}
	return noFolder(w.path, err)
}

func (w *workFile) release() {
	w.file.Close() // nil if it was not opened
	w.lock.Release()
}

// begin starts over. It removes the settings first: a part without settings is never
// resumed.
func (w *workFile) begin() error {
	if err := atomicfile.Remove(w.run()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return text.Cause(err)
	}
	// The part is not truncated: it may be the complete file under another name.
	if err := atomicfile.Remove(w.part()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return text.Cause(err)
	}
	var err error
	if w.file, err = atomicfile.OpenFile(w.part(), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644); err != nil {
		return noFolder(w.path, err)
	}
	mode := fs.FileMode(0o644)
	if w.begun.Seed != nil {
		mode = 0o600
	}
	return text.Cause(atomicfile.Create(w.run(), []byte(jsonLine(runSettings{w.settings, w.begun})+"\n"), mode))
}

// reopen resumes an interrupted job.
func (w *workFile) reopen(settings []byte) error {
	var saved runSettings
	decoder := json.NewDecoder(bytes.NewReader(settings))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&saved); err != nil {
		return problem(NoSettings, "%s cannot be read: %v", w.run(), err)
	}
	old := saved.Settings
	if old.Key != w.settings.Key {
		return problem(OtherKey, "the interrupted job signed with another key, %s", old.Key)
	}
	if w.settings.Today != "" {
		w.settings.Today = old.Today // "today" is the day on which the job began
	}
	if old != w.settings {
		return problem(OtherJob, "the interrupted job had other flags, another template or another schema")
	}
	if len(saved.Seed) != len(w.begun.Seed) || (saved.Moment == nil) != (w.begun.Moment == nil) {
		return problem(NoSettings, "%s does not have what the job began with", w.run())
	}
	w.begun = saved.start
	var err error
	w.file, err = atomicfile.OpenFile(w.part(), os.O_RDWR, 0)
	w.resumed = true
	return text.Cause(err)
}

// reopenComplete opens a complete file, to compare it with what would be written.
func (w *workFile) reopenComplete() (err error) {
	w.file, err = atomicfile.OpenFile(w.path, os.O_RDONLY, 0)
	w.resumed, w.complete = true, true
	return text.Cause(err)
}

// keep truncates the file to size bytes; the next write appends to them.
func (w *workFile) keep(size int64) error {
	if w.complete {
		return nil
	}
	if err := w.file.Truncate(size); err != nil {
		return text.Cause(err)
	}
	_, err := w.file.Seek(size, 0)
	return text.Cause(err)
}

// leave keeps what is written for another job to resume. It removes an incomplete
// last line, which a full disk may have left.
func (w *workFile) leave() {
	if !w.complete {
		cutTail(w.file)
	}
	w.release()
}

// cutTail removes an incomplete last line from a file.
func cutTail(f *atomicfile.File) {
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

// discard removes everything that the job has written.
func (w *workFile) discard() {
	w.file.Close()
	for _, name := range []string{w.run(), w.part()} {
		atomicfile.Remove(name) // while the lock is held, these are not another job's
	}
	w.release()
}

// finish gives the complete file its name.
func (w *workFile) finish() error {
	if w.complete {
		w.discard() // what a job may have left that was killed while it cleaned up
		return nil
	}
	defer w.release()
	if err := w.file.Sync(); err != nil {
		return fmt.Errorf("writing %s: %w", w.part(), text.Cause(err))
	}
	w.file.Close() // not all systems rename an open file
	if err := moveInPlace(w.part(), w.path, w.overwrite); err != nil {
		return err
	}
	return text.Cause(atomicfile.Remove(w.run()))
}

// moveInPlace gives a file its final name. An existing file of that name is overwritten
// only if overwrite, even if it has appeared a moment ago.
func moveInPlace(temp, path string, overwrite bool) error {
	err := atomicfile.Move(temp, path, overwrite)
	if errors.Is(err, fs.ErrExist) {
		return problem(Appeared, "a file of that name has appeared, and was kept; the result is in %s", temp)
	}
	return text.Cause(err)
}
