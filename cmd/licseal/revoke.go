package main

import (
	"crypto"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/filelock"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/sign"
	"github.com/licseal/licseal/verify"
	"github.com/urfave/cli/v2"
)

const (
	// defaultNextUpdate is how long a revocation list is good for.
	defaultNextUpdate = "30d"

	// maxIDsBytes bounds a file of ids: 400,000 of 80 bytes.
	maxIDsBytes = 32 << 20
)

var nextUpdateFlag = &cli.StringFlag{
	Name: "next-update", Value: defaultNextUpdate, Usage: "the list is good for this `LENGTH` of time; then verifiers want the next one",
}

func revokeCommand() *cli.Command {
	signing := []cli.Flag{keyFlag, passphraseFileFlag, nextUpdateFlag}
	extending := append([]cli.Flag{trustFlag}, signing...)
	naming := []cli.Flag{
		&cli.StringSliceFlag{Name: "licence", Aliases: []string{"license"}, Usage: "the licence in `FILE` (repeatable)", TakesFile: true},
		&cli.StringFlag{Name: "ids", Usage: "the licences whose ids stand in `FILE`, one a line", TakesFile: true},
		&cli.StringSliceFlag{Name: "signing-key", Usage: "a signing `KEY`: SHA256:… or a file with the public key (repeatable)", TakesFile: true},
		schemaFlag,
	}
	return &cli.Command{
		Name:      "revoke",
		Usage:     "make, extend and read signed revocation lists",
		UsageText: "licseal revoke new|add|remove|renew|show LIST …",
		Description: `A revocation list names licences and signing keys that are no longer believed. It
is a signed file, and 'licseal verify --revocations LIST' needs no network for it.
Licences stand there as hashes of their ids (license_key), so that the list names
no customer. Each list replaces the one before, by its greater generation, and says
when the next one is due.

  licseal revoke new revoked.json -k vendor.key
  licseal revoke add revoked.json -k vendor.key LS-0001 LS-0002 --reason refunded
  licseal revoke show revoked.json -t trusted.keys`,
		Subcommands: []*cli.Command{
			{
				Name: "new", Usage: "make a list that revokes nothing yet", UsageText: "licseal revoke new LIST -k KEY [flags]",
				Flags: append([]cli.Flag{
					&cli.Int64Flag{Name: "generation", Value: 1, Usage: "begin with this `NUMBER`, where verifiers have seen lists before"},
				}, signing...),
				Action: newList,
			},
			{
				Name: "add", Usage: "revoke licences and signing keys", UsageText: "licseal revoke add LIST -k KEY [flags] [ID…]",
				Description: `Revokes the licences with the ids given, those in files, and signing keys. The list
is verified first: against -t, or, without it, against the key that signs. A
signing key that was stolen is revoked from the beginning, because a thief can sign
any date; --from is for one that was given up in good order. What is on the list
already keeps its reason unless --reason is given, and a key is never revoked from
a later time than before.`,
				Flags: append(append([]cli.Flag{
					&cli.StringFlag{Name: "reason", Usage: "why: one line of `TEXT`, which all who have the list can read"},
					&cli.StringFlag{Name: "from", Usage: "disbelieve the signing key for licences created at or after `TIME` (default: all)"},
				}, naming...), extending...),
				Action: addToList,
			},
			{
				Name: "remove", Usage: "take licences and signing keys off the list", UsageText: "licseal revoke remove LIST -k KEY [flags] [ID…]",
				Flags:  append(append([]cli.Flag{}, naming...), extending...),
				Action: removeFromList,
			},
			{
				Name: "renew", Usage: "issue the same list again, before its next update is due", UsageText: "licseal revoke renew LIST -k KEY [flags]",
				Description: `With -t, a list that those who trust these keys would refuse is not written, as
one whose key was retired. Without it, only the key itself is known.`,
				Flags:  extending,
				Action: renewList,
			},
			{
				Name: "show", Usage: "verify a list and print what it says", UsageText: "licseal revoke show LIST -t KEYS [flags] [ID…]",
				Description: `With ids, says of each licence whether it is revoked. --json prints one object:
generation, issued, next_update, key{id,name,issuers}, licenses (their number),
revoked_keys, and for ids given ids{ID: {revoked, reason}}.`,
				Flags:  []cli.Flag{trustFlag, jsonFlag},
				Action: showList,
			},
		},
	}
}

