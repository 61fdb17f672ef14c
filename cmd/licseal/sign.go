package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/sign"
	"github.com/urfave/cli/v2"
)

var schemaFlag = &cli.StringFlag{
	Name: "schema", Value: "kong", Usage: "what the payload must look like: the name of a built-in schema, or a `FILE`",
}

func signCommand() *cli.Command {
	return &cli.Command{
		Name:      "sign",
		Usage:     "sign a payload: make a licence",
		UsageText: "licseal sign -k KEY [flags] [PAYLOAD]\n       licseal sign -k KEY --batch FILE [flags]",
		Description: `Reads a payload, an object of fields, from the file PAYLOAD or from standard
input; or builds one from --from and --set alone, and then reads standard input only
if PAYLOAD is '-'. Changes the fields that --set, --created and --expires name, checks
the payload against its schema, signs it, and prints the licence in canonical form:
the string that the Admin API takes.

  licseal sign -k vendor.key --set customer='Example Company, Inc' \
    --from defaults.json --expires +365d -o licence.json

--set NAME=VALUE sets a string, or what the field is already: where the template
holds a number there, VALUE must be one too. NAME:=VALUE sets any JSON value.
NAME may be a JSON Pointer: /limits/seats. A payload put together by these flags
gets today's creation date if it has none, and with --schema entitlement a new id
and key as well. An expiry of +365d counts from the creation date.

--batch signs many at once, a row each, and prints them as NDJSON: one a line, in
the order of the rows. The header of a CSV names fields as --set does, 'seats:' for a
column of JSON values; an empty cell sets nothing. Fields that a row lacks come from
--from and --set; --created and --expires set the dates of all. Rows that fail, or
whose id an earlier row has, go to --rejects and stop no other; the exit code is then
the worst of theirs. With -o, the file has its name once it is whole, and --resume
continues after an interruption, without signing a row twice or leaving one out.

  licseal sign -k vendor.key --batch customers.csv --from defaults.json \
    --expires +365d --rejects rejects.ndjson -o licences.ndjson`,
		Flags: append([]cli.Flag{
			keyFlag,
			passphraseFileFlag,
			&cli.StringFlag{Name: "from", Usage: "start from the payload, or the licence, in the file `TEMPLATE`", TakesFile: true},
			&cli.StringSliceFlag{Name: "set", Usage: "set a field: `NAME=VALUE` (repeatable)"},
			&cli.StringFlag{Name: "created", Usage: "set the creation `DATE`: 2026-01-31, an RFC 3339 time, or today"},
			&cli.StringFlag{Name: "expires", Usage: "set the expiration `DATE`: 2027-12-31, an RFC 3339 time, or +365d"},
			schemaFlag,
			outputFlag,
			forceFlag,
		}, batchSignFlags...),
		Action: signPayload,
	}
}

func signPayload(c *cli.Context) error {
	if c.String("k") == "" {
		return withHint(usagef("'licseal sign' needs a private key"), "licseal sign -k vendor.key PAYLOAD; 'licseal keygen' makes one")
	}
	if c.IsSet("batch") {
		return signBatch(c)
	}
	if err := onlyWithBatch(c); err != nil {
		return err
	}
	rules, err := loadSchema(c.String("schema"))
	if err != nil {
		return err
	}
	if err := checkStdin(payloadFile(c), c.String("k"), c.String("passphrase-file")); err != nil {
		return err
	}
	payload, err := buildPayload(c, rules)
	if err != nil {
		return err
	}
	key, err := loadPrivate(c, c.String("k"))
	if err != nil {
		return err
	}
	lic, err := sign.License(payload, key)
	if err != nil {
		return err
	}
	return writeResult(c, lic.String())
}

// checkPayload refuses a payload that must not be signed, and warns of one that
// was hardly meant.
func checkPayload(p licseal.Payload, rules *schema.Schema) error {
	if err := rules.Validate(p); err != nil {
		return err
	}
	period, err := p.Period(rules.Roles(), nil)
	if err != nil {
		return err
	}
	switch {
	case !period.NotBefore.Before(period.NotAfter):
		warn("the licence expires at its creation, %s: it is never valid", period.NotAfter.Format(time.RFC3339))
	case !time.Now().Before(period.NotAfter):
		warn("the licence has expired already, at %s", period.NotAfter.Format(time.RFC3339))
	}
	return nil
}

// buildPayload reads the payload, applies the flags and checks what comes out.
func buildPayload(c *cli.Context, rules *schema.Schema) (licseal.Payload, error) {
	read, name, err := readPayload(c)
	if err != nil {
		return licseal.Payload{}, about(name, err)
	}
	p, err := changePayload(c, read, rules.Roles())
	if err == nil && rules == schema.Entitlement() && isBuilt(c) {
		p, err = completeEntitlement(p)
	}
	if err == nil {
		err = checkPayload(p, rules)
	}
	if !p.Equal(read) {
		err = unplaced(err)
	}
	return p, about(name, hintSchema(err, rules, p))
}

