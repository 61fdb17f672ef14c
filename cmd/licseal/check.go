package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/checkreport"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/verify"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"
)

func checkCommand() *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "pre-flight: will a licence hold, and what is to be mended",
		UsageText: "licseal check (-t KEYS | --no-signature) [flags] [FILE|FOLDER…]",
		Description: `Judges licences before a rollout: document, signature, fields, dates, and what you
demand of them. Reports everything that is found, with a stable code, the place,
and what to do; ends with the exit code of the first licence that fails. What is
no licence is diagnosed: curly quotes, base64, a Secret, an Admin API record, ….

  licseal check -t vendor.key.pub --require 'dataplanes>=4' licence.json
  licseal check --no-signature --effective --admin-url http://localhost:8001
  kubectl get secret,konglicense -o yaml | licseal check --no-signature --namespace-dump -
  licseal check -t vendor.key.pub --fix -o licence.json pasted.txt

By default a licence fails with less than 30 days left and is warned of with less
than 90, as a gateway does; any --grace counts as time left. Only --admin-url opens
a network connection; a token for it is read from --token-file or KONG_ADMIN_TOKEN.
Licence keys and signatures are masked unless --show-secrets is given.

--require takes FIELD=VALUE, FIELD!=VALUE, FIELD>=VALUE (also >, <=, <; a number or
a date), 'FIELD in A,B', or FIELD, which must be there. --policy reads all of this
from a YAML file with the members min_remaining, warn_remaining, grace, zone,
schema and require; flags win, requirements add up.

--format json is described by 'licseal schema check-report'; github, junit, sarif
and prometheus are what those tools read.`,
		Flags: append([]cli.Flag{
			trustFlag,
			&cli.BoolFlag{Name: "no-signature", Usage: "do not check the signature; every output says so"},
			&cli.StringFlag{Name: "at", Usage: "judge as of `TIME`, a date or an RFC 3339 time (default: now)"},
			&cli.StringFlag{Name: "grace", Usage: "accept a licence for this `LENGTH` of time after it expires, as 30d"},
			issuerFlag,
			revocationsFlag,
			maxListAgeFlag,
			stateFlag,
			maxClockSkewFlag,
			&cli.StringFlag{Name: "min-remaining", Usage: "fail if less than this `LENGTH` of time is left (default: 30d; 0d for none)"},
			&cli.StringFlag{Name: "warn-remaining", Usage: "warn if less than this `LENGTH` of time is left (default: 90d; 0d for none)"},
			&cli.StringSliceFlag{Name: "require", Usage: "demand a `FIELD`: FIELD=VALUE, FIELD>=VALUE, 'FIELD in A,B' (repeatable)"},
			&cli.StringFlag{Name: "zone", Usage: "the time `ZONE` in which a date begins, as Europe/Berlin (default: UTC)"},
			&cli.StringFlag{Name: "policy", Usage: "read what is demanded from the YAML `FILE`", TakesFile: true},
			schemaFlag,
			&cli.BoolFlag{Name: "effective", Usage: "find the licence that a gateway here would use"},
			&cli.StringFlag{Name: "root", Usage: "with --effective: look for files under this `FOLDER`, such as a mounted image", TakesFile: true},
			&cli.StringFlag{Name: "admin-url", Usage: "with --effective: ask the Admin API at this `URL` too"},
			&cli.StringFlag{Name: "namespace-dump", Usage: "check the licences in `FILE`, which 'kubectl get secret,konglicense -o yaml' wrote", TakesFile: true},
			&cli.BoolFlag{Name: "fix", Usage: "with -o: write the repaired licence in canonical form, and check that"},
			outputFlag,
			forceFlag,
			&cli.StringFlag{Name: "format", Usage: "report as `FORMAT`: " + strings.Join(checkreport.Formats(), ", ") + " (default: text)"},
			jsonFlag,
			&cli.StringFlag{Name: "report", Usage: "write the report to `FILE`, whole, in place of what was there", TakesFile: true},
			&cli.BoolFlag{Name: "show-secrets", Usage: "do not mask licence keys and signatures"},
		}, checkConnectionFlags...),
		Action: checkAction,
	}
}

func checkAction(c *cli.Context) error {
	if err := checkModes(c); err != nil {
		return err
	}
	if err := checkStdin(inputNames(c)...); err != nil {
		return err
	}
	checker, options, err := newChecker(c)
	if err != nil {
		return err
	}
	p := &preflight{c: c, checker: checker, options: options}
	switch {
	case c.Bool("effective"):
		err = p.effective()
	case c.String("namespace-dump") != "":
		err = p.namespaceDump(c.String("namespace-dump"))
	case c.Bool("fix"):
		err = p.fix()
	default:
		err = p.files()
	}
	if err == nil {
		err = p.close()
	}
	if err == nil && p.summary.Exit != exitOK {
		err = &failure{code: p.summary.Exit, err: errReported}
	}
	return err
}

