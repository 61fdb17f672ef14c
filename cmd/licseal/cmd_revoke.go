package main

import (
	"crypto"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/filelock"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/register"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/verify"
	"github.com/urfave/cli/v2"
)

const (
	// defaultNextUpdate is how long a revocation list is valid.
	defaultNextUpdate = "30d"

	// maxIDsBytes is the size of the largest file of ids: 400,000 of 80 bytes.
	maxIDsBytes = 32 << 20
)

var nextUpdateFlag = &cli.StringFlag{
	Name: "next-update", Value: defaultNextUpdate, Usage: "the next list is due after this `LENGTH` of time",
}

func revokeCommand() *cli.Command {
	signing := []cli.Flag{keyFlag, passphraseFileFlag, nextUpdateFlag, listFlag}
	editing := append([]cli.Flag{trustFlag}, signing...)
	naming := []cli.Flag{
		&cli.StringSliceFlag{Name: "licence", KeepSpace: true, Aliases: []string{"license"}, Usage: "the licence in `FILE` (repeatable)", TakesFile: true, Category: reads},
		&cli.StringFlag{Name: "ids", Usage: "the licences whose ids are in `FILE`, one a line", TakesFile: true, Category: reads},
		&cli.StringSliceFlag{Name: "signing-key", KeepSpace: true, Usage: "a signing `KEY`: SHA256:… or a file with the public key (repeatable)", TakesFile: true, Category: reads},
		schemaFlag, registerFlag,
	}
	return &cli.Command{
		Name:      "revoke",
		Usage:     "manage signed revocation lists",
		UsageText: "licseal revoke new|add|remove|renew|show [LIST] …",
		Description: `A revocation list names licences and signing keys that are no longer trusted. It
is a signed file; 'licseal verify --revocations LIST' needs no network. The list
holds hashes of licence ids (license_key), so it names no customer. Each list
replaces the one before by its greater generation, and states when the next one is
due. LIST may be left out if the profile or LICSEAL_REVOCATIONS names the list.

  licseal revoke new revoked.json -k vendor.key
  licseal revoke add revoked.json -k vendor.key LS-0001 --reason refunded
  licseal revoke show revoked.json -t trusted.keys`,
		Subcommands: []*cli.Command{
			{
				Name: "new", Usage: "create an empty list", UsageText: "licseal revoke new [LIST] -k KEY [flags]", ArgsUsage: edits + " " + names,
				Flags: append([]cli.Flag{
					&cli.Int64Flag{Name: "generation", Value: 1, Usage: "start with this `NUMBER`, if verifiers have seen lists before"},
				}, signing...),
				Action: newList,
			},
			{
				Name: "add", Usage: "revoke licences and signing keys", UsageText: "licseal revoke add [LIST] -k KEY [flags] [ID…]", ArgsUsage: edits + " " + names,
				Description: `Revokes the licences with the given ids, those in files, and signing keys. The old
list is verified first: with -t, or with the signing key if -t is not given. Revoke
a stolen signing key without --created-after, because a thief can sign any date; it is
for a key that was retired in good order. What is on the list already keeps its
reason unless --reason is given. A key is never revoked from a later time than
before.

With --register, ids are looked up: one that no licence in the register has, such as
one that is mistyped, is refused with the ids that are most like it, unless --unknown
is given. --customer revokes all living licences of a customer: they are listed, and
you are asked. What is revoked, licences and signing keys, is recorded before the list is
written.`,
				Flags: append(append([]cli.Flag{
					&cli.BoolFlag{Name: "unknown", Usage: "with a register: revoke ids, too, that no licence in it has"},
					&cli.StringFlag{Name: "reason", Usage: "why: one line of `TEXT`, readable by all who have the list"},
					&cli.StringFlag{Name: "created-after", Usage: "revoke the signing key for licences created at or after `TIME` (default: all)"},
				}, naming...), append(customerFlags, editing...)...),
				Action: addToList,
			},
			{
				Name: "remove", Usage: "take licences and signing keys off the list", UsageText: "licseal revoke remove [LIST] -k KEY [flags] [ID…]", ArgsUsage: edits + " " + names,
				Flags:  append(append([]cli.Flag{}, naming...), editing...),
				Action: removeFromList,
			},
			{
				Name: "renew", Usage: "issue the same list again, before the next one is due", UsageText: "licseal revoke renew [LIST] -k KEY [flags]", ArgsUsage: edits + " " + names,
				Description: `With -t, a list that verifiers with these keys would refuse is not written, such as
one signed by a retired key. Without -t, only the signing key itself is known.`,
				Flags:  editing,
				Action: renewList,
			},
			showListCommand(),
		},
	}
}

