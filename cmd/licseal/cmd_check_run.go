package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/buildinfo"
	"github.com/licseal/licseal/internal/checkreport"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/progress"
	"github.com/urfave/cli/v2"
)

// preflight is one run of 'licseal check'.
type preflight struct {
	c       *cli.Context
	checker *check.Checker
	options *check.Options
	run     checkreport.Run
	buffer  *bytes.Buffer // the report, if it goes to a file
	bar     *progress.Bar // nil if only one licence is checked
}

// begin starts the report.
func (p *preflight) begin(sources []check.Source, findings []check.Finding) (err error) {
	var out io.Writer = p.c.App.Writer
	if p.c.String("o") == "-" {
		out = os.Stderr // standard output is the repaired licence
	}
	color := false
	switch f := out.(type) {
	case *output:
		color = isColored(f.File)
	case *os.File:
		color = isColored(f)
	}
	if p.c.String("report") != "" {
		p.buffer = new(bytes.Buffer)
		out, color = p.buffer, false
	}
	at := p.options.Verify.At
	if at.IsZero() {
		at = now()
	}
	p.run.Failed = p.failed
	p.run.Count(findings)
	p.run.Writer, err = checkreport.New(formatOf(p.c), out, checkreport.Header{
		Version:          buildinfo.Version(),
		Name:             reportName(p.c),
		Path:             pathOf(p.c.String("namespace-dump")),
		Time:             at,
		SignatureChecked: !p.options.NoSignature,
		KongFields:       p.options.Schema == nil || p.options.Schema.Builtin() && p.options.Schema.Name() == "kong",
		Color:            color,
		Sources:          sources,
		Findings:         findings,
	})
	return err
}

// reportName tells a report from others in the same folder: by the name that the user
// gives it, that of its file, or else by what it is about.
func reportName(c *cli.Context) string {
	switch {
	case c.IsSet("report-name"):
		return c.String("report-name")
	case c.String("report") != "" && formatOf(c) != "html": // a page is about what is checked
		return filepath.Base(c.String("report"))
	case c.Bool("effective") && c.IsSet("root"):
		return "effective in " + c.String("root")
	case c.Bool("effective"):
		return "effective"
	case c.IsSet("admin-url"):
		return strings.Join(c.StringSlice("admin-url"), ", ")
	case c.IsSet("namespace-dump"):
		return displayName(c.String("namespace-dump"))
	case c.IsSet("variable"):
		return c.String("variable")
	}
	names := fileNames(c)
	if len(names) == 1 {
		return displayName(names[0])
	}
	return fmt.Sprintf("%s and %d more", displayName(names[0]), len(names)-1)
}

// failed says on standard error what failed first, unless the report is for people and
// says so.
func (p *preflight) failed(reason fault.Reason, name string, f *check.Finding) {
	if formatOf(p.c) == "text" && p.buffer == nil {
		return
	}
	if name != "" {
		name += ": "
	}
	say := func() {
		note("%s: %s%s", reason, name, f.Found)
		hint("%s", f.Remedy)
	}
	if p.bar == nil {
		say()
		return
	}
	p.bar.Pause(say)
}

// entry reports one result. Only a result that decides counts for the exit code.
func (p *preflight) entry(e checkreport.Entry, decides bool) error {
	return writing(p.run.Entry(e, decides))
}

// close ends the report, and returns the error that sets the exit code.
func (p *preflight) close() error {
	if err := p.run.Close(); err != nil {
		return writing(err)
	}
	if p.buffer != nil {
		path := p.c.String("report")
		if err := writeFile(path, p.buffer.Bytes(), 0o644, true); err != nil {
			return about(path, err)
		}
	}
	if p.run.Reason != "" {
		return fault.Reported(p.run.Reason)
	}
	return nil
}

func writing(err error) error {
	if err != nil {
		return fmt.Errorf("writing the report: %w", cause(err))
	}
	return nil
}

// files checks all files, and all files in folders.
func (p *preflight) files() error {
	if err := p.begin(nil, nil); err != nil {
		return err
	}
	if slices.Contains(fileNames(p.c), "-") {
		announceStdin(aLicence)
	}
	var done atomic.Int64
	total := 0 // counted once the work turns out to be long
	share := func() float64 {
		if total == 0 {
			total = check.CountFiles(fileNames(p.c))
		}
		return float64(done.Load()) / float64(total)
	}
	count := func() int { return int(done.Load()) }
	p.bar = progress.Start(progress.Job{Noun: "licences", Done: count, Share: share}, p.buffer == nil)
	defer p.bar.End()
	for f := range check.Files(fileNames(p.c), os.Stdin) {
		done.Add(1)
		if errors.Is(f.Err, check.ErrEmptyFolder) {
			return about(f.Name, withHint(f.Err, "a file whose name begins with a dot is skipped"))
		}
		if report := p.c.String("report"); report != "" && atomicfile.Same(report, f.Name) {
			return usagef("%s is an input file and would be overwritten", report)
		}
		if err := p.entry(p.judged(f), true); err != nil {
			return err
		}
	}
	return nil
}

