package main

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/filelock"
	"github.com/licseal/licseal/keys"
	"github.com/urfave/cli/v2"
)

func trustCommand() *cli.Command {
	return &cli.Command{
		Name:      "trust",
		Usage:     "manage trusted keys, and sign chains of them",
		UsageText: "licseal trust COMMAND …",
		Description: `A file of trusted keys has one line for each key: the issuer, the dates for which
its licences are trusted, and the key. It is an allowed_signers file, which
'ssh-keygen -Y' of OpenSSH 9.1 or later reads too. Lines that a command does not
change, such as comments, stay the same.

  licseal trust add trusted.keys 2026.key.pub --issuer licences@vendor.example
  licseal trust retire trusted.keys 2026.key.pub --before 2027-01-01
  licseal trust list trusted.keys

A signed chain of trusted keys tells verifiers in the field of new keys. They are
given its first document once, and later ones by any file transfer.

  licseal trust init --roots a.pub,b.pub,c.pub --threshold 2 -o trust.json
  licseal trust sign -k a.key trust.json
  licseal trust propose trust.json --add 2027.pub -o next.json
  licseal trust sign -k a.key --after trust.json next.json
  licseal verify --trust-root trust.json --trust-chain chain.ndjson licence.json`,
		Subcommands: slices.Concat([]*cli.Command{
			{
				Name: "list", Usage: "show the keys: fingerprint, issuer, dates", UsageText: "licseal trust list [--json] [-t KEYS|FILE]",
				Description: `Without FILE, shows the keys of -t, or those that the profile trusts. --json prints one JSON object for each key: id, issuers, name, line, namespaces,
not_before, not_after, days_left, state (trusted, not yet, retired, other use).`,
				Flags:  []cli.Flag{trustFlag, jsonFlag},
				Action: listTrusted,
			},
			{
				Name: "add", Usage: "add the public keys in a file", UsageText: "licseal trust add FILE PUBKEY [flags]", ArgsUsage: edits + " " + reads,
				Description: `PUBKEY is a file with OpenSSH or PEM public keys, or '-' for standard input.
FILE is created if it does not exist. The two times refer to the creation
date of a licence; a date begins at 00:00 UTC.`,
				Flags: []cli.Flag{
					&cli.StringFlag{Name: "issuer", Usage: "the `ISSUER` of the key, as licences@vendor.example (default: its comment)"},
					&cli.StringFlag{Name: "valid-after", Usage: "trust it for licences created at or after `TIME`"},
					&cli.StringFlag{Name: "valid-before", Usage: "trust it for licences created before `TIME`"},
				},
				Action: addTrusted,
			},
			{
				Name: "retire", Usage: "end the time for which a key is trusted", UsageText: "licseal trust retire FILE KEY [flags]", ArgsUsage: edits + " " + reads,
				Description: `KEY is a fingerprint, SHA256:…, or a file with the public key. Licences created
before --before stay trusted. Their creation date begins at 00:00 UTC, so by default
all licences dated today stay trusted. Anyone with the private key can sign a
licence with any date: remove or revoke a stolen key instead of retiring it.`,
				Flags: []cli.Flag{
					&cli.StringFlag{Name: "before", Usage: "trust it for licences created before `TIME` (default: now)"},
					&cli.StringFlag{Name: "issuer", Usage: "the `ISSUER` of the key, if the line has none"},
				},
				Action: retireTrusted,
			},
			{
				Name: "remove", Usage: "remove a key", UsageText: "licseal trust remove FILE KEY", ArgsUsage: edits + " " + reads,
				Description: `KEY is a fingerprint, SHA256:…, or a file with the public key. None of its
licences is trusted any longer. If it has signed the revocation list, a warning says
how to sign that with another key.`,
				Flags:  []cli.Flag{&cli.StringFlag{Name: "revocations", Usage: "warn if the key has signed the list in `FILE`", TakesFile: true, Category: reads}},
				Action: removeTrusted,
			},
		}, chainCommands()),
	}
}

func listTrusted(c *cli.Context) error {
	entries, err := listedKeys(c)
	if err != nil {
		return err
	}
	now := now()
	if !c.Bool("json") {
		return show(c, trustedTable(entries, now))
	}
	for _, entry := range entries {
		if err := printJSON(c, newJSONTrusted(entry, now)); err != nil {
			return err
		}
	}
	return nil
}

// isTrustList reports whether the command takes its trusted keys from an argument, too.
func isTrustList(c *cli.Context) bool { return c.Command.HelpName == "licseal trust list" }

// listedKeys returns the keys in FILE, or those in the files of -t.
func listedKeys(c *cli.Context) (entries []keys.TrustedEntry, err error) {
	paths := c.StringSlice("t")
	switch {
	case len(paths) > 0 && c.NArg() > 0:
		return nil, usagef("-t and FILE are mutually exclusive")
	case len(paths) == 0:
		path, err := oneFile(c)
		if err != nil {
			return nil, err
		}
		paths = []string{path}
	}
	var files []*keys.TrustedFile
	for _, path := range paths {
		file, err := readTrusted(c, "t", path)
		if err != nil {
			return nil, err
		}
		files, entries = append(files, file), append(entries, file.Entries()...)
	}
	if len(files) > 1 { // they must agree; one file of keys for other uses is listed, too
		_, err = keys.Trusted(files...)
	}
	return entries, err
}