func changePayload(c *cli.Context, p licseal.Payload, roles licseal.Roles) (licseal.Payload, error) {
	changes, err := parseChanges(c.StringSlice("set"))
	if err != nil {
		return p, err
	}
	p, err = applyChanges(p, changes)
	if err != nil {
		return p, err
	}
	return applyDates(p, roles, createdFlag(c, p, roles), c.String("expires"))
}

// unplaced takes line and column out of the faults of a payload that flags have
// changed: they would point into a text that nobody has seen.
func unplaced(err error) error {
	var schemaErr *schema.Error
	var date *licseal.DateError
	switch {
	case errors.As(err, &schemaErr):
		var faults []error
		for _, v := range schemaErr.Violations {
			faults = append(faults, fmt.Errorf("%s: %s", plain(v.Pointer), v.Message))
		}
		return &failure{code: exitSchema, err: errors.Join(faults...)}
	case errors.As(err, &date):
		return &failure{code: exitSchema, err: fmt.Errorf("%s: %s", plain(date.Pointer), date.Detail)}
	}
	return err
}

// createdFlag returns --created, or "today" for a payload that is being put
// together and has no creation date. A payload that is given whole is signed as
// it is, or refused.
func createdFlag(c *cli.Context, p licseal.Payload, roles licseal.Roles) string {
	_, exists := p.Field(roles.WithDefaults().NotBefore)
	if c.String("created") == "" && isBuilt(c) && !exists {
		return "today"
	}
	return c.String("created")
}

// isBuilt reports whether flags put the payload together.
func isBuilt(c *cli.Context) bool { return c.IsSet("from") || c.IsSet("set") || c.IsSet("expires") }

// readPayload reads the payload to start from, and says what messages call it.
func readPayload(c *cli.Context) (p licseal.Payload, name string, err error) {
	file := payloadFile(c)
	switch {
	case c.IsSet("from") && c.NArg() > 0:
		return p, "", usagef("--from and a payload file are two payloads; give one")
	case c.NArg() > 1:
		return p, "", usagef("'licseal sign' takes one file, not %d", c.NArg())
	case file == "":
		return p, "payload", nil
	}
	name = displayName(file)
	data, err := readDocument(file)
	if err != nil {
		return p, name, err
	}
	if c.IsSet("from") {
		p, err = parseEither(data)
		return p, name, err
	}
	p, err = licseal.ParsePayload(data)
	if _, isLicense := p.Field("/license/payload"); isLicense {
		err = withHint(errors.New("this is a licence; 'licseal sign' signs a payload"), "give it with --from to sign its payload anew")
	}
	return p, name, err
}

// payloadFile returns the file to read, "-" for standard input, or "" where
// --set alone makes the payload.
func payloadFile(c *cli.Context) string {
	switch {
	case c.IsSet("from"):
		return c.String("from")
	case c.NArg() > 0:
		return c.Args().First()
	case c.IsSet("set"):
		return ""
	}
	return "-"
}

// loadSchema returns the schema of a payload: a built-in one, or the vendor's own
// in a file.
func loadSchema(nameOrFile string) (*schema.Schema, error) {
	rules, err := loadAnySchema(nameOrFile)
	if err == nil && !isOfPayload(rules) {
		return nil, usagef("the schema %s is not of a payload; there are %s, or a schema file", nameOrFile, strings.Join(payloadSchemas(), " and "))
	}
	return rules, err
}

// payloadSchemas returns the names of the built-in schemas of payloads.
func payloadSchemas() []string { return []string{schema.Kong().Name(), schema.Entitlement().Name()} }

// isOfPayload reports whether a schema is one of payloads: any that is not built
// in is.
func isOfPayload(rules *schema.Schema) bool {
	builtin, err := schema.Builtin(rules.Name())
	return err != nil || builtin != rules || slices.Contains(payloadSchemas(), rules.Name())
}

// loadAnySchema returns a built-in schema, be it of payloads or of documents, or
// the vendor's own in a file.
func loadAnySchema(nameOrFile string) (*schema.Schema, error) {
	builtin, nameErr := schema.Builtin(nameOrFile)
	if nameErr == nil {
		return builtin, nil
	}
	s, err := schema.Load(nameOrFile)
	if _, statErr := os.Stat(nameOrFile); errors.Is(statErr, os.ErrNotExist) { // not a file that it refers to
		return nil, usagef("there is no schema file %s, and %v", nameOrFile, nameErr)
	}
	return s, err
}
