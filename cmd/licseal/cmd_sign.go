package main

import (
	"cmp"
	"errors"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/register"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/sign"
	"github.com/urfave/cli/v2"
)

func signCommand() *cli.Command {
	return &cli.Command{
		Name:      "sign",
		Usage:     "sign a payload: make a licence",
		UsageText: "licseal sign -k KEY [flags] [PAYLOAD]\n       licseal sign -k KEY --batch [flags] [FILE]",
		Description: `Reads a payload, an object of fields, from the file PAYLOAD or from standard
input. With --from or --set, standard input is read only if PAYLOAD is '-'.
Changes the fields that --set, --unset, --created and --expires name, checks the
payload against its schema, signs it, and prints the licence in canonical form:
the string that the Admin API expects.

  licseal sign -k vendor.key --set customer='Example Company, Inc' \
    --from defaults.json --expires +1y -o licence.json

--set NAME=VALUE sets a string, or a value of the type that the schema or the
field has, such as a number. NAME:=VALUE sets any JSON value. NAME may be
a JSON Pointer: /limits/seats. --unset NAME removes a field before others are set,
and does nothing if the payload has no such field. A payload made with --from, --set,
--plan or --expires gets today's creation date if it has none, and with --schema
entitlement a new id and key too. --plan takes fields and an expiry from the
profile, which 'licseal plans' lists; --unset and --set change them further.

An expiry counts from the creation date if it is written as +1y, +6mo, +2w, +90d,
+12h or several of them, +1y6mo. Years and months keep the day of the month, or
lead to the last day of a shorter month. @month-end is the last day of the
month, also in +1y@month-end. Days are those of UTC. A licence that expires
within a day of its creation needs --allow-short-term.

--batch signs one licence a row, and prints them as NDJSON, in the order of the
rows. FILE, or standard input, has NDJSON payloads, or a table as spreadsheets
export it. Its header names the fields as --set does, in any case and with blanks or underscores, and
'seats:' a column of JSON values; --map names the others. Empty cells set nothing.
Numbers, dates and truth values become what the schema expects. The delimiter, the
encoding and the order of dates are found out; if there are two ways to read the
file, nothing is signed, and the error names the flag that decides. --dry-run
shows what would be signed.

Fields that a row lacks come from --from and --set; --created and --expires set
the dates of all rows. With --schema entitlement, a table that has no column for the
id or the key gets random ones, except with --out-dir. Rows that fail, or have the id of an earlier row, are
written to --rejects, which can be corrected and signed with --batch; the others are
signed, and the exit code is the worst of all rows. With -o, the file gets its
name when it is complete; --resume continues an interrupted run without signing a
row twice or skipping one.

  licseal sign -k vendor.key --batch customers.csv --from defaults.json \
    --expires +1y --rejects rejects.ndjson -o licences.ndjson`,
		Flags: append([]cli.Flag{
			keyFlag,
			passphraseFileFlag,
			&cli.StringFlag{Name: "from", Usage: "start from the payload, or the licence, in the file `TEMPLATE`", TakesFile: true, Category: reads},
			&cli.StringSliceFlag{Name: "set", KeepSpace: true, Usage: "set a field: `NAME=VALUE` (repeatable)"},
			unsetFlag,
			&cli.StringFlag{Name: "plan", Usage: "set the fields and the expiry of the plan `NAME` in the profile"},
			&cli.StringFlag{Name: "created", Usage: "creation `DATE`: 2026-01-31, an RFC 3339 time, or today"},
			expiresFlag,
			schemaFlag, strictFlag,
			oddIDFlag,
			shortTermFlag,
			registerFlag, replaceFlag,
			outputFlag,
			forceFlag,
		}, batchSignFlags...),
		Action: signPayload,
	}
}

var unsetFlag = &cli.StringSliceFlag{Name: "unset", KeepSpace: true, Usage: "remove a field: `NAME` (repeatable)"}

// oddIDFlag accepts an id that 'licseal revoke add' refuses.
var oddIDFlag = &cli.BoolFlag{Name: "allow-odd-id", Usage: "accept an id that nobody could type to revoke the licence"}

// shortTermFlag accepts an expiry that is probably a mistake, such as +1d for +1y.
var shortTermFlag = &cli.BoolFlag{Name: "allow-short-term", Usage: "accept an expiry within a day of the creation"}

var expiresFlag = &cli.StringFlag{Name: "expires", Usage: "expiration `DATE`: 2027-12-31, an RFC 3339 time, +1y, +6mo, +90d or @month-end"}

func signPayload(c *cli.Context) error {
	if c.String("k") == "" && !c.Bool("dry-run") {
		return withHint(usagef("'licseal sign' needs a private key"), "licseal sign -k vendor.key PAYLOAD; 'licseal keygen' makes one")
	}
	if c.Bool("batch") {
		return signBatch(c)
	}
	if err := onlyWithBatch(c); err != nil {
		return err
	}
	rules, err := payloadSchema(c)
	if err != nil {
		return err
	}
	if err := checkStdin(payloadFile(c), c.String("k"), c.String("passphrase-file")); err != nil {
		return err
	}
	plan, err := readPlan(c)
	if err != nil {
		return err
	}
	plan.Complete = isBuilt(c)
	payload, name, err := readPayload(c)
	if err == nil {
		payload, err = applyPlan(c, payload)
	}
	if err == nil {
		payload, err = carryOut(c, plan, payload, rules)
	}
	if err != nil {
		return about(name, err)
	}
	return issue(c, payload, register.Addition{Kind: register.Issued, Roles: rules.Roles()}, nil)
}