func addTrusted(c *cli.Context) error {
	path, keyPath, err := fileAndKey(c, "a file with the public key")
	if err != nil {
		return err
	}
	after, before, err := addedWindow(c)
	if err != nil {
		return err
	}
	public, err := readPublic(keyPath)
	if err != nil {
		return err
	}
	for i := range public {
		key := &public[i]
		if c.IsSet("issuer") {
			key.Principals = issuers(c)
		}
		if !after.IsZero() {
			key.ValidAfter = after
		}
		if !before.IsZero() {
			key.ValidBefore = before
		}
	}
	err = editTrusted(c, path, func(file *keys.TrustedFile) error { return file.Add(public...) })
	if errors.Is(err, keys.ErrNoIssuer) {
		return withHint(usagef("%w", err), "--issuer licences@vendor.example")
	}
	return err
}

// addedWindow returns the times that --valid-after and --valid-before give.
func addedWindow(c *cli.Context) (after, before time.Time, err error) {
	if after, err = timeFlag(c, "valid-after"); err != nil {
		return after, before, err
	}
	before, err = timeFlag(c, "valid-before")
	return after, before, err
}

func retireTrusted(c *cli.Context) error {
	path, ids, err := fileAndIDs(c)
	if err != nil {
		return err
	}
	before, err := timeFlag(c, "before")
	if err != nil {
		return err
	}
	if before.IsZero() {
		before = now().Truncate(time.Second)
	}
	err = editTrusted(c, path, func(file *keys.TrustedFile) error { return file.Retire(before, issuers(c), ids...) })
	if errors.Is(err, keys.ErrNoIssuer) {
		return withHint(err, "--issuer licences@vendor.example")
	}
	return err
}

func removeTrusted(c *cli.Context) error {
	path, ids, err := fileAndIDs(c)
	if err != nil {
		return err
	}
	return editTrusted(c, path, func(file *keys.TrustedFile) error {
		before := trustedIn(path, file.Bytes())
		if err := file.Remove(ids...); err != nil {
			return err
		}
		return signedByRemoved(c, path, before, trustedIn(path, file.Bytes()))
	})
}

// editTrusted edits a file of trusted keys, which only 'licseal trust add' creates.
func editTrusted(c *cli.Context, path string, edit func(*keys.TrustedFile) error) error {
	lock, err := filelock.Acquire(c.Context, path)
	if err != nil {
		return about(path, noFolder(path, err))
	}
	defer lock.Release()
	data, err := readFile(path, keys.MaxBytes)
	missing := errors.Is(err, fs.ErrNotExist) && c.Command.Name == "add"
	if err != nil && !missing {
		return about(path, err)
	}
	file, err := keys.ParseTrustedFile(path, data)
	if err != nil {
		return err
	}
	if err := edit(file); err != nil {
		return err
	}
	if missing {
		return about(path, createFile(path, file.Bytes(), 0o644))
	}
	return about(path, noFolder(path, atomicfile.Replace(path, file.Bytes(), 0o644)))
}

// fileAndKey returns the two arguments of a command of 'licseal trust'.
func fileAndKey(c *cli.Context, second string) (path, key string, err error) {
	if c.NArg() != 2 {
		return "", "", usagef("'licseal trust %s' needs two arguments: the file of trusted keys, and %s", c.Command.Name, second)
	}
	if c.Args().First() == "-" {
		return "", "", usagef("'licseal trust %s' needs a file, not standard input", c.Command.Name)
	}
	return c.Args().Get(0), c.Args().Get(1), nil
}

// fileAndIDs returns the file and the fingerprints of the keys that a command of
// 'licseal trust' is to change.
func fileAndIDs(c *cli.Context) (path string, ids []string, err error) {
	path, key, err := fileAndKey(c, "the key: SHA256:… or a file with it")
	if err != nil {
		return "", nil, err
	}
	ids, err = keyIDs(key)
	return path, ids, err
}

// issuers returns the principals that --issuer gives, or nil.
func issuers(c *cli.Context) []string {
	if !c.IsSet("issuer") {
		return nil
	}
	return strings.Split(c.String("issuer"), ",")
}

// keyIDs returns the fingerprint that was given, or those of the keys in a file.
func keyIDs(fingerprintOrFile string) ([]string, error) {
	if strings.HasPrefix(fingerprintOrFile, "SHA256:") {
		return []string{fingerprintOrFile}, nil
	}
	public, err := readPublic(fingerprintOrFile)
	if err != nil {
		return nil, withHint(err, "name a key by its fingerprint, SHA256:…, or by a file with the public key")
	}
	var ids []string
	for _, key := range public {
		ids = append(ids, licseal.KeyID(key.Key))
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// timeFlag returns the time that a flag gives, in whole seconds, or the zero time.
func timeFlag(c *cli.Context, name string) (time.Time, error) {
	s := c.String(name)
	if s == "" {
		return time.Time{}, nil
	}
	t, err := licseal.ParseDate(s, nil)
	if err != nil || !t.Equal(t.Truncate(time.Second)) || t.IsZero() { // zero would be no bound
		return t, usagef("--%s %q is not a time in whole seconds; write it as 2027-12-31 or 2027-12-31T12:00:00Z", name, s)
	}
	return t, nil
}
