package main

import (
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk/job"
	"github.com/licseal/licseal/bulk/renewals"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/register"
	"github.com/licseal/licseal/schema"
	"github.com/urfave/cli/v2"
)

var batchRenewFlags = sync.OnceValue(func() []cli.Flag {
	return append([]cli.Flag{
		&cli.BoolFlag{Name: "batch", Usage: "renew many: the licences in files and folders, or else in the register"},
		rejectsFlag,
		&cli.BoolFlag{Name: "resume", Usage: "with --batch: continue an interrupted run"},
		&cli.StringFlag{Name: "shard", Usage: "with --batch: take one of the equal `PART`s of the licences, such as 3/16"},
		&cli.StringFlag{Name: "recorded-before", Usage: "with --batch: reject what was recorded after this `CHECKPOINT`: the line, or a file with it", TakesFile: true, Category: reads},
		&cli.StringSliceFlag{Name: "confirm", KeepSpace: true, Usage: "with --recorded-before: renew the licence with this `ID` all the same (repeatable)"},
	}, chosen("expiring", "customer", "issued-by")...)
})

// chosen returns those of selectFlags that have the names.
func chosen(names ...string) (flags []cli.Flag) {
	for _, name := range names {
		for _, flag := range selectFlags {
			if flag.Names()[0] == name {
				flags = append(flags, flag)
			}
		}
	}
	return flags
}

func checkRenewBatch(c *cli.Context) error {
	if !c.Bool("batch") {
		for _, flag := range batchRenewFlags() {
			if name := flag.Names()[0]; c.IsSet(name) {
				return usagef("--%s requires --batch", name)
			}
		}
		return nil
	}
	fromFiles := c.NArg() > 0
	switch {
	case !fromFiles && !hasRegister(c):
		return withHint(usagef("'licseal renew --batch' needs licences"), "licseal renew --batch FILE|FOLDER… or --register DIR")
	case !c.IsSet("t"):
		return withHint(usagef("'licseal renew --batch' needs the keys to verify the old licences with"), "-t KEYS")
	case !fromFiles && c.String("expiring") == "" && c.String("issued-by") == "" && c.String("customer") == "":
		return withHint(usagef("'licseal renew --batch' needs to know which licences"), "--expiring 60d, --issued-by KEY or --customer TEXT")
	case fromFiles && c.IsSet("recorded-before"):
		return withHint(usagef("--recorded-before is about a register, and files were given"), "leave out the files to renew what is in the register")
	case c.IsSet("confirm") && !c.IsSet("recorded-before"):
		return usagef("--confirm requires --recorded-before")
	case !fromFiles && c.IsSet("shard") && !c.IsSet("recorded-before"):
		return withHint(usagef("--shard of a register requires --recorded-before, the same for all shards"), "'licseal register verify' prints the checkpoint")
	case c.Bool("replace"):
		return usagef("'licseal renew --batch' replaces the licences that it renews; leave out --replace")
	case c.Bool("resume") && toStdout(c):
		return usagef("--resume requires -o FILE")
	case c.Bool("resume") && c.Bool("force"):
		return usagef("--resume and --force are mutually exclusive")
	}
	if err := checkRejects(c); err != nil {
		return err
	}
	return outsideFolders(c)
}

// outsideFolders refuses to write a result into a folder that is read.
func outsideFolders(c *cli.Context) error {
	out, err := filepath.Abs(c.String("o"))
	if toStdout(c) || err != nil {
		return err
	}
	for _, arg := range c.Args().Slice() {
		dir, err := filepath.Abs(arg)
		if err == nil && strings.HasPrefix(out, dir+string(filepath.Separator)) {
			return withHint(usagef("-o %s is in the folder %s, whose licences are renewed", c.String("o"), arg), "write it to another folder, and move it there later")
		}
	}
	return nil
}

// renewBatch renews licences in files or in the register. The flags have been checked.
func renewBatch(c *cli.Context) error {
	if err := checkStdin(append(c.StringSlice("t"), c.String("k"), c.String("passphrase-file"), c.String("revocations"))...); err != nil {
		return err
	}
	o, err := batchRenewOptions(c)
	if err != nil {
		return err
	}
	stop, err := recordBatch(c, o)
	if err != nil {
		return err
	}
	defer stop()
	if o.Renew.Chooser, err = renewChooser(c, o.Renew); err != nil {
		return err
	}
	ctx, cancel := untilSignal(c)
	defer cancel()
	bar := startBar("licences", o.Progress, o.Progress.Share, toStdout(c))
	o.Output = batchOutput(c, "", bar)
	o.Memory(0)
	renewed, err := job.Sign(ctx, o)
	bar.End()
	if err != nil {
		return renewError(c, o, renewed, err)
	}
	return summarizeRenewals(c, o, renewed)
}

// batchRenewOptions returns what the flags ask for, without what is renewed.
func batchRenewOptions(c *cli.Context) (*job.SignOptions, error) {
	shard, err := parseShard(c)
	if err != nil {
		return nil, err
	}
	o := &job.SignOptions{Shard: shard, Now: now(), Resume: c.Bool("resume"), Progress: new(job.Progress), Memory: allowMemory}
	if o.Renew, err = renewal(c); err != nil {
		return nil, err
	}
	o.Key, err = loadPrivate(c, c.String("k"))
	return o, err
}

