package job

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/licseal/licseal/internal/text"
)

// Problem says why a job was refused or has stopped, if there is a remedy that a
// program may suggest.
type Problem string

// The problems.
const (
	Exists      Problem = "exists"       // the output file exists and is not to be overwritten
	Appeared    Problem = "appeared"     // the output file appeared during the job, and was kept
	NotRegular  Problem = "not-regular"  // the output is a device or a pipe
	NotRejects  Problem = "not-rejects"  // the file for rejects exists and does not contain rejects
	Interrupted Problem = "interrupted"  // an interrupted job has left a part of the output
	Overwriting Problem = "overwriting"  // as Interrupted, and that job was to overwrite the output
	NoSettings  Problem = "no-settings"  // the settings of the interrupted job cannot be read
	OtherKey    Problem = "other-key"    // the interrupted job used another key
	OtherJob    Problem = "other-job"    // the interrupted job had another template, schema or dates
	OtherRows   Problem = "other-rows"   // the output was not made from these rows
	FewerRows   Problem = "fewer-rows"   // the interrupted job had more rows
	Incomplete  Problem = "incomplete"   // a part is incomplete
	OtherDay    Problem = "other-day"    // parts were made on different days
	ResumeLater Problem = "resume-later" // the job has stopped, and can be resumed
)

// Error is an error about a file of a job.
type Error struct {
	Problem Problem // "" if there is no remedy to suggest
	File    string  // as the caller has named it; "" if the error is not about one file
	Err     error
}

func (e *Error) Error() string {
	if e.File == "" {
		return e.Err.Error()
	}
	return e.File + ": " + e.Err.Error()
}

// Unwrap returns e.Err.
func (e *Error) Unwrap() error { return e.Err }

// problem returns an error about a file that does not have a name yet: see [about].
func problem(p Problem, format string, args ...any) error {
	return &Error{Problem: p, Err: fmt.Errorf(format, args...)}
}

// about returns an error that names the file, if err is not nil.
func about(file string, err error) error {
	var e *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &e) && e.File != "":
		return err
	case errors.As(err, &e):
		return &Error{e.Problem, file, e.Err}
	}
	return &Error{File: file, Err: err}
}

// firstError returns the first error that is not nil; later ones follow from it.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// interrupted returns the error of a job whose context has ended.
func interrupted(ctx context.Context) error {
	if errors.Is(context.Cause(ctx), context.Canceled) {
		return errors.New("interrupted")
	}
	return context.Cause(ctx)
}

// noFolder returns the error for a file that cannot be created: if the folder is
// missing, it says so.
func noFolder(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the folder %s does not exist", filepath.Dir(path))
	}
	return text.Cause(err)
}

var (
	errExists = &Error{Problem: Exists, Err: errors.New("the file exists, and was kept")}
	errIsDir  = errors.New("is a directory; name a file in it")
)