// checkModes refuses flags that mean nothing together, lest one of them is
// dropped in silence.
func checkModes(c *cli.Context) error {
	for _, rule := range []struct{ flag, needs string }{
		{"root", "effective"}, {"admin-url", "effective"},
		{"workspace", "admin-url"}, {"token-file", "admin-url"}, {"ca", "admin-url"}, {"cert", "admin-url"}, {"cert-key", "admin-url"}, {"timeout", "admin-url"},
		{"fix", "o"}, {"o", "fix"}, {"force", "fix"},
	} {
		if c.IsSet(rule.flag) && !c.IsSet(rule.needs) {
			return usagef("%s means something only with %s", dashed(rule.flag), dashed(rule.needs))
		}
	}
	for _, flag := range []string{"issuer", "revocations", "max-list-age", "state", "max-clock-skew"} {
		if c.IsSet(flag) && c.Bool("no-signature") {
			return usagef("--%s means nothing with --no-signature: it is about who signed", flag)
		}
	}
	modes := 0
	for _, mode := range []string{"effective", "namespace-dump", "fix"} {
		if c.IsSet(mode) {
			modes++
		}
	}
	switch {
	case modes > 1:
		return usagef("--effective, --namespace-dump and --fix do not go together")
	case c.NArg() > 0 && (c.Bool("effective") || c.IsSet("namespace-dump")):
		return usagef("with --effective and --namespace-dump there is no other FILE")
	case c.Bool("no-signature") && len(c.StringSlice("t")) > 0:
		return usagef("-t and --no-signature contradict each other")
	case c.Bool("json") && c.IsSet("format") && c.String("format") != "json":
		return usagef("--json and --format %s contradict each other", c.String("format"))
	}
	if format := formatOf(c); !slices.Contains(checkreport.Formats(), format) {
		return usagef("--format %q: the formats are %s", format, strings.Join(checkreport.Formats(), ", "))
	}
	return nil
}

func dashed(flag string) string {
	if len(flag) == 1 {
		return "-" + flag
	}
	return "--" + flag
}

func formatOf(c *cli.Context) string {
	switch {
	case c.Bool("json"):
		return "json"
	case c.IsSet("format"):
		return c.String("format")
	}
	return "text"
}

// newChecker makes what judges, from the policy file and from flags.
func newChecker(c *cli.Context) (*check.Checker, *check.Options, error) {
	policy, err := loadPolicy(c)
	if err != nil {
		return nil, nil, err
	}
	options, err := policyOptions(c, policy)
	if err != nil {
		return nil, nil, err
	}
	if at := c.String("at"); at != "" {
		if options.Verify.Time, err = licseal.ParseDate(at, options.Verify.Location); err != nil {
			return nil, nil, usagef("--at %q is not a time; write it as 2027-12-31 or 2027-12-31T12:00:00Z", at)
		}
	}
	options.ShowSecrets = c.Bool("show-secrets")
	options.NoSignature = c.Bool("no-signature")
	if !options.NoSignature {
		if len(c.StringSlice("t")) == 0 {
			return nil, nil, withHint(usagef("'licseal check' needs the public keys to trust, or --no-signature"),
				"licseal check -t vendor.key.pub FILE; a licence that Kong issued can only be checked with --no-signature")
		}
		if options.Trusted, err = loadTrusted(c); err != nil {
			return nil, nil, err
		}
		watcher := &judge{trusted: options.Trusted, options: options.Verify}
		if err := watcher.watch(c); err != nil {
			return nil, nil, err
		}
		options.Verify = watcher.options
	}
	checker, err := check.New(*options)
	return checker, options, err
}

// loadPolicy reads the policy file, and puts the flags in its place that say
// something else.
func loadPolicy(c *cli.Context) (*check.PolicyFile, error) {
	file := new(check.PolicyFile)
	if name := c.String("policy"); name != "" {
		data, err := readFile(name, check.MaxPolicyBytes)
		if err != nil {
			return nil, about(displayName(name), err)
		}
		if file, err = check.ParsePolicyFile(data); err != nil {
			return nil, about(displayName(name), err)
		}
	}
	for flag, member := range map[string]*string{
		"min-remaining": &file.MinRemaining, "warn-remaining": &file.WarnRemaining, "grace": &file.Grace, "zone": &file.Zone, "schema": &file.Schema,
	} {
		if c.IsSet(flag) || *member == "" {
			*member = c.String(flag)
		}
	}
	file.Require = append(file.Require, c.StringSlice("require")...)
	return file, nil
}

func policyOptions(c *cli.Context, file *check.PolicyFile) (*check.Options, error) {
	rules, err := loadSchema(file.Schema)
	if err != nil {
		return nil, err
	}
	o := &check.Options{Schema: rules, Verify: verify.Options{}}
	for _, length := range []struct {
		flag, text string
		target     *time.Duration
	}{
		{"--min-remaining", file.MinRemaining, &o.Policy.MinRemaining},
		{"--warn-remaining", file.WarnRemaining, &o.Policy.WarnRemaining},
		{"--grace", file.Grace, &o.Verify.Grace},
	} {
		if length.text == "" {
			continue
		}
		if *length.target, err = check.ParseLength(length.text); err != nil {
			return nil, usagef("%s: %v", length.flag, err)
		}
		if *length.target == 0 && length.flag != "--grace" {
			*length.target = -1 // none at all, which is not the default
		}
	}
	if file.Zone != "" {
		if o.Verify.Location, err = loadZone(file.Zone); err != nil {
			return nil, err
		}
	}
	for _, text := range file.Require {
		r, err := check.ParseRequirement(text)
		if err != nil {
			return nil, usagef("--require %v", err)
		}
		o.Policy.Require = append(o.Policy.Require, r)
	}
	return o, nil
}