// listAndIDs returns the list that a command of 'licseal revoke' takes, and the ids.
func listAndIDs(c *cli.Context) (path string, ids []string, err error) {
	path = c.Args().First()
	switch {
	case path == "":
		return "", nil, usagef("'licseal revoke %s' needs the file of the list", c.Command.Name)
	case path == "-" && c.Command.Name != "show":
		return "", nil, usagef("'licseal revoke %s' writes a file; standard input is none", c.Command.Name)
	}
	return path, c.Args().Tail(), nil
}

func onlyList(c *cli.Context) (string, error) {
	path, ids, err := listAndIDs(c)
	if err == nil && len(ids) > 0 {
		err = usagef("'licseal revoke %s' takes one file, the list, not %d", c.Command.Name, c.NArg())
	}
	return path, err
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
	signed, err := sign.Revocations(list, key)
	if err != nil {
		return err
	}
	err = createFile(path, []byte(signed.String()), 0o644)
	if errors.Is(err, fs.ErrExist) {
		return withHint(about(path, errors.New("the file exists, and was kept")), "'licseal revoke add %s' extends it", path)
	}
	return about(path, err)
}

// listTimes returns when a list is issued, now, and when the next one is due.
func listTimes(c *cli.Context) (issued, next time.Time, err error) {
	length, err := lengthFlag(c, "next-update")
	if err == nil && length < time.Second {
		err = usagef("--next-update: a list is good for a second at least")
	}
	issued = time.Now().UTC().Truncate(time.Second)
	return issued, issued.Add(length), err
}

func listKey(c *cli.Context) (crypto.Signer, error) {
	if c.String("k") == "" {
		return nil, withHint(usagef("'licseal revoke %s' needs a private key", c.Command.Name), "licseal revoke %s LIST -k vendor.key", c.Command.Name)
	}
	return loadPrivate(c, c.String("k"))
}

// listChange is what a command does to a list; it returns what it did, in words.
type listChange func(next *revoke.Contents) (did string, err error)

// changeList replaces a list by the next one.
func changeList(c *cli.Context, path string, change listChange) error {
	key, err := listKey(c)
	if err != nil {
		return err
	}
	lock, err := filelock.Acquire(c.Context, path)
	if err != nil {
		return about(path, noFolder(path, err))
	}
	defer lock.Release()
	issued, due, err := listTimes(c)
	if err != nil {
		return err
	}
	trusted := []licseal.TrustedKey{{Key: key.Public()}}
	if c.IsSet("t") {
		if trusted, err = loadTrusted(c); err != nil {
			return err
		}
	}
	old, err := loadRevocations(path, trusted)
	if err != nil {
		return hintList(c, path, err)
	}
	next := old.Contents().Next(issued, due)
	did, err := change(next)
	if err != nil {
		return err
	}
	text, err := signNext(old, next, key, trusted)
	if err != nil {
		return listError(path, err)
	}
	if err := about(path, noFolder(path, atomicfile.Replace(path, text, 0o644))); err != nil {
		return err
	}
	return print(c, fmt.Sprintf("%s: generation %d, %s, next update by %s\n", path, next.Generation, did, instant(due)))
}

func hintList(c *cli.Context, path string, err error) error {
	var list *verify.ListError
	switch {
	case !errors.As(err, &list):
		return err
	case errors.Is(err, fs.ErrNotExist) || list.Reason == "":
		return withHint(err, "'licseal revoke new %s' makes a list", path)
	case list.Reason == verify.ListForged && !c.IsSet("t"):
		return withHint(err, "without -t, it must be signed by the key that is to sign it anew; -t KEYS names others")
	}
	return err
}

// signNext signs a list, and judges it as one who has the old one will.
func signNext(old *verify.RevocationList, next *revoke.Contents, key crypto.Signer, trusted []licseal.TrustedKey) ([]byte, error) {
	signed, err := sign.Revocations(next, key)
	if err != nil {
		return nil, err
	}
	text := []byte(signed.String())
	verified, err := verify.Revocations(text, trusted)
	if err != nil {
		return nil, fmt.Errorf("who trusts the keys given would refuse the new list: %w", err)
	}
	memory := verify.Memory{}
	if err := memory.Observe(next.Issued, old, 0); err != nil {
		return nil, err
	}
	return text, memory.Observe(next.Issued, verified, 0)
}

