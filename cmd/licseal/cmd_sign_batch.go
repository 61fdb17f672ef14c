package main

import (
	"cmp"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk/job"
	"github.com/licseal/licseal/bulk/rows"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/register"
	"github.com/urfave/cli/v2"
)

var batchSignFlags = append([]cli.Flag{
	&cli.BoolFlag{Name: "batch", Usage: "sign many: the rows of a table such as CSV, or of NDJSON"},
	rejectsFlag,
	&cli.BoolFlag{Name: "resume", Usage: "with --batch: continue an interrupted run"},
	&cli.StringFlag{Name: "out-dir", Usage: "with --batch: write each licence to a file of its own in `DIR`", TakesFile: true, Category: writes},
	&cli.StringFlag{Name: "out-name", Usage: "with --out-dir: the `PATTERN` of file names, such as '{license_key}.json'"},
	shardFlag,
}, tableFlags...)

// onlyWithBatch refuses flags that require --batch.
func onlyWithBatch(c *cli.Context) error {
	for _, flag := range []string{"rejects", "resume", "out-dir", "out-name", "shard", "delimiter", "encoding", "date-format", "map", "dry-run"} {
		if c.IsSet(flag) {
			return usagef("--%s requires --batch", flag)
		}
	}
	return nil
}

func checkBatchFlags(c *cli.Context) error {
	switch {
	case c.NArg() > 1:
		return withHint(usagef("'licseal sign --batch' takes one file, not %d", c.NArg()), "--from and --set provide fields that all rows share")
	case c.IsSet("unset") && !c.IsSet("from"):
		return usagef("--unset with --batch requires --from: it removes fields of the template, and none of a row")
	case c.IsSet("out-dir") && c.IsSet("o"):
		return usagef("-o and --out-dir are mutually exclusive")
	case c.IsSet("out-dir") != c.IsSet("out-name"):
		return withHint(usagef("--out-dir and --out-name require each other"), "--out-dir licences --out-name '{license_key}.json'")
	case c.Bool("resume") && toStdout(c):
		return usagef("--resume requires -o FILE or --out-dir DIR")
	case c.Bool("resume") && c.Bool("force"):
		return usagef("--resume and --force are mutually exclusive")
	}
	if err := checkRejects(c); err != nil {
		return err
	}
	return checkStdin(batchFile(c), c.String("from"), c.String("k"), c.String("passphrase-file"), c.String("schema"))
}

func signBatch(c *cli.Context) error {
	if err := checkBatchFlags(c); err != nil {
		return err
	}
	o, err := batchSignOptions(c)
	if err != nil {
		return err
	}
	if !c.Bool("dry-run") {
		if o.Key, err = loadPrivate(c, c.String("k")); err != nil {
			return err
		}
	}
	file, err := openBatch(batchFile(c), &o.Input)
	if err != nil {
		return about(o.Input.Name, err)
	}
	defer file.Close()
	ctx, stop := untilSignal(c)
	defer stop()
	closeRegister, err := recordBatch(c, o)
	if err != nil {
		return err
	}
	defer closeRegister()
	bar := startBar("rows", o.Progress, o.Progress.Share, toStdout(c))
	o.Output = batchOutput(c, o.Input.Name, bar)
	o.Memory(0)
	if c.Bool("dry-run") {
		c.Context = ctx
		return dryRun(c, o, bar)
	}
	signed, err := job.Sign(ctx, o)
	bar.End()
	if err != nil {
		return jobError(err)
	}
	return summarize(c, signed)
}

// recordBatch opens the register of a batch, if there is one. The func that it returns
// closes it.
func recordBatch(c *cli.Context, o *job.SignOptions) (stop func() error, err error) {
	if !hasRegister(c) || c.Bool("dry-run") {
		return func() error { return nil }, nil
	}
	w, err := openWriter(c)
	if err != nil {
		return nil, err
	}
	kind, roles := register.Issued, o.Plan.Roles()
	if o.Renew != nil {
		kind, roles = register.Renewed, o.Renew.Verifier.Roles()
	}
	o.Recorder = w.NewBatch(register.BatchOptions{
		Kind: kind, Roles: roles, Key: o.Key.Public(), Plan: c.String("plan"), Replace: c.Bool("replace"), Resume: o.Resume,
	})
	// Blocks of licences wait for the disk.
	const blocks = 8 << 20
	o.Memory = func(bytes int) { allowMemory(bytes + blocks) }
	return w.Close, nil
}

// batchSignOptions returns what the flags ask for, except for the key and the files.
func batchSignOptions(c *cli.Context) (*job.SignOptions, error) {
	shard, err := parseShard(c)
	if err != nil {
		return nil, err
	}
	o := &job.SignOptions{Shard: shard, Now: now(), Resume: c.Bool("resume"), Progress: new(job.Progress), Memory: allowMemory}
	if c.IsSet("out-dir") {
		names, err := job.ParseNames(c.String("out-name"))
		if err != nil {
			return nil, usagef("--out-name %v", err)
		}
		o.Folder = &job.Folder{Path: c.String("out-dir"), Names: names, Keep: append(inputFiles(c), c.String("rejects"))}
	}
	o.Plan, err = batchPlan(c)
	return o, err
}

