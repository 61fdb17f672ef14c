package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"sync"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/register"
	"github.com/licseal/licseal/schema"
	"github.com/urfave/cli/v2"
)

var batchRenewFlags = sync.OnceValue(func() []cli.Flag {
	return append([]cli.Flag{
		&cli.BoolFlag{Name: "batch", Usage: "renew many: the living licences in the register"},
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
	switch {
	case !c.Bool("batch"):
		for _, flag := range batchRenewFlags() {
			if name := flag.Names()[0]; c.IsSet(name) {
				return usagef("--%s requires --batch", name)
			}
		}
	case c.NArg() > 0:
		return withHint(usagef("'licseal renew --batch' takes no file: it renews what is in the register"), "'licseal register import' records licences in files")
	case !hasRegister(c):
		return withHint(usagef("'licseal renew --batch' needs a register"), "licseal renew --batch --register DIR …; 'licseal register import' records licences in files")
	case !c.IsSet("t"):
		return withHint(usagef("'licseal renew --batch' needs the keys to verify the old licences with"), "-t KEYS")
	case c.String("expiring") == "" && c.String("issued-by") == "" && c.String("customer") == "":
		return withHint(usagef("'licseal renew --batch' needs to know which licences"), "--expiring 60d, --issued-by KEY or --customer TEXT")
	case c.IsSet("confirm") && !c.IsSet("recorded-before"):
		return usagef("--confirm requires --recorded-before")
	case c.Bool("force"):
		return usagef("'licseal renew --batch' overwrites no file; leave out --force")
	case c.Bool("replace"):
		return usagef("'licseal renew --batch' replaces the licences that it renews; leave out --replace")
	}
	return nil
}

// renewBatch renews licences in the register. The flags have been checked.
func renewBatch(c *cli.Context) error {
	if err := checkStdin(append(c.StringSlice("t"), c.String("k"), c.String("passphrase-file"), c.String("revocations"))...); err != nil {
		return err
	}
	filter, err := registerFilter(c)
	if err != nil {
		return err
	}
	o, err := renewOptions(c)
	if err != nil {
		return err
	}
	if err := checkResult(c); err != nil {
		return err
	}
	if info, err := os.Stat(c.String("o")); err == nil && !info.Mode().IsRegular() && !toStdout(c) {
		return about(c.String("o"), withHint(errors.New("is not a regular file"), "without -o, results go to standard output"))
	}
	w, err := openWriter(c)
	if err != nil {
		return err
	}
	defer w.Close()
	r, err := openRegister(c)
	if err != nil {
		return err
	}
	ctx, stop := untilSignal(c)
	defer stop()
	renewed, rejected := 0, map[int]int{}
	err = writeLines(c, func(line func(string) error) (broken error) {
		err := w.Renew(ctx, r, filter, o, func(lic *licseal.License) error {
			renewed++
			broken = line(lic.String())
			return broken
		}, func(item *register.Item, err error) {
			rejected[complain(rejectedItem(item, err))]++
		})
		if broken != nil {
			return broken
		}
		return registerError(r.Dir(), err)
	})
	if err != nil && renewed > 0 {
		err = withHint(err, "what was renewed is in the register; 'licseal register export --issued-by KEY' prints what a key has signed")
	}
	if err != nil {
		return err
	}
	note("%s: %s renewed%s", plural(renewed+sum(rejected), "licence"), thousands(renewed), rejectedText(rejected))
	return worstOf(rejected)
}

// renewOptions returns what the flags ask for.
func renewOptions(c *cli.Context) (*register.RenewOptions, error) {
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
	o := &register.RenewOptions{Confirmed: map[string]bool{}}
	o.Change = func(old *licseal.License) (licseal.Payload, error) {
		return renewedPayload(c, plan, old.Payload, rules)
	}
	for _, id := range c.StringSlice("confirm") {
		o.Confirmed[id] = true
	}
	if o.Verifier, err = renewalVerifier(c, rules); err != nil {
		return nil, err
	}
	if o.Until, err = recordedBefore(c); err != nil {
		return nil, err
	}
	o.Key, err = loadPrivate(c, c.String("k"))
	return o, err
}

// renewedPayload returns the payload of a renewal. A licence that begins later still does.
func renewedPayload(c *cli.Context, plan edit.Plan, old licseal.Payload, rules *schema.Schema) (licseal.Payload, error) {
	if period, err := old.Period(rules.Roles(), nil); err == nil && !c.IsSet("created") && period.NotBefore.After(now()) {
		plan.Dates.Created = ""
	}
	p, err := plan.Apply(old, rules)
	if err != nil {
		return p, editUsage(err)
	}
	if _, err := edit.Check(p, rules, &edit.CheckOptions{AllowOddID: c.Bool("allow-odd-id"), AllowShortTerm: c.Bool("allow-short-term")}); err != nil {
		return p, err
	}
	_, err = compareExpiries(c, old, p, rules.Roles())
	return p, err
}

// rejectedItem says which licence is not renewed, and why.
func rejectedItem(item *register.Item, err error) error {
	if errors.As(err, new(*register.LaterError)) {
		err = fault.Because(licseal.ReasonRequirement, err)
		err = withHint(err, "--confirm %s renews it all the same, if you know that it is yours", text.Escape(item.ID))
	} else if fault.Exit(err) == exitFailed || fault.Exit(err) == exitUsage {
		err = fault.Because(licseal.ReasonRequirement, err)
	}
	return about(text.Sprintf("entry %d, %s", item.Number, item.ID).String(), err)
}

// writeLines writes lines to the file of -o, whole or not at all, or to standard output.
func writeLines(c *cli.Context, write func(line func(string) error) error) error {
	path := c.String("o")
	if path == "" || path == "-" {
		return write(func(line string) error { return result(c, line+"\n") })
	}
	var failed error
	err := atomicfile.CreateWith(path, 0o644, func(out io.Writer) error {
		b := bufio.NewWriter(out)
		failed = write(func(line string) error {
			_, err := b.WriteString(line + "\n")
			return about(path, cause(err))
		})
		if failed != nil {
			return failed
		}
		return b.Flush()
	})
	if failed != nil {
		return failed
	}
	return about(path, noFolder(path, err))
}
