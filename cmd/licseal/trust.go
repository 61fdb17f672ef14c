package main

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/filelock"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/keys"
	"github.com/urfave/cli/v2"
)

func trustCommand() *cli.Command {
	return &cli.Command{
		Name:      "trust",
		Usage:     "look after a file of trusted keys",
		UsageText: "licseal trust list|add|retire|remove FILE …",
		Description: `A file of trusted keys has a line for each key, as OpenSSH's allowed_signers:
who the issuer is, the dates for which licences of the key are believed, and the
key. 'ssh-keygen -Y' of OpenSSH 9.1 or later reads the same file. What a command
does not change stays as it was, comments and all.

  licseal trust add trusted.keys 2026.key.pub --issuer licences@vendor.example
  licseal trust retire trusted.keys 2026.key.pub --before 2027-01-01
  licseal trust list trusted.keys`,
		Subcommands: []*cli.Command{
			{
				Name: "list", Usage: "show the keys: fingerprint, issuer, dates", UsageText: "licseal trust list [--json] FILE",
				Description: `--json prints one JSON object a line: id, issuers, name, line, namespaces,
not_before, not_after, days_left, state (trusted, not yet, retired, other use).`,
				Flags:  []cli.Flag{jsonFlag},
				Action: listTrusted,
			},
			{
				Name: "add", Usage: "add the public keys in a file", UsageText: "licseal trust add FILE PUBKEY [flags]",
				Description: `PUBKEY is a file with OpenSSH or PEM public keys, '-' for standard input.
FILE is made if there is none. What counts for --from and --before is the creation
date of a licence, which begins at 00:00 UTC.`,
				Flags: []cli.Flag{
					&cli.StringFlag{Name: "issuer", Usage: "the `NAME` of the issuer, as licences@vendor.example (default: the key's comment)"},
					&cli.StringFlag{Name: "from", Usage: "trust it for licences created at or after `TIME`"},
					&cli.StringFlag{Name: "before", Usage: "trust it for licences created before `TIME`"},
				},
				Action: addTrusted,
			},
			{
				Name: "retire", Usage: "end the time for which a key is trusted", UsageText: "licseal trust retire FILE KEY [flags]",
				Description: `KEY is a fingerprint, SHA256:…, or a file with the public key. Licences created
before --before stay trusted, and what counts is their creation date, which begins
at 00:00 UTC: by default, all that are dated today. Whoever has the private key can sign any date: a key
that was stolen is to be removed or revoked, not retired.`,
				Flags: []cli.Flag{
					&cli.StringFlag{Name: "before", Usage: "trust it for licences created before `TIME` (default: now)"},
					&cli.StringFlag{Name: "issuer", Usage: "the `NAME` of the issuer, where the line has none"},
				},
				Action: retireTrusted,
			},
			{
				Name: "remove", Usage: "take a key out", UsageText: "licseal trust remove FILE KEY",
				Description: "KEY is a fingerprint, SHA256:…, or a file with the public key. No licence of\nit is trusted any longer.",
				Action:      removeTrusted,
			},
		},
	}
}

func listTrusted(c *cli.Context) error {
	path, err := oneFile(c)
	if err != nil {
		return err
	}
	file, err := readTrustedFile(path)
	if err != nil {
		return err
	}
	now := time.Now()
	if !c.Bool("json") {
		return show(c, trustedText(file.Entries(), now))
	}
	for _, entry := range file.Entries() {
		if err := printJSON(c, newJSONTrusted(entry, now)); err != nil {
			return err
		}
	}
	return nil
}

func readTrustedFile(path string) (*keys.TrustedFile, error) {
	data, err := readFile(path, keys.MaxBytes)
	if err != nil {
		return nil, about(displayName(path), err)
	}
	return keys.ParseTrustedFile(displayName(path), data)
}

func trustedText(entries []keys.TrustedEntry, now time.Time) text.Line {
	var table text.Table
	table.Row("KEY", "ISSUER", "FROM", "BEFORE", "LEFT", "NAME")
	for _, e := range entries {
		table.Row(orDash(licseal.KeyID(e.Key.Key)), orDash(strings.Join(e.Key.Principals, ",")),
			instantOrDash(e.Key.ValidAfter), instantOrDash(e.Key.ValidBefore), leftText(e, now), orDash(e.Key.Name))
	}
	return table.Line()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return plain(s)
}

func instantOrDash(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return instant(t)
}

// trustState says in a word what a key is worth for licences that are made now.
func trustState(e keys.TrustedEntry, now time.Time) string {
	switch {
	case !e.ForLicenses:
		return "other use"
	case now.Before(e.Key.ValidAfter):
		return "not yet"
	case !e.Key.ValidBefore.IsZero() && !now.Before(e.Key.ValidBefore):
		return "retired"
	}
	return "trusted"
}

func leftText(e keys.TrustedEntry, now time.Time) string {
	state := trustState(e, now)
	switch {
	case state == "other use":
		return "for " + plain(e.Namespaces) + ", not licences"
	case state != "trusted":
		return state
	case e.Key.ValidBefore.IsZero():
		return "no end"
	}
	return daysText(wholeDays(e.Key.ValidBefore, now))
}

// jsonTrusted is what 'licseal trust list --json' prints for one key.
type jsonTrusted struct {
	ID         string   `json:"id"`
	Issuers    []string `json:"issuers,omitempty"`
	Name       string   `json:"name,omitempty"`
	Line       int      `json:"line"`
	Namespaces string   `json:"namespaces,omitempty"`
	From       string   `json:"not_before,omitempty"`
	Before     string   `json:"not_after,omitempty"`
	DaysLeft   *int     `json:"days_left,omitempty"`
	State      string   `json:"state"`
}