// loadZone finds a time zone. "Local" would mean another one on each machine.
func loadZone(name string) (*time.Location, error) {
	loc, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, usagef("--zone %q is not a time zone that is known here; write it as Europe/Berlin or UTC", name)
	}
	return loc, nil
}

// preflight is one run of 'licseal check'.
type preflight struct {
	c       *cli.Context
	checker *check.Checker
	options *check.Options
	writer  checkreport.Writer
	buffer  *bytes.Buffer // the report, where it goes to a file
	summary checkreport.Summary
	bar     *batchProgress // nil where one licence is checked
}

// begin starts the report.
func (p *preflight) begin(sources []check.Source, findings []check.Finding) error {
	var out io.Writer = p.c.App.Writer
	if p.c.String("o") == "-" {
		out = os.Stderr // standard output is the repaired licence
	}
	color := false
	if f, ok := out.(*os.File); ok {
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
	if p.options.Verify.Time.IsZero() {
		return time.Now()
	}
	return p.options.Verify.Time
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
			name = plain(name) + ": "
		}
		say := func() {
			fmt.Fprintf(os.Stderr, "%s: %s%s\nhint: %s\n", word, name, plain(f.Found), plain(f.Remedy))
		}
		if p.bar == nil {
			say()
		} else {
			p.bar.clear(say)
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
	return about(path, noFolder(path, atomicfile.Replace(path, p.buffer.Bytes(), 0o644)))
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
	return code, codeWords[code]
}

// files checks all files, and all files in folders.
func (p *preflight) files() error {
	if err := p.begin(nil, nil); err != nil {
		return err
	}
	var done atomic.Int64
	total := int64(0) // counted once the work turns out to be long
	p.bar = startProgress("licences", p.buffer == nil, func() float64 {
		if total == 0 {
			total = countFiles(p.names())
		}
		return float64(done.Load()) / float64(total)
	})
	defer p.bar.end()
	return walkFiles(p.names(), func(name string, data []byte, err error) error {
		p.bar.done.Add(1)
		done.Add(1)
		r := p.result(name, data, err)
		return p.entry(checkreport.Entry{Result: r, Path: pathOf(name)}, true)
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
		if active >= 0 {
			isActive := i == active
			e.Active = &isActive
		}
		if err := p.entry(e, true); err != nil {
			return err
		}
	}
	return nil
}

// decideSources ends with a failure where a finding about the sources is one.
func (p *preflight) decideSources(findings []check.Finding) {
	for _, f := range findings {
		if f.Severity == check.Error {
			p.decide(exitFailed, codeWords[exitFailed], "", &f)
		}
	}
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

// fix writes what repairs have brought out of a text, and checks that.
func (p *preflight) fix() error {
	name, err := oneFile(p.c)
	if err != nil {
		return err
	}
	if err := p.begin(nil, nil); err != nil {
		return err
	}
	data, err := readFile(name, check.MaxBytes)
	before := p.result(name, data, err)
	fixed := before.Canonical()
	if fixed == nil {
		return p.unfixed(name, before)
	}
	out := p.c.String("o")
	if err := writeResult(p.c, string(fixed)); err != nil {
		return err
	}
	after := p.checker.License(displayName(out), fixed)
	if out == "-" {
		after.Name = "standard output"
	}
	before.Findings = slices.DeleteFunc(before.Findings, func(f check.Finding) bool { return f.Stage != check.StageDocument })
	mend(before)
	after.Findings = append(before.Findings, after.Findings...)
	return p.entry(checkreport.Entry{Result: after, Path: pathOf(out), Fixed: out}, true)
}

// mend takes what repairs have mended for no error any more.
func mend(r *check.Result) {
	for i, f := range r.Findings {
		if f.Stage == check.StageDocument {
			r.Findings[i].Severity = check.Note
		}
	}
}

// unfixed says that nothing was written.
func (p *preflight) unfixed(name string, r *check.Result) error {
	remedy := "correct the text by hand, or take the licence from whoever issued it once more"
	found := "the text cannot be repaired without guessing, so nothing was written"
	if r.Signature == check.SignatureBad {
		mend(r)
		found = "no trusted key has signed what the text holds, so nothing was written"
	}
	r.Findings = append(r.Findings, check.Finding{Code: check.CodeNotFixed, Stage: check.StageDocument, Severity: check.Note, Found: found, Remedy: remedy})
	return p.entry(checkreport.Entry{Result: r, Path: pathOf(name)}, true)
}

var errNotAPlainFile = errors.New("is neither a file nor a folder")
