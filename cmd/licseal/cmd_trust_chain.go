package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/trust"
	"github.com/urfave/cli/v2"
)

// chainCommands are those of 'licseal trust' that make a signed chain of trusted keys.
func chainCommands() []*cli.Command {
	issuer := &cli.StringFlag{Name: "issuer", Usage: "the `ISSUER` of added keys, as licences@vendor.example (default: their comment)"}
	add := &cli.StringSliceFlag{Name: "add", KeepSpace: true, Usage: "trust the public keys in `FILE` for licences and lists (repeatable)", TakesFile: true, Category: reads}
	return []*cli.Command{
		{
			Name: "init", Usage: "make the first document of a signed chain", UsageText: "licseal trust init --roots FILE,… --threshold N [flags] -o FILE",
			Description: `A verifier that is given this document follows a chain of later ones, each signed by
enough roots. Roots sign trust documents and nothing else. Keep them apart from the
keys that sign licences, and from each other: three roots of which two must sign
survive the loss, and the theft, of one. The document is not signed yet: each
officer runs 'licseal trust sign'.

  licseal trust init --roots a.pub,b.pub,c.pub --threshold 2 -o trust.json`,
			ArgsUsage: names,
			Flags: []cli.Flag{
				&cli.StringSliceFlag{Name: "roots", KeepSpace: true, Usage: "public keys of the roots, each in a `FILE`; commas between files", TakesFile: true, Category: reads},
				&cli.IntFlag{Name: "threshold", DefaultText: "none", Usage: "how many roots must sign: a `NUMBER`"},
				add, issuer, outputFlag, forceFlag,
			},
			Action: initTrust,
		},
		{
			Name: "propose", Usage: "make the document that comes next", UsageText: "licseal trust propose TRUST [flags] -o FILE",
			Description: `TRUST is a document, or a chain: one document a line, oldest first. The new document
is signed by nobody yet. --retire ends the time for which a key is trusted, and its
earlier licences stay valid; without --add, no other key takes its place. --remove is
for a stolen key, whose licences and lists are all refused from then on. KEY is a fingerprint, SHA256:…, or a file with the
public key.

  licseal trust propose trust.json --add new.pub --retire old.pub -o next.json`,
			Flags: []cli.Flag{
				add, issuer,
				&cli.StringFlag{Name: "valid-after", Usage: "trust added keys for licences created at or after `TIME`"},
				&cli.StringSliceFlag{Name: "retire", KeepSpace: true, Usage: "trust `KEY` only for licences created before --before (repeatable)", TakesFile: true, Category: reads},
				&cli.StringFlag{Name: "before", Usage: "when the trust in retired keys ends: a `TIME` (default: now)"},
				&cli.StringSliceFlag{Name: "remove", KeepSpace: true, Usage: "do not trust `KEY` any longer (repeatable)", TakesFile: true, Category: reads},
				&cli.StringSliceFlag{Name: "add-root", KeepSpace: true, Usage: "let the public key in `FILE` sign trust documents (repeatable)", TakesFile: true, Category: reads},
				&cli.StringSliceFlag{Name: "remove-root", KeepSpace: true, Usage: "do not let `KEY` sign trust documents any longer (repeatable)", TakesFile: true, Category: reads},
				&cli.IntFlag{Name: "threshold", DefaultText: "as before", Usage: "how many roots must sign the next document, and this one: a `NUMBER`"},
				outputFlag, forceFlag,
			},
			Action: proposeTrust,
		},
		signTrustCommand(),
		{
			Name: "combine", Usage: "join the signatures of copies of a document", UsageText: "licseal trust combine --after TRUST COPY… -o FILE",
			Flags:  []cli.Flag{afterTrustFlag, outputFlag, forceFlag},
			Action: combineTrust,
		},
		showTrustCommand(),
		checkTrustCommand(),
	}
}

var afterTrustFlag = &cli.StringFlag{Name: "after", Usage: "the document or chain in `FILE`, which you trust, comes before", TakesFile: true, Category: reads}

func initTrust(c *cli.Context) error {
	if c.NArg() > 0 || len(c.StringSlice("roots")) == 0 || !c.IsSet("threshold") {
		return withHint(usagef("'licseal trust init' needs --roots and --threshold"), "licseal trust init --roots a.pub,b.pub,c.pub --threshold 2 --add 2026.pub -o trust.json")
	}
	contents := &trust.Contents{Generation: 1, Issued: now().UTC().Truncate(time.Second), Threshold: c.Int("threshold")}
	var files []string
	for _, list := range c.StringSlice("roots") {
		files = append(files, strings.Split(list, ",")...)
	}
	var err error
	if contents.Roots, err = addedRoots(files); err != nil {
		return err
	}
	if contents.Keys, err = addedKeys(c); err != nil {
		return err
	}
	return writeProposal(c, nil, contents)
}

