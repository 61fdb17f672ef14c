package main

import (
	"context"
	"errors"
	"unicode/utf8"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/internal/fault"
	"github.com/urfave/cli/v2"
)

// writeFlags say how a licence is checked before it is written, as 'licseal check' does.
func writeFlags(more ...cli.Flag) []cli.Flag {
	return adminFlags(append(more,
		trustFlag,
		&cli.BoolFlag{Name: "no-signature", Usage: "skip the check of the signature, for licences whose keys are not public"},
		&cli.BoolFlag{Name: "as-is", Usage: "write FILE as it is, without any check"},
		&cli.StringFlag{Name: "grace", Usage: "accept a licence for this `LENGTH` of time after it expires, such as 30d"},
		&cli.StringFlag{Name: "min-remaining", Usage: "fail if less than this `LENGTH` of time is left (default: 30d; 0d for none)"},
		&cli.StringFlag{Name: "warn-remaining", Usage: "warn if less than this `LENGTH` of time is left (default: 90d; 0d for none)"},
		&cli.StringSliceFlag{Name: "require", KeepSpace: true, Usage: "require a `FIELD`: FIELD=VALUE, FIELD>=VALUE, 'FIELD in A,B' (repeatable)"},
		&cli.StringFlag{Name: "policy", Usage: "read the requirements from the YAML `FILE`", TakesFile: true, Category: reads},
		issuerFlag,
		revocationsFlag,
		maxListAgeFlag,
		schemaFlag,
		jsonFlag,
	)...)
}

func adminAddCommand() *cli.Command {
	return &cli.Command{
		Name:        "add",
		Usage:       "store a licence under a new id",
		UsageText:   "licseal admin add --url URL -t KEYS [flags] [FILE]",
		Description: "Prints the new record's id; --json prints the whole record.",
		Flags:       writeFlags(),
		Action: func(c *cli.Context) error {
			file, err := oneFile(c)
			if err != nil {
				return err
			}
			return adminWrite(c, file, (*admin.Client).Add)
		},
	}
}

func adminValidateCommand() *cli.Command {
	return &cli.Command{
		Name:      "validate",
		Usage:     "ask the server whether it would take a licence",
		UsageText: "licseal admin validate --url URL [flags] [FILE]",
		Description: `Sends the licence to POST /schemas/licenses/validate, which stores nothing. The licence
is not checked here; the exit code is 1 if the server refuses it.`,
		Flags: adminFlags(),
		Action: func(c *cli.Context) error {
			file, err := oneFile(c)
			if err != nil {
				return err
			}
			lic, err := readLicense(file)
			if err != nil {
				return err
			}
			client, err := newAdminClient(c, nil)
			if err != nil {
				return err
			}
			if err := client.Validate(c.Context, lic.String()); err != nil {
				return adminError(err)
			}
			return say(c, "ok: the server would take %s", displayName(file))
		},
	}
}

func adminPutCommand() *cli.Command {
	return &cli.Command{
		Name:      "put",
		Usage:     "store a licence under an id, new or not",
		UsageText: "licseal admin put ID --url URL -t KEYS [flags] [FILE]", ArgsUsage: names + " " + reads,
		Description: `A licence that is already stored under the id is saved in the folder --backup, and
replaced. --as-is restores such a backup, byte for byte. If the stored licence changes
meanwhile, nothing is written. --json prints the whole record.`,
		Flags:  writeFlags(backupFlag),
		Action: func(c *cli.Context) error { return adminReplace(c, true) },
	}
}

func adminUpdateCommand() *cli.Command {
	return &cli.Command{
		Name:      "update",
		Usage:     "replace a stored licence",
		UsageText: "licseal admin update ID --url URL -t KEYS [flags] [FILE]", ArgsUsage: names + " " + reads,
		Description: `It is an error if nothing is stored under the id. The old licence is saved in the
folder --backup. If it changes meanwhile, nothing is written. --json prints the whole
record.`,
		Flags:  writeFlags(backupFlag),
		Action: func(c *cli.Context) error { return adminReplace(c, false) },
	}
}