func newJSONTrusted(e keys.TrustedEntry, now time.Time) jsonTrusted {
	j := jsonTrusted{
		ID: licseal.KeyID(e.Key.Key), Issuers: e.Key.Principals, Name: e.Key.Name, Line: e.Line,
		Namespaces: e.Namespaces, State: trustState(e, now),
	}
	if t := e.Key.ValidAfter; !t.IsZero() {
		j.From = instant(t)
	}
	if t := e.Key.ValidBefore; !t.IsZero() {
		days := wholeDays(t, now)
		j.Before, j.DaysLeft = instant(t), &days
	}
	return j
}

// fileAndKey returns the two arguments of a command of 'licseal trust'.
func fileAndKey(c *cli.Context, second string) (path, key string, err error) {
	if c.NArg() != 2 {
		return "", "", usagef("'licseal trust %s' takes two arguments: the file of trusted keys, and %s", c.Command.Name, second)
	}
	if c.Args().First() == "-" {
		return "", "", usagef("'licseal trust %s' changes a file; standard input is none", c.Command.Name)
	}
	return c.Args().Get(0), c.Args().Get(1), nil
}

func addTrusted(c *cli.Context) error {
	path, keyPath, err := fileAndKey(c, "a file with the public key")
	if err != nil {
		return err
	}
	from, err := timeFlag(c, "from")
	if err != nil {
		return err
	}
	before, err := timeFlag(c, "before")
	if err != nil {
		return err
	}
	public, err := readPublic(keyPath)
	if err != nil {
		return err
	}
	lock, err := filelock.Acquire(c.Context, path)
	if err != nil {
		return about(path, noFolder(path, err))
	}
	defer lock.Release()
	file, exists, err := openTrusted(path)
	if err != nil {
		return err
	}
	for i := range public {
		key := &public[i]
		if key.Principals, err = issuers(c, *key); err != nil {
			return err
		}
		if !from.IsZero() {
			key.ValidAfter = from
		}
		if !before.IsZero() {
			key.ValidBefore = before
		}
	}
	if err := file.Add(public...); err != nil {
		return err
	}
	if !exists {
		return about(path, createFile(path, file.Bytes(), 0o644))
	}
	return writeTrusted(path, file)
}

// openTrusted reads a file of trusted keys to add to, which may not exist yet.
func openTrusted(path string) (file *keys.TrustedFile, exists bool, err error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		file, err := keys.ParseTrustedFile(path, nil)
		return file, false, err
	}
	file, err = readTrustedFile(path)
	return file, true, err
}

// issuers returns the principals that a key is added with.
func issuers(c *cli.Context, key licseal.TrustedKey) ([]string, error) {
	switch {
	case c.IsSet("issuer"):
		return strings.Split(c.String("issuer"), ","), nil
	case len(key.Principals) > 0:
		return key.Principals, nil
	case key.Name != "" && !strings.ContainsAny(key.Name, " \t,\""):
		return []string{key.Name}, nil
	}
	return nil, withHint(usagef("the key %s needs an issuer, and its comment %q is no name for one", licseal.KeyID(key.Key), key.Name), "--issuer licences@vendor.example")
}

func retireTrusted(c *cli.Context) error {
	return changeTrusted(c, func(file *keys.TrustedFile, ids []string) error {
		before, err := timeFlag(c, "before")
		if err != nil {
			return err
		}
		if before.IsZero() {
			before = time.Now().Truncate(time.Second)
		}
		var principals []string
		if c.IsSet("issuer") {
			principals = strings.Split(c.String("issuer"), ",")
		}
		return file.Retire(before, principals, ids...)
	})
}

func removeTrusted(c *cli.Context) error {
	return changeTrusted(c, func(file *keys.TrustedFile, ids []string) error { return file.Remove(ids...) })
}

// changeTrusted changes what a file of trusted keys says of one key.
func changeTrusted(c *cli.Context, change func(file *keys.TrustedFile, ids []string) error) error {
	path, key, err := fileAndKey(c, "the key: SHA256:… or a file with it")
	if err != nil {
		return err
	}
	ids, err := keyIDs(key)
	if err != nil {
		return err
	}
	lock, err := filelock.Acquire(c.Context, path)
	if err != nil {
		return about(path, noFolder(path, err))
	}
	defer lock.Release()
	file, err := readTrustedFile(path)
	if err != nil {
		return err
	}
	if err := change(file, ids); err != nil {
		return err
	}
	return writeTrusted(path, file)
}

func writeTrusted(path string, file *keys.TrustedFile) error {
	return about(path, noFolder(path, atomicfile.Replace(path, file.Bytes(), 0o644)))
}

// readPublic reads a file with public keys.
func readPublic(path string) ([]licseal.TrustedKey, error) {
	data, err := readFile(path, keys.MaxBytes)
	if err != nil {
		return nil, about(displayName(path), err)
	}
	return keys.ParseTrusted(displayName(path), data)
}

// keyIDs returns the fingerprint that was given, or those of the keys in a file.
func keyIDs(fingerprintOrFile string) ([]string, error) {
	if strings.HasPrefix(fingerprintOrFile, "SHA256:") {
		return []string{fingerprintOrFile}, nil
	}
	public, err := readPublic(fingerprintOrFile)
	if err != nil {
		return nil, withHint(err, "a key is named by its fingerprint, SHA256:…, or by a file with the public key")
	}
	var ids []string
	for _, key := range public {
		if id := licseal.KeyID(key.Key); !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// timeFlag returns the time that a flag gives, in whole seconds, or none.
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
