package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/internal/checkreport"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/progress"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/verify"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"
)

// checkReportName refuses a report that would take the place of what is read, or of
// the repaired licence.
func checkReportName(c *cli.Context) error {
	report := c.String("report")
	if report == "" {
		return nil
	}
	if report == "-" {
		return usagef("without --report, the report goes to standard output")
	}
	others := append(inputNames(c), c.String("o"))
	for _, flag := range []string{"schema", "state", "ca", "cert", "cert-key"} {
		others = append(others, c.String(flag))
	}
	if c.Bool("effective") {
		others = append(others, os.Getenv(check.PathVariable), filepath.Join(c.String("root"), check.DefaultPath), filepath.Join(c.String("root"), os.Getenv(check.PathVariable)))
	}
	for _, other := range others {
		if other != "" && isSameFile(report, other) {
			return usagef("--report %s would replace a file that this command reads or writes; give it a name of its own", report)
		}
	}
	return nil
}

// isSameFile reports whether two names are of one file. A device may be named twice.
func isSameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	if errA != nil || errB != nil {
		return filepath.Clean(a) == filepath.Clean(b)
	}
	return infoA.Mode().IsRegular() && os.SameFile(infoA, infoB)
}

// preflight is one run of 'licseal check'.
type preflight struct {
	c       *cli.Context
	checker *check.Checker
	options *check.Options
	writer  checkreport.Writer
	buffer  *bytes.Buffer // the report, where it goes to a file
	summary checkreport.Summary
	bar     *progress.Bar // nil where one licence is checked
}

// begin starts the report.
func (p *preflight) begin(sources []check.Source, findings []check.Finding) error {
	var out io.Writer = p.c.App.Writer
	if p.c.String("o") == "-" {
		out = os.Stderr // standard output is the repaired licence
	}
	color := false
	if f, ok := out.(interface{ Fd() uintptr }); ok {
		color = term.IsTerminal(int(f.Fd())) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	}
	if p.c.String("report") != "" {
		p.buffer = new(bytes.Buffer)
		out, color = p.buffer, false
	}
	for _, f := range findings {
		p.count(f.Severity)
	}
	_, vendorErr := schema.Builtin(p.options.Schema.Name())
	var err error
	p.writer, err = checkreport.New(formatOf(p.c), out, checkreport.Header{
		Version:          version(),
		Time:             p.time(),
		SignatureChecked: !p.options.NoSignature,
		KongFields:       vendorErr == nil && p.options.Schema == schema.Kong(),
		Color:            color,
		Sources:          sources,
		Findings:         findings,
	})
	return err
}

func (p *preflight) time() time.Time {
	if p.options.Verify.At.IsZero() {
		return time.Now()
	}
	return p.options.Verify.At
}

// entry reports one result. Only a result that decides counts for the exit code.
func (p *preflight) entry(e checkreport.Entry, decides bool) error {
	e.Exit, e.Word = exitOf(e.Result)
	p.summary.Licences++
	if e.Exit == exitOK {
		p.summary.OK++
	} else {
		p.summary.Failed++
	}
	for _, f := range e.Findings {
		p.count(f.Severity)
	}
	if decides {
		p.decide(e.Exit, e.Word, e.Name, e.Decisive())
	}
	return writing(p.writer.Entry(e))
}

// decide keeps the exit code of the first failure, and says on standard error
// what it was unless the report is for people and says so itself.
func (p *preflight) decide(exit int, word, name string, f *check.Finding) {
	if p.summary.Exit != exitOK || exit == exitOK {
		return
	}
	p.summary.Exit, p.summary.Word = exit, word
	if formatOf(p.c) != "text" || p.buffer != nil {
		if name != "" {
			name += ": "
		}
		say := func() {
			note("%s: %s%s", word, name, f.Found)
			hint("%s", f.Remedy)
		}
		if p.bar == nil {
			say()
		} else {
			p.bar.Pause(say)
		}
	}
}

func (p *preflight) count(severity check.Severity) {
	switch severity {
	case check.Error:
		p.summary.Errors++
	case check.Warning:
		p.summary.Warnings++
	default:
		p.summary.Notes++
	}
}

func (p *preflight) close() error {
	if err := p.writer.Close(p.summary); err != nil {
		return writing(err)
	}
	if p.buffer == nil {
		return nil
	}
	path := p.c.String("report")
	return about(path, writeFile(path, p.buffer.Bytes(), 0o644, true))
}

func writing(err error) error {
	if err != nil {
		return fmt.Errorf("writing the report: %w", cause(err))
	}
	return nil
}

// exitOf returns the exit code for a result, and its word.
func exitOf(r *check.Result) (code int, word string) {
	f := r.Decisive()
	if f == nil {
		return exitOK, ""
	}
	switch f.Stage {
	case check.StageSource:
		code = exitFailed
	case check.StageDocument:
		code = exitNotALicence
	case check.StageSignature:
		code = exitSignature
	case check.StageRevocation:
		code = exitRevoked
	case check.StageSchema:
		code = exitSchema
	case check.StageDates:
		code = exitExpired
		if r.State == verify.NotYetValid {
			code = exitNotYetValid
		}
	case check.StageRequirement:
		code = exitRequirement
	}
	if f.Code == check.CodeClock || f.Code == check.CodeRevocationList {
		return exitFailed, string(f.Code) // nothing was judged
	}
	return code, string(fault.ReasonOfExit(code))
}

// decideSources ends with a failure where a finding about the sources is one.
func (p *preflight) decideSources(findings []check.Finding) {
	for _, f := range findings {
		if f.Severity == check.Error {
			p.decide(exitFailed, string(fault.ReasonFailed), "", &f)
		}
	}
}
