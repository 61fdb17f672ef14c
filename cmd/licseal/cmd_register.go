package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/registerview"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/register"
	"github.com/urfave/cli/v2"
)

func registerCommand() *cli.Command {
	return &cli.Command{
		Name:      "register",
		Usage:     "manage the register of everything issued",
		UsageText: "licseal register new|list|show|page|verify|audit|import|export|copy …",
		Description: `A register is a folder in which 'sign', 'renew' and 'revoke' record every licence
before it leaves, with --register DIR, or if the profile names one as register:.
It answers who has what until when, and notices a second licence of the same id.

The register is an append-only log: an entry that is changed or removed later is
found by 'licseal register verify'. Keep its last line, the checkpoint, elsewhere,
and give it to --since: then a register that was cut and filled again is found, too.
The folder has the licences of all customers, and a private key of its own. Keep
it private.

  licseal register new issued
  licseal sign -k vendor.key --register issued --from defaults.json \
    --set license_key=LS-0001 -o licence.json
  licseal register list --register issued --expiring 60d`,
		Subcommands: []*cli.Command{
			newRegisterCommand(),
			listRegisterCommand(),
			{
				Name: "show", Usage: "print the history of a licence", UsageText: "licseal register show --register DIR [--newest|--json] ID", ArgsUsage: names,
				Description: `Prints every entry with the id: when the licence was issued, renewed, imported or
revoked, by which key, and what replaced what. --newest prints the newest licence
with the id instead, byte for byte. ID may be the fingerprint of a signing key, to see
when it was revoked.`,
				Flags:  []cli.Flag{registerFlag, &cli.BoolFlag{Name: "newest", Usage: "print the newest licence with the id"}, jsonFlag},
				Action: showRegister,
			},
			{
				Name: "verify", Usage: "check that nothing in a register was changed or removed", UsageText: "licseal register verify --register DIR [--since CHECKPOINT]", ArgsUsage: names,
				Description: `Reads all records, licences and hashes, and compares them with the signed checkpoint.
Prints the checkpoint, one line of text. Whoever keeps that line elsewhere can
check with --since later that the register still has everything that it had then.`,
				Flags:  []cli.Flag{registerFlag, sinceFlag, &cli.StringFlag{Name: "with", Usage: "compare it with the copy in the folder `DIR`, too", TakesFile: true, Category: reads}},
				Action: verifyRegister,
			},
			auditRegisterCommand(),
			pageRegisterCommand(),
			importRegisterCommand(),
			{
				Name: "export", Usage: "print the licences in a register", UsageText: "licseal register export --register DIR [flags]", ArgsUsage: names,
				Description: `Prints licences byte for byte, one a line, in the order in which they were recorded.
The flags are those of 'licseal register list'.`,
				Flags:  append([]cli.Flag{registerFlag}, selectFlags...),
				Action: exportRegister,
			},
			{
				Name: "copy", Usage: "make a second copy of a register, or bring one up to date", UsageText: "licseal register copy --register DIR COPY", ArgsUsage: edits,
				Description: `Verifies the register first, and that it begins with everything that the copy has;
a copy that went apart is refused with the first entry that differs. A copy has no
private key, so nothing can be recorded in it.`,
				Flags:  []cli.Flag{registerFlag},
				Action: copyRegister,
			},
		},
	}
}

func listRegisterCommand() *cli.Command {
	return &cli.Command{
		Name: "list", Usage: "list the licences in a register", UsageText: "licseal register list --register DIR [flags]", ArgsUsage: names,
		Description: `Lists the licences in the order in which they were recorded. With several flags,
those that all of them want. States are valid, in-grace, expired, replaced and
revoked.`,
		Flags:  append([]cli.Flag{registerFlag, formatFlag}, selectFlags...),
		Action: listRegister,
	}
}

var formatFlag = &cli.StringFlag{Name: "format", Value: registerview.Formats[0], Usage: "`FORMAT` of the list: " + strings.Join(registerview.Formats, ", ")}

