// Package fault turns errors into what a command says and returns: a stable word, the
// file that the error is about, its message, hints, and an exit code. The word and
// the exit code derive from the [Reason] alone.
package fault

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/licseal/licseal/internal/text"
)

// Fault is an error with its reason, the file that it is about, and hints on what to
// do about it.
type Fault struct {
	Reason Reason
	File   string // as messages call it; "" if the error is not about a file
	Err    error
	Hints  []text.Line
}

func (f *Fault) Error() string {
	if f.File == "" {
		return f.Err.Error()
	}
	return f.File + ": " + f.Err.Error()
}

// Unwrap returns the error without file and hints.
func (f *Fault) Unwrap() error { return f.Err }

// New returns an error for a reason. The format is that of [fmt.Errorf].
func New(reason Reason, format string, args ...any) error {
	return &Fault{Reason: reason, Err: fmt.Errorf(format, args...)}
}

// Usage returns an error about a wrong command line.
func Usage(format string, args ...any) error {
	return &Fault{Reason: ReasonUsage, Err: fmt.Errorf(format, args...)}
}

// Because gives an error a reason, whatever its own is; nil stays nil.
func Because(reason Reason, err error) error {
	if err == nil {
		return nil
	}
	f := *Of(err)
	f.Reason = reason
	return &f
}

// About says which file an error is about; nil stays nil. Usage errors do not name a
// file.
func About(file string, err error) error {
	if err == nil {
		return nil
	}
	f := *Of(err)
	if f.Reason != ReasonUsage {
		f.File = file
	}
	return &f
}

// WithHint adds a hint to an error; nil stays nil. The format is that of
// [text.Sprintf], which escapes the arguments.
func WithHint(err error, format string, args ...any) error {
	if false {
		_ = fmt.Sprintf(format, args...) // has go vet check the callers' formats
	}
	if err == nil {
		return nil
	}
	f := *Of(err)
	f.Hints = append(slices.Clip(f.Hints), text.Sprintf(format, args...))
	return &f
}

// errReported is the error of a command that has said what failed already.
var errReported = errors.New("reported")

// Reported returns an error that only sets the exit code: what failed has been said
// already.
func Reported(reason Reason) error { return &Fault{Reason: reason, Err: errReported} }

// Of returns err as a fault, with the reason that its type stands for. err must not be
// nil.
func Of(err error) *Fault {
	if f, ok := err.(*Fault); ok {
		return f
	}
	if f := (*Fault)(nil); errors.As(err, &f) {
		return &Fault{Reason: f.Reason, Err: err, Hints: f.Hints}
	}
	return &Fault{Reason: reasonOf(err), Err: err}
}

// Exit returns the exit code of a command that ends with err.
func Exit(err error) int {
	if err == nil {
		return 0
	}
	return ExitOf(Of(err).Reason)
}

// Messages returns what the error says, without word and file: a line for each
// violation of a schema and each joined error, and one line for any other error.
func (f *Fault) Messages() []text.Line {
	if violations := violationsOf(f.Err); violations != nil {
		return violations
	}
	if joined, ok := f.Err.(interface{ Unwrap() []error }); ok {
		var lines []text.Line
		for _, err := range joined.Unwrap() {
			lines = append(lines, Of(err).Messages()...)
		}
		return lines
	}
	if inner, ok := f.Err.(*Fault); ok {
		return inner.Messages()
	}
	return []text.Line{text.Sprintf("%v", f.Err)}
}

// Lines returns all that is to be said: the messages, each with the word and
// the file, and the hints. With color, the words are colored.
func (f *Fault) Lines(color bool) []text.Line {
	if errors.Is(f.Err, errReported) {
		return nil
	}
	var red, cyan text.Color
	if color {
		red, cyan = text.Red, text.Cyan
	}
	word := red.Paint(text.Sprintf("%s", f.Reason))
	var lines []text.Line
	for _, message := range f.Messages() {
		if f.File != "" {
			message = text.Sprintf("%s: %s", f.File, message)
		}
		lines = append(lines, text.Sprintf("%s: %s", word, message))
	}
	for _, hint := range f.Hints {
		lines = append(lines, text.Sprintf("%s: %s", cyan.Paint(text.Sprintf("hint")), hint))
	}
	return lines
}

// Write writes an error to w as [Fault.Lines] words it, and returns the exit code.
func Write(w io.Writer, err error, color bool) int {
	f := Of(err)
	for _, line := range f.Lines(color) {
		text.Fprintf(w, "%s\n", line)
	}
	return ExitOf(f.Reason)
}