// batchPlan returns how rows become payloads.
func batchPlan(c *cli.Context) (rows.Plan, error) {
	rules, err := payloadSchema(c)
	if err != nil {
		return rows.Plan{}, err
	}
	template, err := readTemplate(c.String("from"))
	if err != nil {
		return rows.Plan{}, err
	}
	named, err := settingsOf(c).plan(c.String("plan"))
	if err != nil {
		return rows.Plan{}, err
	}
	if template, err = applyPlan(c, template); err != nil {
		return rows.Plan{}, err
	}
	changes, err := edit.ParseChanges(c.StringSlice("unset"), c.StringSlice("set"))
	if err == nil {
		changes, err = edit.TypedChanges(changes, rules)
	}
	if err == nil {
		template, err = edit.Apply(template, changes)
	}
	plan := rows.Plan{
		Template: template, Schema: rules, Created: c.String("created"), Expires: cmp.Or(c.String("expires"), named.Expires), Complete: isBuilt(c),
		DefaultExpires: settingsOf(c).expiry(),
		Make:           true,
		AllowOddID:     c.Bool("allow-odd-id"), AllowShortTerm: c.Bool("allow-short-term"),
	}
	if err == nil {
		err = plan.Check()
	}
	if err == nil {
		err = readTableFlags(c, &plan)
	}
	return plan, editUsage(err)
}

// readTemplate reads the payload in the file of --from.
func readTemplate(name string) (licseal.Payload, error) {
	if name == "" {
		return licseal.Payload{}, nil
	}
	data, err := readDocument(name, aPayload)
	if err != nil {
		return licseal.Payload{}, about(displayName(name), err)
	}
	template, err := edit.ParseTemplate(data)
	return template, about(displayName(name), err)
}

// batchFile returns the file with the rows of a batch.
func batchFile(c *cli.Context) string { return cmp.Or(c.Args().First(), "-") }

// openBatch opens the file with the rows.
func openBatch(name string, in *job.Input) (io.Closer, error) {
	in.Name = displayName(name)
	file := os.Stdin
	if name != "-" {
		var err error
		if file, err = os.Open(name); err != nil {
			return nil, cause(err)
		}
	}
	in.Reader = file
	info, err := file.Stat()
	switch {
	case err == nil && info.IsDir():
		file.Close()
		return nil, errors.New("is a directory, not a file")
	case err == nil && info.Mode().IsRegular():
		in.Size = info.Size()
	}
	return file, nil
}

// summarize prints how many rows were signed, and returns the worst exit code of the
// rejected ones.
func summarize(c *cli.Context, s *job.Signed) error {
	if s.Complete {
		note("%s was complete already; nothing was signed", c.String("o"))
	}
	if len(s.Made) > 0 && c.Bool("dry-run") {
		note("no column sets %s: each row gets a random value when it is signed, not the one shown", strings.Join(s.Made, ", "))
	}
	return summarizeAs(c, s, "row", "signed")
}

// summarizeAs prints the counts of a batch, and returns the worst exit code of what was
// rejected. noun is what the batch has, and done what was done with it.
func summarizeAs(c *cli.Context, s *job.Signed, noun, done string) error {
	warnNoted(s.NeverValid, "never valid, because the expiration is the creation date")
	warnNoted(s.Expired, "already expired when signed")
	warnNoted(s.OddText, "with blanks at an edge, or with characters that are invisible or look like others")
	noteHidden(c, sum(s.Rejected))
	line := text.Sprintf("%s: %s %s", plural(s.Rows(), noun), thousands(s.Signed), done)
	if c.Bool("dry-run") {
		line = text.Sprintf("%s: %s would be signed", plural(s.Rows(), "row"), thousands(s.Signed))
	}
	if s.Kept > 0 {
		line = text.Sprintf("%s, %s %s before", line, thousands(s.Kept), done)
	}
	if s.Recorded > 0 {
		line = text.Sprintf("%s, %s of them in the register from an interrupted run", line, thousands(s.Recorded))
	}
	line = text.Sprintf("%s%s", line, rejectedText(s.Rejected))
	if file := c.String("rejects"); file != "" && len(s.Rejected) > 0 {
		line = text.Sprintf("%s; see %s", line, file)
	}
	note("%s", line)
	return worstOf(s.Rejected)
}

// warnNoted warns of licences that were probably not meant as they are.
func warnNoted(n job.Noted, what string) {
	if n.Count > 0 {
		warn("%s: %s, the first in %s", what, plural(n.Count, "licence"), n.Where)
	}
}