// renewal returns how licences are renewed.
func renewal(c *cli.Context) (*job.Renewal, error) {
	rules, err := payloadSchema(c)
	if err != nil {
		return nil, err
	}
	plan, err := readPlan(c)
	if err == nil {
		err = editUsage(plan.Dates.Check())
	}
	if err != nil {
		return nil, err
	}
	plan.Complete = true
	r := &job.Renewal{
		UsesToday: plan.Dates.Created == edit.Today, Schema: rules, AllowOddID: c.Bool("allow-odd-id"), AllowShortTerm: c.Bool("allow-short-term"),
		Settings: append([]string{
			rules.Name(), string(rules.JSON()), plan.Dates.Created, plan.Dates.Expires, plan.Dates.Extend,
			strings.Join(c.StringSlice("unset"), "\n"),
		}, c.StringSlice("set")...),
		Change: func(old *licseal.License, at time.Time) (licseal.Payload, error) {
			return renewedPayload(c, plan, old.Payload, rules, at)
		},
	}
	r.Verifier, err = renewalVerifier(c, rules)
	return r, err
}

// renewedPayload returns the payload of a renewal. A licence that begins later still does.
func renewedPayload(c *cli.Context, plan edit.Plan, old licseal.Payload, rules *schema.Schema, at time.Time) (licseal.Payload, error) {
	plan.Dates.Now = at
	if period, err := old.Period(rules.Roles(), nil); err == nil && !c.IsSet("created") && period.NotBefore.After(at) {
		plan.Dates.Created = ""
	}
	p, err := plan.Apply(old, rules)
	if err != nil {
		return p, err
	}
	if _, err := compareExpiries(c, old, p, rules.Roles()); err != nil {
		return p, &job.RefusedError{Err: err}
	}
	return p, nil
}

// renewChooser returns what chooses the licences to renew, once the register is locked.
func renewChooser(c *cli.Context, r *job.Renewal) (job.Chooser, error) {
	length, err := lengthFlag(c, "expiring")
	if err != nil {
		return nil, err
	}
	key, err := issuedBy(c)
	if err != nil {
		return nil, err
	}
	var known *register.Register
	if hasRegister(c) {
		if known, err = openRegister(c); err != nil {
			return nil, err
		}
	}
	if c.NArg() == 0 {
		return registerChooser(c, known, register.RenewOptions{Filter: register.Filter{Customer: c.String("customer"), Key: key}, Within: length})
	}
	o := renewals.Options{Files: c.Args().Slice(), Verifier: r.Verifier, Customer: c.String("customer"), Key: key, Within: length}
	if known != nil {
		o.Standing, o.Entries = known.Standing(), known.Len()
	}
	return renewals.New(o)
}

func registerChooser(c *cli.Context, r *register.Register, o register.RenewOptions) (job.Chooser, error) {
	var err error
	if o.Until, err = recordedBefore(c); err != nil {
		return nil, err
	}
	o.Confirm, o.Shards = c.StringSlice("confirm"), c.IsSet("shard")
	unknown, err := r.Unknown(o.Confirm)
	if err == nil && len(unknown) > 0 {
		return nil, unknownID(r, unknown[0])
	}
	return r.Renewals(o), registerError(r.Dir(), err)
}

// renewError adds to the error that has stopped a batch what can be done.
func renewError(c *cli.Context, o *job.SignOptions, renewed *job.Signed, err error) error {
	var e *job.Error
	if hasRegister(c) && (errors.As(err, new(*register.InconsistentError)) || errors.As(err, new(*register.EntryError))) {
		errors.As(err, &e)
		return registerError(c.String("register"), e.Err)
	}
	err = jobError(err)
	if hasRegister(c) && toStdout(c) && renewed != nil && renewed.Signed > 0 {
		err = withHint(err, "what was renewed is in the register; 'licseal register export --issued-by KEY' prints what a key has signed")
	}
	return err
}

// summarizeRenewals prints what was renewed and what was not, and returns the worst exit
// code of the licences that were rejected.
func summarizeRenewals(c *cli.Context, o *job.SignOptions, s *job.Signed) error {
	if left := leftOutText(s.LeftOut); left != "" {
		note("left out: %s", left)
	}
	if chooser, ok := o.Renew.Chooser.(*register.Renewals); ok {
		if chooser.Later() > 0 {
			hint("--confirm ID renews what was recorded after the checkpoint, if you know that it is yours")
		}
		for _, id := range chooser.Unused() {
			warn("--confirm %s: no licence with this id had to be confirmed", id)
		}
	}
	if s.Complete {
		note("%s was complete already; nothing was renewed", c.String("o"))
	}
	return summarizeAs(c, s, "licence", "renewed")
}

// leftOutText returns what is said of licences that were left out.
func leftOutText(n job.LeftOut) string {
	var parts []string
	for _, part := range []struct {
		n    int
		what string
	}{
		{n.Revoked, "revoked"}, {n.Renewed, "renewed already"}, {n.Expired, "expired"}, {n.NotDue, "not due"}, {n.Later, "recorded after the checkpoint"},
	} {
		if part.n > 0 {
			parts = append(parts, text.Sprintf("%s %s", thousands(part.n), part.what).String())
		}
	}
	return strings.Join(parts, ", ")
}
