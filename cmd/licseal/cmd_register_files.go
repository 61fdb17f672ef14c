package main

import (
	"errors"

	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/bulk/documents"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/register"
	"github.com/licseal/licseal/verify"
	"github.com/urfave/cli/v2"
)

func newRegisterCommand() *cli.Command {
	return &cli.Command{
		Name: "new", Usage: "create a register", UsageText: "licseal register new DIR [--after FILE]", ArgsUsage: edits,
		Description: `Creates the folder DIR, with a key of its own, and prints the first checkpoint.
Only you can enter DIR: an empty folder that exists is made private, or refused.

If all that is left of a register is an old copy, entries would be missing from it:
make a new register with --after and the newest checkpoint that was kept, and import
the licences of the old copy into it. Its first entry names that checkpoint.

  licseal register new issued2 --after checkpoint.txt
  licseal register export --register copy >licences.ndjson
  licseal register import --register issued2 -t trusted.keys licences.ndjson`,
		Flags:  []cli.Flag{&cli.StringFlag{Name: "after", Usage: "`FILE` has the last checkpoint of the register that this one follows", TakesFile: true, Category: reads}},
		Action: newRegister,
	}
}

func newRegister(c *cli.Context) error {
	if c.NArg() != 1 || c.Args().First() == "-" {
		return usagef("'licseal register new' takes exactly one folder")
	}
	dir := c.Args().First()
	create := func() (*register.Register, error) { return register.Create(dir) }
	if c.IsSet("after") {
		after, err := readCheckpoints("after", c.String("after"))
		if err != nil {
			return err
		}
		create = func() (*register.Register, error) { return register.CreateAfter(dir, after[0]) }
	}
	r, err := create()
	if err != nil {
		return about(dir, err)
	}
	return say(c, "%s", r.Checkpoint().String())
}

func importRegisterCommand() *cli.Command {
	return &cli.Command{
		Name: "import", Usage: "record licences that were issued before", UsageText: "licseal register import --register DIR -t KEYS FILE…",
		Description: `Records the licences in files, in folders with their subfolders, in NDJSON files, or
in standard input ('-'), if a trusted key has signed them. Licences that have expired
are recorded, too. Those that are not recorded are listed, and the exit code is 9.
What the register has already is skipped.

After a key was stolen, import from a copy only what was recorded before the theft:

  licseal register export --register copy --recorded-before checkpoint.txt |
    licseal register import --register issued2 -t trusted.keys -

A second living licence of an id is refused; with --replace, it replaces the one
that comes before it.`,
		Flags:  []cli.Flag{registerFlag, trustFlag, schemaFlag, replaceFlag},
		Action: importRegister,
	}
}

func importRegister(c *cli.Context) error {
	if !hasRegister(c) || c.NArg() == 0 {
		return withHint(usagef("'licseal register import' needs a register, and licences"), "licseal register import --register DIR -t KEYS licences/")
	}
	rules, err := payloadSchema(c)
	if err != nil {
		return err
	}
	trusted, err := loadTrusted(c)
	if err != nil {
		return err
	}
	v, err := bulk.NewVerifier(trusted, &verify.Options{Roles: rules.Roles(), Clock: now})
	if err != nil {
		return err
	}
	w, err := openWriter(c)
	if err != nil {
		return err
	}
	ctx, stop := untilSignal(c)
	defer stop()
	refused, known := 0, 0
	n, err := register.Import(ctx, w, (&documents.Finder{}).Texts(c.Args().Slice()), &register.ImportOptions{Verifier: v, Replace: c.Bool("replace")}, func(d documents.Document, err error) {
		if errors.Is(err, register.ErrKnown) {
			known++
			return
		}
		if refused++; d.Err != nil {
			err = d.Err
		}
		complain(about(d.Name(), err))
	})
	if err := registerError(c.String("register"), errors.Join(err, w.Close())); err != nil {
		return err
	}
	note("%s: %s imported, %s in the register already, %s refused", plural(n+known+refused, "licence"), thousands(n), thousands(known), thousands(refused))
	if refused > 0 {
		return fault.Reported(fault.ReasonOfExit(exitRequirement))
	}
	return nil
}

func exportRegister(c *cli.Context) error {
	r, filter, err := chosenLicenses(c)
	if err != nil {
		return err
	}
	for item, err := range r.Select(c.Context, filter, now()) {
		if err != nil {
			return registerError(r.Dir(), err)
		}
		if err := result(c, item.License+"\n"); err != nil {
			return err
		}
	}
	return nil
}

func copyRegister(c *cli.Context) error {
	if c.NArg() != 1 || c.Args().First() == "-" {
		return usagef("'licseal register copy' takes exactly one folder, the copy")
	}
	r, err := openRegister(c)
	if err != nil {
		return err
	}
	ctx, stop := untilSignal(c)
	defer stop()
	dir := c.Args().First()
	n, err := r.Copy(ctx, dir)
	if err != nil {
		return registerError(dir, err)
	}
	note("%s added to %s", plural(int(n), "record"), dir)
	return say(c, "%s", r.Checkpoint().String())
}

// compareRegisters compares a register with a copy.
func compareRegisters(r *register.Register, dir string) error {
	other, err := register.Open(dir)
	if err != nil {
		return registerError(dir, err)
	}
	longer, err := r.Compare(other)
	switch {
	case err != nil:
		return about(r.Dir(), err)
	case longer < 0:
		note("%s has %s more", dir, plural(int(-longer), "record"))
	case longer > 0:
		note("%s lacks %s", dir, plural(int(longer), "record"))
	}
	return nil
}
