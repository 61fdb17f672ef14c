package main

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/internal/checkreport"
	"github.com/licseal/licseal/internal/progress"
	"github.com/urfave/cli/v2"
)

// files checks all files, and all files in folders.
func (p *preflight) files() error {
	if err := p.begin(nil, nil); err != nil {
		return err
	}
	var done atomic.Int64
	total := int64(0) // counted once the work turns out to be long
	share := func() float64 {
		if total == 0 {
			total = countFiles(p.names())
		}
		return float64(done.Load()) / float64(total)
	}
	count := func() int { return int(done.Load()) }
	p.bar = progress.Start(progress.Job{Noun: "licences", Done: count, Share: share}, p.buffer == nil)
	defer p.bar.End()
	return walkFiles(p.names(), func(name string, data []byte, err error) error {
		done.Add(1)
		if report := p.c.String("report"); report != "" && isSameFile(report, name) {
			return usagef("--report %s would replace a file that is checked; write it somewhere else", report)
		}
		if err != nil && check.HoldsLicence(name) {
			return p.entry(checkreport.Entry{Result: p.licenceAsName()}, true)
		}
		return p.entry(checkreport.Entry{Result: p.result(name, data, err), Path: pathOf(name)}, true)
	})
}

func (p *preflight) names() []string { return fileNames(p.c) }

// fileNames returns the files to check, standard input if there is none.
func fileNames(c *cli.Context) []string {
	switch {
	case c.Bool("effective"), c.IsSet("namespace-dump"):
		return nil
	case c.NArg() == 0:
		return []string{"-"}
	}
	return c.Args().Slice()
}

// inputNames returns all that is read.
func inputNames(c *cli.Context) []string {
	names := slices.Concat(fileNames(c), c.StringSlice("t"))
	for _, flag := range []string{"policy", "namespace-dump", "token-file", "revocations"} {
		if c.IsSet(flag) {
			names = append(names, c.String(flag))
		}
	}
	return names
}

func pathOf(name string) string {
	if name == "-" {
		return ""
	}
	return name
}

// result judges a text, or says that it could not be read.
func (p *preflight) result(name string, data []byte, err error) *check.Result {
	in := check.Installed{Name: displayName(name), Data: data}
	if err == nil {
		return p.checker.Installed(in)
	}
	var tooLarge *sizeError
	if errors.As(err, &tooLarge) {
		return p.checker.Installed(check.Installed{Name: in.Name, Data: make([]byte, check.MaxBytes+1)})
	}
	return &check.Result{Name: in.Name, Time: p.time(), Signature: check.SignatureUnreached, Findings: []check.Finding{unreadable(err)}}
}

// licenceAsName is the result for a licence that was given in place of its file.
func (p *preflight) licenceAsName() *check.Result {
	return &check.Result{Name: "an argument", Time: p.time(), Signature: check.SignatureUnreached, Findings: []check.Finding{{
		Code: check.CodeLicenceAsName, Stage: check.StageSource, Severity: check.Error,
		Found: "a licence stands where the name of its file belongs", Remedy: "name the file, or give the text on standard input",
	}}}
}

func unreadable(err error) check.Finding {
	return check.Finding{Code: check.CodeSourceUnreadable, Stage: check.StageSource, Severity: check.Error,
		Found: "the file cannot be read: " + err.Error(), Remedy: "correct the name, or let this user read the file"}
}

// namespaceDump checks the licences that kubectl has printed.
func (p *preflight) namespaceDump(name string) error {
	data, err := readFile(name, check.MaxDumpBytes)
	if err != nil {
		return about(displayName(name), err)
	}
	installed, err := check.KubernetesDump(data)
	if err != nil {
		return about(displayName(name), err)
	}
	return p.installed(installed, pathOf(name))
}

// installed reports licences that are installed side by side.
func (p *preflight) installed(all []check.Installed, path string) error {
	results, active, findings := p.checker.Choose(all)
	if len(results) == 0 {
		findings = append(findings, check.Finding{Code: check.CodeNoLicence, Stage: check.StageSource, Severity: check.Error,
			Found: "there is no licence in any Secret or KongLicense", Remedy: "add one, and see that the Secret has the key license"})
	}
	if err := p.begin(nil, findings); err != nil {
		return err
	}
	p.decideSources(findings)
	for i, r := range results {
		e := checkreport.Entry{Result: r, Path: path}
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
	if url := p.c.String("admin-url"); url != "" {
		list, err := adminLister(p.c, url)
		if err != nil {
			return err
		}
		place.Records, place.RecordsName = list, strings.TrimRight(url, "/")+"/licenses"
	}
	e := p.checker.Effective(p.c.Context, place)
	if err := p.begin(e.Sources, e.Findings); err != nil {
		return err
	}
	yes, no := true, false
	if e.Active != nil {
		if err := p.entry(checkreport.Entry{Result: e.Active, Path: p.sourcePath(e.Active), Active: &yes}, true); err != nil {
			return err
		}
	}
	p.decideSources(e.Findings)
	for _, r := range e.Others {
		if err := p.entry(checkreport.Entry{Result: r, Path: p.sourcePath(r), Active: &no}, false); err != nil {
			return err
		}
	}
	return nil
}

// sourcePath returns the file that a result is about, if it is one.
func (p *preflight) sourcePath(r *check.Result) string {
	if strings.HasPrefix(r.Name, "/") {
		return r.Name
	}
	return ""
}

var (
	errNotAPlainFile = errors.New("is neither a file nor a folder")
	errFolderLink    = errors.New("is a link to a folder, which is not followed; name the folder itself")
)