// judged returns the entry of a file. A licence in place of a file name has no path.
func (p *preflight) judged(f check.File) checkreport.Entry {
	path := pathOf(f.Name)
	if f.Err != nil && check.HoldsLicence(f.Name) {
		path = ""
	}
	f.Name = displayName(f.Name)
	if f.Err == nil {
		f.Data, f.Err = unarmored(f.Data)
	}
	return checkreport.Entry{Result: p.checker.File(f), Path: path}
}

// pathOf returns the path of a file, "" for standard input.
func pathOf(name string) string {
	if name == "-" {
		return ""
	}
	return name
}

// fix writes the licence that repairs have brought out of a text, and checks it.
func (p *preflight) fix() error {
	name, err := oneFile(p.c)
	if err != nil {
		return err
	}
	if err := p.begin(nil, nil); err != nil {
		return err
	}
	if name == "-" {
		announceStdin(aLicence)
	}
	before := p.judged(check.ReadFile(name, os.Stdin))
	if before.License == nil {
		if before.Result.Reason() != check.ReasonSource {
			before.NotFixed()
		}
		return p.entry(before, true)
	}
	out := p.c.String("o")
	if err := writeResult(p.c, string(before.Canonical())); err != nil {
		return err
	}
	after := p.checker.Fixed(before.Result, displayOutput(out))
	return p.entry(checkreport.Entry{Result: after, Path: pathOf(out), Fixed: out}, true)
}

// displayOutput is what messages call a file that is written.
func displayOutput(file string) string {
	if file == "-" {
		return "standard output"
	}
	return file
}

// namespaceDump checks the licences that kubectl has printed.
func (p *preflight) namespaceDump(name string) error {
	data, err := readFile(name, check.MaxDumpBytes)
	if err != nil {
		return about(displayName(name), err)
	}
	all, err := check.KubernetesDump(data)
	if err != nil {
		return about(displayName(name), err)
	}
	results, active, findings := p.checker.Choose(all)
	if err := p.begin(nil, findings); err != nil {
		return err
	}
	p.run.Sources(findings)
	for i, r := range results {
		e := checkreport.Entry{Result: r, Path: pathOf(name)}
		if active >= 0 && !all[i].Alone {
			isActive := i == active
			e.Active = &isActive
		}
		if err := p.entry(e, e.Active == nil || *e.Active); err != nil {
			return err
		}
	}
	return nil
}

// effective checks the licence that a gateway would use.
func (p *preflight) effective() error {
	place := check.Place{Root: p.c.String("root")}
	for _, url := range p.c.StringSlice("admin-url") { // one
		client, err := connect(p.c, "admin-url", url, nil)
		if err != nil {
			return err
		}
		place.Records = func(ctx context.Context) ([]check.Installed, error) { return installedAt(ctx, client) }
		place.RecordsName = strings.TrimRight(url, "/") + "/licenses"
	}
	e := p.checker.Effective(p.c.Context, place)
	if err := p.begin(e.Sources, e.Findings); err != nil {
		return err
	}
	if e.Active != nil {
		if err := p.installed(e.Active, true); err != nil {
			return err
		}
	}
	p.run.Sources(e.Findings)
	for _, r := range e.Others {
		if err := p.installed(r, false); err != nil {
			return err
		}
	}
	return nil
}

// installed reports a licence of a gateway. Only the active one decides.
func (p *preflight) installed(r *check.Result, active bool) error {
	path := ""
	if strings.HasPrefix(r.Name, "/") {
		path = r.Name
	}
	return p.entry(checkreport.Entry{Result: r, Path: path, Active: &active}, active)
}

// maxRecords bounds what is read from an Admin API. A gateway has a handful.
const maxRecords = 10_000

// installedAt asks an Admin API for its licences.
func installedAt(ctx context.Context, client *admin.Client) ([]check.Installed, error) {
	var all []check.Installed
	for record, err := range client.Records(ctx) {
		if err != nil {
			return nil, err
		}
		if len(all) == maxRecords {
			return nil, fmt.Errorf("it has more than %d licences, the most that are read", maxRecords)
		}
		all = append(all, check.Installed{Name: record.ID, Data: []byte(record.Payload), Updated: time.Unix(record.UpdatedAt, 0).UTC()})
	}
	return all, nil
}