// adminReplace writes to the record that the first argument names, which may be new if
// create is set.
func adminReplace(c *cli.Context, create bool) error {
	if c.NArg() < 1 || c.NArg() > 2 {
		return usagef("'licseal admin %s' takes an id and a file", c.Command.Name)
	}
	file := "-"
	if c.NArg() == 2 {
		file = c.Args().Get(1)
	}
	id := c.Args().First()
	return adminWrite(c, file, func(client *admin.Client, ctx context.Context, payload string) (admin.Record, error) {
		return client.Swap(ctx, admin.Swap{ID: id, Payload: payload, Create: create, Backup: backupTo(c, nil)})
	})
}

func adminWrite(c *cli.Context, file string, write func(*admin.Client, context.Context, string) (admin.Record, error)) error {
	payload, err := judgedPayload(c, file)
	if err != nil {
		return err
	}
	client, err := newAdminClient(c, alreadyJudged)
	if err != nil {
		return err
	}
	record, err := write(client, c.Context, payload)
	if err != nil {
		return adminError(err)
	}
	if c.Bool("json") {
		return printJSON(c, record)
	}
	return say(c, "%s", record.ID)
}

// alreadyJudged is the check of a client whose licences judgedLicence has checked: there
// the flags, the file and the exit codes are known.
func alreadyJudged(context.Context, string) error { return nil }

// judgedPayload returns what is written: a licence that was checked, or with --as-is the
// file byte for byte, so that any backup can be restored.
func judgedPayload(c *cli.Context, file string) (string, error) {
	if !c.Bool("as-is") {
		lic, err := judgedLicence(c, file)
		if err != nil {
			return "", err
		}
		return lic.String(), nil
	}
	data, err := readFile(file, check.MaxBytes)
	if err == nil && !utf8.Valid(data) {
		err = errors.New("is not UTF-8 text, as a payload must be")
	}
	return string(data), about(displayName(file), err)
}

// judgedLicence reads a licence and checks it as the flags say.
func judgedLicence(c *cli.Context, file string) (*licseal.License, error) {
	switch {
	case c.Bool("as-is"):
		return readLicense(file)
	case c.Bool("no-signature") && c.IsSet("t"):
		return nil, usagef("-t and --no-signature are mutually exclusive")
	case !c.Bool("no-signature") && !c.IsSet("t"):
		return nil, withHint(usagef("'licseal admin %s' checks a licence before it writes it: name the public keys with -t", c.Command.Name),
			"--no-signature checks everything else, --as-is checks nothing")
	}
	if err := checkStdin(append(c.StringSlice("t"), file)...); err != nil {
		return nil, err
	}
	checker, _, err := newChecker(c)
	if err != nil {
		return nil, err
	}
	data, err := readFile(file, check.MaxBytes)
	if err != nil {
		return nil, about(displayName(file), err)
	}
	result := checker.License(displayName(file), data)
	if c.Bool("no-signature") {
		warn("%s: UNVERIFIED: the signature was not checked", displayName(file))
	}
	return result.License, refusalOf(result)
}

// refusalOf prints the warnings about a licence, and returns its errors, nil if there are
// none.
func refusalOf(result *check.Result) error {
	var reasons []error
	for _, f := range result.Findings {
		switch f.Severity {
		case check.Warning:
			warn("%s: %s", result.Name, f.Found)
		case check.Error:
			reasons = append(reasons, errors.New(f.Found))
		}
	}
	decisive := result.Decisive()
	if decisive == nil {
		return nil
	}
	err := fault.About(result.Name, fault.Because(result.Reason(), errors.Join(reasons...)))
	err = fault.WithHint(err, "%s", decisive.Remedy)
	return fault.WithHint(err, "nothing was written; --as-is writes the licence as it is")
}

func adminDeleteCommand() *cli.Command {
	return &cli.Command{
		Name:      "delete",
		Usage:     "delete a stored licence",
		UsageText: "licseal admin delete ID --url URL [flags]", ArgsUsage: names,
		Description: `The licence is saved in the folder --backup first. It is not an error if nothing is
stored under the id.`,
		Flags: adminFlags(backupFlag),
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return usagef("'licseal admin delete' takes one id")
			}
			client, err := newAdminClient(c, nil)
			if err != nil {
				return err
			}
			_, err = client.Swap(c.Context, admin.Swap{ID: c.Args().First(), Backup: backupTo(c, nil)})
			return adminError(err)
		},
	}
}