// selectFlags say which licences are wanted.
var selectFlags = []cli.Flag{
	&cli.StringFlag{Name: "expiring", Usage: "valid licences that expire within this `LENGTH` of time, and those in grace"},
	&cli.StringFlag{Name: "customer", Usage: "licences of customers whose name contains `TEXT`, in any case"},
	&cli.StringFlag{Name: "plan", Usage: "licences that were made with the plan `NAME`"},
	&cli.StringSliceFlag{Name: "only", KeepSpace: true, Usage: "licences in the state `STATE` (repeatable)"},
	&cli.StringFlag{Name: "issued-by", Usage: "licences signed by `KEY`: SHA256:… or its start, or a file with the public key", TakesFile: true, Category: reads},
	&cli.StringFlag{Name: "recorded-before", Usage: "licences that were recorded before this `CHECKPOINT`: the line, or a file with it", TakesFile: true, Category: reads},
}

// openRegister opens the register of --register for reading.
func openRegister(c *cli.Context) (*register.Register, error) {
	if !hasRegister(c) {
		return nil, withHint(usagef("'licseal register %s' needs a register", c.Command.Name), "licseal register %s --register DIR", c.Command.Name)
	}
	r, err := register.Open(c.String("register"))
	return r, registerError(c.String("register"), err)
}

func listRegister(c *cli.Context) error {
	r, filter, err := chosenLicenses(c)
	if err != nil {
		return err
	}
	n, err := registerview.Write(c.App.Writer, c.String("format"), r.Select(c.Context, filter, now()))
	if err != nil {
		return registerError(r.Dir(), err)
	}
	if c.String("format") == registerview.Formats[0] {
		note("%s", plural(n, "licence"))
	}
	return nil
}

// chosenLicenses opens the register, and returns which of its licences the flags want. With
// a checkpoint, the register is verified.
func chosenLicenses(c *cli.Context) (*register.Register, register.Filter, error) {
	filter, err := registerFilter(c)
	if err != nil {
		return nil, filter, err
	}
	if filter.Under, err = recordedBefore(c); err != nil {
		return nil, filter, err
	}
	r, err := openRegister(c)
	if err != nil || filter.Under == nil {
		return r, filter, err
	}
	ctx, stop := untilSignal(c)
	defer stop()
	return r, filter, registerError(r.Dir(), r.Verify(ctx, *filter.Under))
}

// recordedBefore returns the checkpoint of --recorded-before, nil without it.
func recordedBefore(c *cli.Context) (*register.Checkpoint, error) {
	if !c.IsSet("recorded-before") {
		return nil, nil
	}
	checkpoints, err := readCheckpoints("recorded-before", c.String("recorded-before"))
	if err != nil {
		return nil, err
	}
	return &checkpoints[0], nil
}

// registerFilter returns which licences the flags want.
func registerFilter(c *cli.Context) (f register.Filter, err error) {
	switch {
	case c.NArg() > 0:
		return f, withHint(usagef("'licseal register %s' takes no arguments, but %q was given", c.Command.Name, c.Args().First()), "'licseal register show' takes an id")
	case findFlag(c.Command, "format") != nil && !slices.Contains(registerview.Formats, c.String("format")):
		return f, usagef("--format %s: the formats are %s", c.String("format"), strings.Join(registerview.Formats, ", "))
	}
	f.Customer, f.Plan = c.String("customer"), c.String("plan")
	for _, word := range c.StringSlice("only") {
		state := register.State(word)
		if !slices.Contains(register.States, state) {
			return f, usagef("--only %s: the states are %v", word, register.States)
		}
		f.States = append(f.States, state)
	}
	length, err := lengthFlag(c, "expiring")
	if err != nil {
		return f, err
	}
	if length > 0 {
		f.Expiring = now().Add(length)
	}
	f.Key, err = issuedBy(c)
	return f, err
}