// issue signs a payload with the key of -k, records the licence, and writes it. check,
// which may be nil, looks at the licence before it is recorded.
func issue(c *cli.Context, p licseal.Payload, a register.Addition, check func(*licseal.License)) error {
	key, err := loadPrivate(c, c.String("k"))
	if err != nil {
		return err
	}
	if a.License, err = sign.License(p, key); err != nil {
		return err
	}
	if check != nil {
		check(a.License)
	}
	a.Key = licseal.KeyID(key.Public())
	if err := record(c, a); err != nil {
		return err
	}
	return recordedHint(c, p, a.Roles, writeResult(c, a.License.String()))
}

// readPlan returns what --set, --unset, --created, --expires and --extend ask for, and the expiry of --plan.
func readPlan(c *cli.Context) (edit.Plan, error) {
	plan, err := settingsOf(c).plan(c.String("plan"))
	if err != nil {
		return edit.Plan{}, err
	}
	changes, err := edit.ParseChanges(c.StringSlice("unset"), c.StringSlice("set"))
	dates := edit.Dates{Created: c.String("created"), Expires: cmp.Or(c.String("expires"), plan.Expires), DefaultExpires: settingsOf(c).expiry(), Extend: c.String("extend"), Now: now()}
	return edit.Plan{Changes: changes, Dates: dates}, editUsage(err)
}

// applyPlan returns the payload with the fields of --plan, which --set may change further.
func applyPlan(c *cli.Context, p licseal.Payload) (licseal.Payload, error) {
	plan, err := settingsOf(c).plan(c.String("plan"))
	if err != nil {
		return p, err
	}
	p, err = edit.Apply(p, plan.Fields)
	return p, editUsage(err)
}

// carryOut returns the payload that a plan makes of p, ready to be signed. It warns
// of texts and dates that were probably not meant.
func carryOut(c *cli.Context, plan edit.Plan, p licseal.Payload, rules *schema.Schema) (licseal.Payload, error) {
	p, err := plan.Apply(p, rules)
	if err != nil {
		return p, editUsage(err)
	}
	period, err := edit.Check(p, rules, &edit.CheckOptions{AllowOddID: c.Bool("allow-odd-id"), AllowShortTerm: c.Bool("allow-short-term")})
	if errors.As(err, new(*edit.ShortTermError)) {
		return p, withHint(err, "--allow-short-term signs it all the same; a year is +1y, a month is +1mo")
	}
	if errors.As(err, new(*licseal.IDError)) {
		return p, withHint(err, "--allow-odd-id signs it all the same; 'licseal revoke add --licence FILE' can revoke it")
	}
	if err != nil {
		return p, hintSchema(err, rules, p)
	}
	for _, doubt := range edit.Warnings(p, rules.Roles()) {
		warn("%s", doubt)
	}
	switch edit.Doubts(period, now()) {
	case edit.NeverValid:
		warn("the licence expires at its creation, %s: it is never valid", instant(period.NotAfter))
	case edit.AlreadyExpired:
		warn("the licence has already expired, at %s", instant(period.NotAfter))
	}
	return p, nil
}

// editUsage returns an error of package edit as one of the flag that caused it.
func editUsage(err error) error {
	if e := (*edit.Error)(nil); errors.As(err, &e) {
		return usagef("--%v", e)
	}
	return err
}

// isBuilt reports whether the payload is made with flags, so that it is completed. A
// payload that is given complete is signed as it is, or refused.
func isBuilt(c *cli.Context) bool {
	return c.IsSet("from") || c.IsSet("set") || c.IsSet("expires") || c.IsSet("plan")
}

// readPayload reads the payload to start from. name is what messages call it.
func readPayload(c *cli.Context) (p licseal.Payload, name string, err error) {
	file := payloadFile(c)
	switch {
	case c.IsSet("from") && c.NArg() > 0:
		return p, "", usagef("--from and a payload file are mutually exclusive")
	case c.NArg() > 1:
		return p, "", usagef("'licseal sign' takes one file, not %d", c.NArg())
	case file == "":
		return p, "payload", nil
	}
	name = displayName(file)
	data, err := readDocument(file, aPayload)
	if err != nil {
		return p, name, err
	}
	if c.IsSet("from") {
		p, err = edit.ParseTemplate(data)
		return p, name, err
	}
	if p, err = licseal.ParsePayload(data); err != nil {
		return p, name, err
	}
	return p, name, withHint(edit.CheckPayload(p), "to sign its payload again: --from FILE")
}

// payloadFile returns the file to read: "-" for standard input, "" if the payload is made
// with --set alone.
func payloadFile(c *cli.Context) string {
	switch {
	case c.IsSet("from"):
		return c.String("from")
	case c.NArg() > 0:
		return c.Args().First()
	case c.IsSet("set"), c.IsSet("plan"):
		return ""
	}
	return "-"
}