func newList(c *cli.Context) error {
	path, err := onlyList(c)
	if err != nil {
		return err
	}
	issued, next, err := listTimes(c)
	if err != nil {
		return err
	}
	key, err := listKey(c)
	if err != nil {
		return err
	}
	list := revoke.New(issued, next)
	if list.Generation = c.Int64("generation"); list.Generation < 1 {
		return usagef("--generation %d: the first generation is 1", list.Generation)
	}
	signed, err := revoke.Sign(list, key)
	if err != nil {
		return err
	}
	err = createFile(path, []byte(signed.String()), 0o644)
	if errors.Is(err, fs.ErrExist) {
		return withHint(about(path, errors.New("the file exists, and was kept")), "'licseal revoke add %s' extends it", path)
	}
	return about(path, err)
}

func listKey(c *cli.Context) (crypto.Signer, error) {
	if c.String("k") == "" {
		return nil, withHint(usagef("'licseal revoke %s' needs a private key", c.Command.Name), "licseal revoke %s LIST -k vendor.key", c.Command.Name)
	}
	return loadPrivate(c, c.String("k"))
}

// editList replaces the list in a file by an edited one.
//
// record is called before it is written, with the fingerprint of the key that signs it.
func editList(c *cli.Context, path string, change func(*revoke.Contents) error, record func(key string) error) error {
	editor, err := listEditor(c)
	if err != nil {
		return err
	}
	lock, err := filelock.Acquire(c.Context, path)
	if err != nil {
		return about(path, noFolder(path, err))
	}
	defer lock.Release()
	atomicfile.RemoveLeft(path)
	if editor.Issued, editor.NextUpdate, err = listTimes(c); err != nil {
		return err
	}
	data, err := readFile(path, revoke.MaxBytes)
	if err != nil {
		return withHint(listError(path, err), "'licseal revoke new %s' creates a list", path)
	}
	if err := observeList(c, path, data); err != nil {
		return err
	}
	list, err := editor.Edit(data, change)
	if err != nil {
		return editError(c, path, err)
	}
	if err := record(licseal.KeyID(editor.Key.Public())); err != nil {
		return err
	}
	if err := about(path, noFolder(path, atomicfile.Replace(path, []byte(list.String()), 0o644))); err != nil {
		return err
	}
	if err := observeList(c, path, []byte(list.String())); err != nil {
		return err
	}
	now := list.Contents()
	return say(c, "%s: generation %d, %s, next update by %s", path, now.Generation, counts(now), instant(now.NextUpdate))
}

func listEditor(c *cli.Context) (*revoke.Editor, error) {
	key, err := listKey(c)
	if err != nil {
		return nil, err
	}
	editor := &revoke.Editor{Key: key}
	if c.IsSet("t") {
		editor.Trusted, err = loadTrusted(c)
	}
	return editor, err
}

// editError returns an error of editing a list with its reason and hints.
func editError(c *cli.Context, path string, err error) error {
	var (
		value  *revoke.ValueError
		weaker *revoke.WeakerError
		list   *revoke.Error
	)
	switch {
	case errors.As(err, &value):
		return usagef("%w", err)
	case errors.As(err, &weaker):
		return withHint(about(path, err), "'licseal revoke remove' takes it off the list first")
	case errors.As(err, new(*revoke.NotListedError)):
		return about(path, err)
	case errors.As(err, new(*licseal.ParseError)):
		return withHint(listError(path, err), "'licseal revoke new %s' creates a list", path)
	case errors.As(err, &list) && list.Reason == revoke.Forged && !c.IsSet("t"):
		return withHint(listError(path, err), "without -t, the old list must be signed by the same key; -t KEYS names others")
	}
	return hintForged(path, listError(path, err))
}

func addToList(c *cli.Context) error {
	path, ids, err := listAndIDs(c)
	if err != nil {
		return err
	}
	var a revoke.Addition
	if a.From, err = timeFlag(c, "created-after"); err != nil {
		return err
	}
	if a.Licenses, a.Keys, err = named(c, ids); err != nil {
		return err
	}
	if !a.From.IsZero() && len(a.Keys) == 0 {
		return usagef("--created-after requires --signing-key")
	}
	if c.IsSet("reason") {
		reason := c.String("reason")
		a.Reason = &reason
	}
	if err := knownToRegister(c, a.Licenses); err != nil {
		return err
	}
	record := func(key string) error {
		return recordMarks(c, a.Licenses, a.Keys, register.Mark{Kind: register.Revoked, Key: key, CreatedAfter: a.From, Reason: c.String("reason")})
	}
	return editList(c, path, func(list *revoke.Contents) error { return list.Add(a) }, record)
}

