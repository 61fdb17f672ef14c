package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/verify"
)

// Exit codes. Where several apply, the one judged first decides: parse,
// signature, revocation, schema, dates, requirements.
const (
	exitOK          = 0
	exitFailed      = 1 // could not be done: a file, the terminal, the program itself
	exitUsage       = 2
	exitNotALicence = 3
	exitSchema      = 4
	exitSignature   = 5
	exitNotYetValid = 6
	exitExpired     = 7
	exitRevoked     = 8
	exitRequirement = 9
)

// codeWords begin the error line, for tools that read one line.
var codeWords = map[int]string{
	exitFailed:      "error",
	exitUsage:       "usage",
	exitNotALicence: "parse",
	exitSchema:      "schema",
	exitSignature:   "signature",
	exitNotYetValid: "not-yet-valid",
	exitExpired:     "expired",
	exitRevoked:     "revoked",
	exitRequirement: "requirement",
}

// codeWord returns the word for an error: for some of those that could not be
// judged a word of their own, because there is something else to do about each.
func codeWord(code int, err error) string {
	var (
		list    *verify.ListError
		clock   *verify.ClockError
		damaged *state.DamagedError
	)
	switch {
	case code != exitFailed:
	case errors.As(err, &list):
		return "revocation-list"
	case errors.As(err, &clock):
		return "clock"
	case errors.As(err, &damaged):
		return "state"
	}
	return codeWords[code]
}

// failure is an error with an exit code, the file that it is about, and hints on
// what to do about it.
type failure struct {
	code  int
	file  string // as messages call it; "" if there is none
	err   error
	hints []string
}

func (f *failure) Error() string {
	if f.file == "" {
		return f.err.Error()
	}
	return f.file + ": " + f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

func usagef(format string, args ...any) error {
	return &failure{code: exitUsage, err: fmt.Errorf(format, args...)}
}

// withHint adds a hint to an error, if there is an error.
func withHint(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	f := *classify(err)
	f.hints = append(slices.Clip(f.hints), fmt.Sprintf(format, args...))
	return &f
}

// about says which file an error is about, if there is an error. Wrong usage is
// not the fault of any file.
func about(file string, err error) error {
	if err == nil {
		return nil
	}
	f := *classify(err)
	if f.code != exitUsage {
		f.file = file
	}
	return &f
}

// classify finds the exit code of an error.
func classify(err error) *failure {
	if f, ok := err.(*failure); ok {
		return f
	}
	if f := (*failure)(nil); errors.As(err, &f) {
		return &failure{code: f.code, err: err, hints: f.hints}
	}
	return &failure{code: exitCode(err), err: err}
}

func exitCode(err error) int {
	var (
		parse     *licseal.ParseError
		schemaErr *schema.Error
		date      *licseal.DateError
		signature *verify.SignatureError
		stateErr  *verify.StateError
		revoked   *verify.RevokedError
		noID      *verify.NoIDError
		issuer    *verify.IssuerError
	)
	switch {
	case errors.As(err, &parse):
		return exitNotALicence
	case errors.As(err, &signature):
		return exitSignature
	case errors.As(err, &revoked):
		return exitRevoked
	case errors.As(err, &schemaErr), errors.As(err, &date), errors.As(err, &noID):
		return exitSchema
	case errors.As(err, &stateErr) && stateErr.State == verify.NotYetValid:
		return exitNotYetValid
	case errors.As(err, &stateErr):
		return exitExpired
	case errors.As(err, &issuer):
		return exitRequirement
	}
	return exitFailed
}

// errReported is the error of a command that has said what failed already.
var errReported = errors.New("reported")

// report prints an error, each of its lines with the code word, then its hints,
// and returns its exit code.
func report(w io.Writer, err error) int {
	f := classify(err)
	if errors.Is(f.err, errReported) {
		return f.code
	}
	prefix := codeWord(f.code, f.err) + ": "
	if f.file != "" {
		prefix += plain(f.file) + ": "
	}
	for _, line := range messages(f.err) {
		fmt.Fprintf(w, "%s%s\n", prefix, line)
	}
	for _, hint := range f.hints {
		fmt.Fprintf(w, "hint: %s\n", hint)
	}
	return f.code
}

// messages returns the lines of an error: one for each fault of a payload or
// joined error, and one for any other error.
func messages(err error) []string {
	var schemaErr *schema.Error
	if !errors.As(err, &schemaErr) {
		return strings.Split(err.Error(), "\n")
	}
	var lines []string
	for _, v := range schemaErr.Violations {
		lines = append(lines, v.String())
	}
	if schemaErr.Omitted > 0 {
		lines = append(lines, fmt.Sprintf("and %d more violations", schemaErr.Omitted))
	}
	return lines
}