func addToList(c *cli.Context) error {
	path, ids, err := listAndIDs(c)
	if err != nil {
		return err
	}
	from, err := timeFlag(c, "from")
	if err != nil {
		return err
	}
	ids, signers, err := named(c, ids)
	if err != nil {
		return err
	}
	if !from.IsZero() && len(signers) == 0 {
		return usagef("--from is for signing keys: --signing-key KEY")
	}
	return changeList(c, path, func(next *revoke.Contents) (string, error) {
		for _, id := range ids {
			known, _ := next.License(id)
			if err := next.RevokeLicense(id, reasonOr(c, known)); err != nil {
				return "", usagef("%v", err)
			}
		}
		for _, id := range signers {
			known, revoked := next.Key(id)
			if revoked && from.After(known.From) {
				return "", withHint(about(path, fmt.Errorf("the signing key %s is revoked %s already, and would be believed again until %s", id, fromText(known.From), instant(from))),
					"'licseal revoke remove' takes it off the list first")
			}
			if err := next.RevokeKey(revoke.Key{ID: id, From: from, Reason: reasonOr(c, known.Reason)}); err != nil {
				return "", usagef("%v", err)
			}
		}
		return counts(next), nil
	})
}

// reasonOr returns the reason that was given, or the one that the list has.
func reasonOr(c *cli.Context, known string) string {
	if c.IsSet("reason") {
		return c.String("reason")
	}
	return known
}

func removeFromList(c *cli.Context) error {
	path, ids, err := listAndIDs(c)
	if err != nil {
		return err
	}
	ids, signers, err := named(c, ids)
	if err != nil {
		return err
	}
	return changeList(c, path, func(next *revoke.Contents) (string, error) {
		for _, id := range ids {
			if !next.RestoreLicense(id) {
				return "", about(path, fmt.Errorf("the licence %q is not on the list", id))
			}
		}
		for _, id := range signers {
			if !next.RestoreKey(id) {
				return "", about(path, fmt.Errorf("the signing key %s is not on the list", id))
			}
		}
		return counts(next), nil
	})
}

func renewList(c *cli.Context) error {
	path, err := onlyList(c)
	if err != nil {
		return err
	}
	return changeList(c, path, func(next *revoke.Contents) (string, error) { return counts(next), nil })
}

// counts says how much a list revokes.
func counts(list *revoke.Contents) string {
	return fmt.Sprintf("%s and %s revoked", number(list.Licenses(), "licence"), number(len(list.Keys()), "signing key"))
}