func removeFromList(c *cli.Context) error {
	path, ids, err := listAndIDs(c)
	if err != nil {
		return err
	}
	all, signers, err := named(c, ids)
	if err != nil {
		return err
	}
	record := func(key string) error {
		return recordMarks(c, all, signers, register.Mark{Kind: register.Restored, Key: key})
	}
	err = editList(c, path, func(list *revoke.Contents) error { return list.Remove(all, signers) }, record)
	if missing := (*revoke.NotListedError)(nil); errors.As(err, &missing) && c.IsSet("ids") && missing.Key == "" && !slices.Contains(ids, missing.License) {
		// The file is not quoted: it may be another, which holds a secret.
		return about(path, fmt.Errorf("licence %d of those in files is not on the list", slices.Index(all, missing.License)-len(ids)+1))
	}
	return err
}

func renewList(c *cli.Context) error {
	path, err := onlyList(c)
	if err != nil {
		return err
	}
	return editList(c, path, func(*revoke.Contents) error { return nil }, func(string) error { return nil })
}

// counts says how much a list revokes.
func counts(list *revoke.Contents) text.Line {
	return text.Sprintf("%s and %s revoked", plural(list.Licenses(), "licence"), plural(len(list.Keys()), "signing key"))
}

// named returns the ids of the licences, and the fingerprints of the signing keys,
// that the command line names.
func named(c *cli.Context, ids []string) (licenses, signers []string, err error) {
	if err := checkTypedIDs(ids); err != nil {
		return nil, nil, err
	}
	licenses = ids
	if file := c.String("ids"); file != "" {
		data, err := readFile(file, maxIDsBytes)
		if err != nil {
			return nil, nil, about(displayName(file), err)
		}
		more, err := revoke.ParseIDs(data)
		if err != nil {
			return nil, nil, idsError(displayName(file), err)
		}
		licenses = append(licenses, more...)
	}
	rules, err := payloadSchema(c)
	if err != nil {
		return nil, nil, err
	}
	for _, file := range c.StringSlice("licence") {
		lic, err := readLicense(file)
		if err != nil {
			return nil, nil, err
		}
		id, ok := lic.Payload.ID(rules.Roles())
		if !ok {
			return nil, nil, about(displayName(file), &verify.NoIDError{Position: lic.Payload.Position(rules.Roles().WithDefaults().ID)})
		}
		licenses = append(licenses, id)
	}
	for _, key := range c.StringSlice("signing-key") {
		more, err := keyIDs(key)
		if err != nil {
			return nil, nil, err
		}
		signers = append(signers, more...)
	}
	more, err := customerIDs(c)
	if err != nil {
		return nil, nil, err
	}
	if licenses = append(licenses, more...); len(licenses)+len(signers) == 0 {
		return nil, nil, withHint(usagef("'licseal revoke %s' needs ids, --licence, --ids or --signing-key", c.Command.Name), "licseal revoke %s LIST -k KEY LS-0001", c.Command.Name)
	}
	return licenses, signers, nil
}

// checkTypedIDs refuses what was typed and cannot be meant as the id of a licence.
func checkTypedIDs(ids []string) error {
	for _, id := range ids {
		if err := revoke.CheckID(id); err != nil {
			return hintID(usagef("%w", err))
		}
		if _, err := os.Stat(id); err == nil {
			return withHint(usagef("%s is a file; the id of a licence is expected", id),
				"--licence FILE takes the id from a licence; put an id that is also the name of a file into a file of ids, --ids")
		}
	}
	return nil
}

// idsError is an error about a file of ids: wrong usage if it has what was not meant as
// an id.
func idsError(name string, err error) error {
	if errors.As(err, new(*revoke.ValueError)) || errors.As(err, new(*licseal.IDError)) {
		return hintID(usagef("%s: %w", name, err))
	}
	return about(name, err)
}

// hintID says how to revoke what cannot be named by an id that is typed.
func hintID(err error) error {
	if errors.As(err, new(*revoke.ValueError)) {
		return withHint(err, "--signing-key names a key")
	}
	if errors.As(err, new(*licseal.IDError)) {
		return withHint(err, "--licence FILE takes the id from the licence")
	}
	return err
}