// issuedBy returns the fingerprint of the key of --issued-by, or its start.
func issuedBy(c *cli.Context) (string, error) {
	key := c.String("issued-by")
	if key == "" || strings.HasPrefix(key, "SHA256:") {
		return key, nil
	}
	ids, err := keyIDs(key)
	if err == nil && len(ids) != 1 {
		err = usagef("--issued-by %s: the file has %s, and one is expected", key, plural(len(ids), "key"))
	}
	if err != nil {
		return "", err
	}
	return ids[0], nil
}

func showRegister(c *cli.Context) error {
	if c.NArg() != 1 {
		return usagef("'licseal register show' takes exactly one id")
	}
	r, err := openRegister(c)
	if err != nil {
		return err
	}
	id := c.Args().First()
	items, err := r.History(id, now())
	if err != nil {
		return registerError(r.Dir(), err)
	}
	if len(items) == 0 {
		return unknownID(r, id)
	}
	if c.Bool("newest") {
		return showRecorded(c, items)
	}
	for _, item := range items {
		if c.Bool("json") {
			err = printJSON(c, registerview.JSON(&item))
		} else {
			err = show(c, registerview.Text(&item))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// showRecorded prints the newest licence of a history.
func showRecorded(c *cli.Context, items []register.Item) error {
	for _, item := range slices.Backward(items) {
		if item.Kind.HasLicense() {
			return document(c, item.License)
		}
	}
	return errors.New("the register has no licence with this id, only its revocation")
}

// unknownID returns the error for an id that is not in the register, with the ids that are
// most like it.
func unknownID(r *register.Register, id string) error {
	err := fault.New(fault.ReasonFailed, "%s: the register has no licence with the id %q", r.Dir(), id)
	nearest, _ := r.Nearest(id, 3)
	if len(nearest) == 0 {
		return err
	}
	return withHint(err, "did you mean %s?", text.Escape(strings.Join(nearest, ", ")))
}

func verifyRegister(c *cli.Context) error {
	if c.NArg() > 0 {
		return usagef("'licseal register verify' takes no arguments, but %q was given", c.Args().First())
	}
	var earlier []register.Checkpoint
	var err error
	if c.IsSet("since") {
		earlier, err = readCheckpoints("since", c.String("since"))
	}
	if err != nil {
		return err
	}
	r, err := openRegister(c)
	if err != nil {
		return err
	}
	ctx, stop := untilSignal(c)
	defer stop()
	if err := r.Verify(ctx, earlier...); err != nil {
		return registerError(r.Dir(), fault.Because(licseal.ReasonSignature, err))
	}
	if c.IsSet("with") {
		if err := compareRegisters(r, c.String("with")); err != nil {
			return err
		}
	}
	note("%s: nothing was changed or removed", plural(int(r.Len()), "record"))
	return say(c, "%s", r.Checkpoint().String())
}

// sinceFlag holds an earlier checkpoint.
var sinceFlag = &cli.StringFlag{Name: "since", Usage: "an earlier `CHECKPOINT`: the line, or a file with it", TakesFile: true, Category: reads}

// readCheckpoints reads the checkpoint in the value of a flag.
func readCheckpoints(flag, value string) ([]register.Checkpoint, error) {
	text, name := value, value
	if !isCheckpoint(value) {
		data, err := readFile(value, maxCheckpointBytes)
		if err != nil {
			return nil, about(value, err)
		}
		text = string(data)
	}
	checkpoint, err := register.ParseCheckpoint(text)
	if err != nil {
		return nil, usagef("--%s %s: %w", flag, name, err)
	}
	return []register.Checkpoint{checkpoint}, nil
}

// isCheckpoint reports whether the value of a flag is a checkpoint, and not a file.
func isCheckpoint(value string) bool {
	_, err := register.ParseCheckpoint(value)
	return err == nil
}

// maxCheckpointBytes is the size of the largest file with a checkpoint that is read.
const maxCheckpointBytes = 64 << 10
