// Command licseal-verify verifies licences on a machine behind an air gap, and does
// nothing else. It gives the verdicts, the words and the exit codes of 'licseal verify'.
//
// It is small enough to be read in an afternoon: args.go reads the command line, load.go
// reads keys, chains of trust, revocation lists and the state, judge.go judges by package
// verify, and this file prints. It has no network, no JSON Schema and no SSH agent:
// deps_test.go sees to that.
package main

import (
	"errors"
	"io"
	"os"

	"github.com/licseal/licseal/internal/buildinfo"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/internal/verdict"
	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/verify"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run runs one command line and returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	p := &printer{stdout: stdout, stderr: stderr}
	o, err := parseArgs(args)
	switch {
	case err != nil:
	case o.help:
		err = p.say("%s", helpText)
	case o.version:
		err = p.version(o.json)
	case o.newState != "":
		err = newState(o)
	default:
		err = verifyFiles(o, p)
	}
	if err != nil {
		return fault.Write(stderr, err, false)
	}
	return 0
}

// version prints what the program was built from.
func (p *printer) version(json bool) error {
	info := buildinfo.Of("licseal-verify")
	if json {
		return p.say("%s", info.JSON())
	}
	if hint := info.Hint(); hint != "" {
		text.Fprintf(p.stderr, "hint: %s\n", hint)
	}
	return p.say("%s", info.Lines())
}

// newState creates a state file.
func newState(o *options) error {
	if len(o.files) > 0 {
		return fault.Usage("--new-state takes no files")
	}
	err := state.Create(o.newState, verify.Memory{Latest: now()})
	if errors.Is(err, os.ErrExist) {
		err = errors.New("the file exists, and was kept")
	}
	return fault.About(o.newState, text.Cause(err))
}

// verifyFiles verifies the licences that a command line names. The error has the reason
// of the first that is refused.
func verifyFiles(o *options, p *printer) error {
	j, err := newJudge(o, p)
	if err != nil {
		return err
	}
	var refused error
	for _, file := range o.files {
		v := j.judge(file)
		if err := p.verdict(v, o.json); err != nil {
			return err
		}
		if refused == nil && v.Err != nil {
			refused = fault.Reported(fault.Of(v.Err).Reason)
		}
	}
	return refused
}

// printer prints lines, in which everything from outside is escaped.
type printer struct{ stdout, stderr io.Writer }

// say prints a line of results.
func (p *printer) say(format string, args ...any) error {
	if _, err := text.Fprintf(p.stdout, "%s\n", text.Sprintf(format, args...)); err != nil {
		return fault.New(fault.ReasonFailed, "writing standard output: %w", text.Cause(err))
	}
	return nil
}

func (p *printer) warn(format string, args ...any) {
	text.Fprintf(p.stderr, "warning: %s\n", text.Sprintf(format, args...))
}

// verdict prints an accepted licence, and all JSON, to standard output; a refusal and the
// warnings to standard error.
func (p *printer) verdict(v verdict.Verdict, json bool) error {
	for _, warning := range v.Warnings {
		p.warn("%s: %s", v.Name(), warning.String())
	}
	if v.Err != nil {
		fault.Write(p.stderr, fault.About(v.File, v.Err), false)
	}
	switch {
	case json:
		return p.say("%s", v.JSON())
	case v.Err == nil:
		return p.say("%s", v.Accepted(false))
	}
	return nil
}