func proposeTrust(c *cli.Context) error {
	if c.NArg() != 1 {
		return usagef("'licseal trust propose' takes exactly one file: the document that is trusted now, or a chain")
	}
	known, err := readKnownTrust(c.Args().First())
	if err != nil {
		return err
	}
	contents := known.newest.Next(now())
	if c.IsSet("threshold") {
		contents.Threshold = c.Int("threshold")
	}
	before, err := timeFlag(c, "before")
	switch {
	case err != nil:
		return err
	case before.IsZero():
		before = contents.Issued
	}
	if c.IsSet("before") && len(c.StringSlice("retire")) == 0 {
		return usagef("--before requires --retire")
	}
	retire := func(key *licseal.TrustedKey) { key.ValidBefore = before }
	if err := editKeys(contents, c.StringSlice("retire"), retire); err != nil {
		return err
	}
	if err := editKeys(contents, c.StringSlice("remove"), nil); err != nil {
		return err
	}
	if err := removeRoots(contents, c.StringSlice("remove-root")); err != nil {
		return err
	}
	added, err := addedKeys(c)
	if err != nil {
		return err
	}
	roots, err := addedRoots(c.StringSlice("add-root"))
	if err != nil {
		return err
	}
	contents.Keys, contents.Roots = append(contents.Keys, added...), append(contents.Roots, roots...)
	return writeProposal(c, known, contents)
}

// writeProposal writes a document that nobody has signed, if the roots could sign it.
func writeProposal(c *cli.Context, known *knownTrust, contents *trust.Contents) error {
	d, err := trust.New(contents)
	var parse *licseal.ParseError
	if errors.As(err, &parse) {
		return errors.New(parse.Detail)
	}
	if err == nil {
		err = known.check(d)
	}
	if refused := (*trust.Error)(nil); err != nil && !(errors.As(err, &refused) && refused.Reason == trust.Threshold) {
		return err
	}
	for _, line := range trustChanges(known.document(), d) {
		note("%s", line)
	}
	return writeTrust(c, d)
}

// writeTrust writes a document as a line, so that chains can be put together.
func writeTrust(c *cli.Context, d *trust.Document) error { return writeResult(c, d.String()+"\n") }

// addedKeys returns the keys that --add names.
func addedKeys(c *cli.Context) (added []licseal.TrustedKey, err error) {
	start, err := timeFlag(c, "valid-after")
	if err != nil {
		return nil, err
	}
	for _, path := range c.StringSlice("add") {
		public, err := readPublic(path)
		if err != nil {
			return nil, err
		}
		for _, key := range public {
			switch {
			case c.IsSet("issuer"):
				key.Principals = issuers(c)
			case key.Principals == nil && strings.Contains(key.Name, "@"):
				key.Principals = []string{key.Name}
			}
			if !start.IsZero() {
				key.ValidAfter = start
			}
			added = append(added, key)
		}
	}
	if len(added) == 0 && (c.IsSet("issuer") || !start.IsZero()) {
		return nil, usagef("--issuer and --valid-after require --add")
	}
	return added, nil
}

func addedRoots(files []string) (roots []trust.Root, err error) {
	for _, path := range files {
		public, err := readPublic(path)
		if err != nil {
			return nil, err
		}
		for _, key := range public {
			roots = append(roots, trust.Root{Key: key.Key, Name: key.Name})
		}
	}
	return roots, nil
}

// editKeys edits the keys that are named, or removes them if edit is nil.
func editKeys(contents *trust.Contents, named []string, edit func(*licseal.TrustedKey)) error {
	for _, name := range named {
		ids, err := keyIDs(name)
		if err != nil {
			return err
		}
		for _, id := range ids {
			i := slices.IndexFunc(contents.Keys, func(key licseal.TrustedKey) bool { return licseal.KeyID(key.Key) == id })
			switch {
			case i < 0:
				return fmt.Errorf("the key %s is not trusted, so it cannot lose its trust", id)
			case edit == nil:
				contents.Keys = slices.Delete(contents.Keys, i, i+1)
			default:
				edit(&contents.Keys[i])
			}
		}
	}
	return nil
}

func removeRoots(contents *trust.Contents, named []string) error {
	for _, name := range named {
		ids, err := keyIDs(name)
		if err != nil {
			return err
		}
		for _, id := range ids {
			i := slices.IndexFunc(contents.Roots, func(root trust.Root) bool { return licseal.KeyID(root.Key) == id })
			if i < 0 {
				return fmt.Errorf("the key %s is not a root", id)
			}
			contents.Roots = slices.Delete(contents.Roots, i, i+1)
		}
	}
	return nil
}

func combineTrust(c *cli.Context) error {
	if c.NArg() == 0 {
		return usagef("'licseal trust combine' needs the copies of the document")
	}
	if err := checkStdin(append(c.Args().Slice(), c.String("after"))...); err != nil {
		return err
	}
	known, err := readAfter(c)
	if err != nil {
		return err
	}
	var copies []*trust.Document
	for _, path := range c.Args().Slice() {
		d, err := readTrustDocument(path)
		if err != nil {
			return err
		}
		copies = append(copies, d)
	}
	d, err := trust.Combine(known.document(), copies...)
	if err != nil {
		return hintAfter(c, err)
	}
	if line := missingSignatures(known, d); line != "" {
		warn("%s", line)
	}
	return writeTrust(c, d)
}
