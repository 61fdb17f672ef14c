package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/filelock"
	"github.com/licseal/licseal/internal/officer"
	"github.com/licseal/licseal/trust"
	"github.com/urfave/cli/v2"
)

// maxIssuedAhead is how far the issue of a document that is signed may be ahead of the
// clock. Every later document must be issued after it.
const maxIssuedAhead = 24 * time.Hour

func signTrustCommand() *cli.Command {
	return &cli.Command{
		Name: "sign", Usage: "sign a trust document, as one of its roots", UsageText: "licseal trust sign -k KEY --after TRUST FILE", ArgsUsage: edits,
		Description: `Adds a signature to the document in FILE, if it may follow TRUST, the document or
chain that you trust. Without --after, FILE must be the first document of a chain.
Shows who gains and who loses trust, and asks; -y answers in scripts. A document
that claims to be issued more than 24 hours from now is refused, and so is a second
document of a generation that the key has signed.

  licseal trust sign -k root-a.key --after trust.json next.json`,
		Flags: []cli.Flag{
			keyFlag, passphraseFileFlag, afterTrustFlag,
			&cli.BoolFlag{Name: "y", Aliases: []string{"yes"}, Usage: "sign without asking"},
			&cli.StringFlag{Name: "record", Usage: "remember in `FILE` what was signed (default: a file in the configuration folder)", TakesFile: true, Category: edits},
		},
		Action: signTrust,
	}
}

func signTrust(c *cli.Context) error {
	path := c.Args().First()
	switch {
	case c.NArg() != 1 || path == "-":
		return usagef("'licseal trust sign' takes exactly one file, the document to sign")
	case c.String("k") == "":
		return withHint(usagef("'licseal trust sign' needs a private key"), "licseal trust sign -k root.key --after trust.json %s", path)
	}
	known, err := readAfter(c)
	if err != nil {
		return err
	}
	d, err := readTrustDocument(path)
	if err != nil {
		return err
	}
	if err := maySign(c, known, d); err != nil {
		return hintAfter(c, about(path, err))
	}
	key, err := loadPrivate(c, c.String("k"))
	if err != nil {
		return err
	}
	id := licseal.KeyID(key.Public())
	if err := confirmTrust(c, known, d); err != nil {
		return err
	}
	lock, err := filelock.Acquire(c.Context, path)
	if err != nil {
		return about(path, noFolder(path, err))
	}
	defer lock.Release()
	if d, err = sameTrust(path, d); err != nil { // with the signatures of others
		return err
	}
	signed, err := trust.Sign(known.document(), d, key)
	if err != nil {
		return about(path, err)
	}
	if err := recordSigned(c, id, signed); err != nil {
		return err
	}
	if err := atomicfile.Replace(path, []byte(signed.String()+"\n"), 0o644); err != nil {
		return about(path, noFolder(path, err))
	}
	if line := missingSignatures(known, signed); line != "" {
		return say(c, "%s: signed by %s; %s", path, id, line)
	}
	return say(c, "%s: signed by %s; generation %d is complete", path, id, signed.Contents().Generation)
}

// maySign refuses a document that no verifier could follow, whoever signs it.
func maySign(c *cli.Context, known *knownTrust, d *trust.Document) error {
	if err := known.check(d); err != nil {
		if refused := (*trust.Error)(nil); !errors.As(err, &refused) || refused.Reason != trust.Threshold {
			return err
		}
	}
	if issued, now := d.Contents().Issued, now(); issued.After(now.Add(maxIssuedAhead)) {
		return withHint(fmt.Errorf("the document claims to be issued at %s, and it is %s; every later document would have to be issued after that", instant(issued), instant(now)),
			"set the clock of this machine, or have the document proposed again")
	}
	return nil
}

// confirmTrust shows what a document changes, and asks whether to sign it.
func confirmTrust(c *cli.Context, known *knownTrust, d *trust.Document) error {
	for _, line := range trustChanges(known.document(), d) {
		note("%s", line)
	}
	return confirm(c, fmt.Sprintf("Sign generation %d? Type yes", d.Contents().Generation), "-y signs without asking", "not signed")
}

// sameTrust reads a document again, while its file is locked. It must say the same.
func sameTrust(path string, shown *trust.Document) (*trust.Document, error) {
	d, err := readTrustDocument(path)
	if err == nil && d.Digest() != shown.Digest() {
		err = about(path, errors.New("the document has changed since it was shown; nothing was signed"))
	}
	return d, err
}

// recordSigned remembers that a key signs a document. Every chain begins with a document
// of its own, so the first of a chain is not remembered.
func recordSigned(c *cli.Context, id string, d *trust.Document) error {
	previous := d.Contents().Previous
	if previous == "" {
		return nil
	}
	record := officer.Record{Path: c.String("record")}
	if record.Path == "" {
		var err error
		if record, err = officer.UserRecord(); err != nil {
			return withHint(err, "--record FILE names a file")
		}
	}
	err := record.Add(id, previous, d.Digest())
	if errors.As(err, new(*officer.ConflictError)) {
		err = withHint(err, "verifiers that have seen that document would refuse this one: find out who proposed a second one")
	}
	return err
}