func number(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// named returns the ids of the licences, and the fingerprints of the signing keys,
// that a command line names.
func named(c *cli.Context, ids []string) (licenses, signers []string, err error) {
	if err := checkTypedIDs(ids); err != nil {
		return nil, nil, err
	}
	licenses = ids
	if file := c.String("ids"); file != "" {
		more, err := readIDs(file)
		if err != nil {
			return nil, nil, about(displayName(file), err)
		}
		licenses = append(licenses, more...)
	}
	rules, err := loadSchema(c.String("schema"))
	if err != nil {
		return nil, nil, err
	}
	for _, file := range c.StringSlice("licence") {
		lic, err := readLicense(file)
		if err != nil {
			return nil, nil, err
		}
		id, ok := verify.LicenseID(lic.Payload, rules.Roles())
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
	if len(licenses)+len(signers) == 0 {
		return nil, nil, withHint(usagef("'licseal revoke %s' needs something to name: ids, --licence, --ids or --signing-key", c.Command.Name), "licseal revoke %s LIST -k KEY LS-0001", c.Command.Name)
	}
	return licenses, signers, nil
}

// readIDs reads ids, one a line; blank lines are skipped.
func readIDs(path string) ([]string, error) {
	data, err := readFile(path, maxIDsBytes)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(string(data), "\uFEFF") {
		return nil, errors.New("file starts with a byte order mark: save it as UTF-8 without one")
	}
	var ids []string
	for line := range strings.Lines(string(data)) {
		id := strings.TrimSpace(line)
		if id == "" {
			continue
		}
		if err := checkID(id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// checkTypedIDs refuses, beside what checkID does, the name of a file where
// an id belongs.
func checkTypedIDs(ids []string) error {
	for _, id := range ids {
		if err := checkID(id); err != nil {
			return err
		}
		if _, err := os.Stat(id); err == nil {
			return withHint(usagef("%s is a file, and the id of a licence is wanted", plain(id)),
				"--licence FILE names the licence in it; an id that is the name of a file too is given in a file of ids, --ids")
		}
	}
	return nil
}

// checkID refuses an id that somebody wrote and that is that of no licence, lest it
// stand on a list and revoke nothing. One that is as odd as these after all is
// taken from its licence.
func checkID(id string) error {
	switch {
	case strings.HasPrefix(id, "SHA256:"):
		return withHint(usagef("%s is the fingerprint of a key, and not the id of a licence", plain(id)), "--signing-key names a key")
	case !utf8.ValidString(id) || strings.TrimSpace(id) != id || strings.ContainsFunc(id, func(r rune) bool { return !unicode.IsGraphic(r) }):
		return withHint(usagef("the id %q has blanks around it, or characters that do not print: is it in UTF-8?", id), "--licence FILE takes the id from the licence")
	}
	return nil
}

// jsonList is what 'licseal revoke show --json' prints.
type jsonList struct {
	Generation  int64                `json:"generation"`
	Issued      string               `json:"issued"`
	NextUpdate  string               `json:"next_update"`
	Key         jsonKey              `json:"key"`
	Licenses    int                  `json:"licenses"`
	RevokedKeys []jsonRevokedKey     `json:"revoked_keys,omitempty"`
	IDs         map[string]jsonEntry `json:"ids,omitempty"`
}

type jsonEntry struct {
	Revoked bool   `json:"revoked"`
	Reason  string `json:"reason,omitempty"`
}

func showList(c *cli.Context) error {
	path, ids, err := listAndIDs(c)
	if err != nil {
		return err
	}
	if err := checkTypedIDs(ids); err != nil {
		return err
	}
	if err := checkStdin(append(c.StringSlice("t"), path)...); err != nil {
		return err
	}
	trusted, err := loadTrusted(c)
	if err != nil {
		return err
	}
	list, err := loadRevocations(path, trusted)
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return printJSON(c, newJSONList(list, ids))
	}
	return print(c, listText(displayName(path), list, ids))
}

func newJSONList(list *verify.RevocationList, ids []string) jsonList {
	says, key := list.Contents(), list.Key()
	j := jsonList{
		Generation: says.Generation, Issued: instant(says.Issued), NextUpdate: instant(says.NextUpdate),
		Key: *newJSONKey(key), Licenses: says.Licenses(),
	}
	for _, k := range says.Keys() {
		j.RevokedKeys = append(j.RevokedKeys, newJSONRevokedKey(k.ID, k.From, k.Reason))
	}
	for _, id := range ids {
		if j.IDs == nil {
			j.IDs = map[string]jsonEntry{}
		}
		reason, revoked := says.License(id)
		j.IDs[id] = jsonEntry{revoked, reason}
	}
	return j
}

func listText(name string, list *verify.RevocationList, ids []string) string {
	says, key := list.Contents(), list.Key()
	var b strings.Builder
	fmt.Fprintf(&b, "%s: generation %d, %s, signed by %s\n", name, says.Generation, counts(says), keyName(key.Name, licseal.KeyID(key.Key)))
	fmt.Fprintf(&b, "issued %s, next update by %s\n", instant(says.Issued), instant(says.NextUpdate))
	for _, k := range says.Keys() {
		fmt.Fprintf(&b, "signing key %s: revoked %s%s\n", k.ID, fromText(k.From), because(k.Reason))
	}
	for _, id := range ids {
		if reason, revoked := says.License(id); revoked {
			fmt.Fprintf(&b, "%s: revoked%s\n", plain(id), because(reason))
		} else {
			fmt.Fprintf(&b, "%s: not revoked\n", plain(id))
		}
	}
	return b.String()
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + plain(reason)
}
