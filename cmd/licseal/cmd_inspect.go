package main

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/internal/verdict"
	"github.com/licseal/licseal/schema"
	"github.com/urfave/cli/v2"
)

func inspectCommand() *cli.Command {
	return &cli.Command{
		Name:      "inspect",
		Usage:     "show a licence without trusting it",
		UsageText: "licseal inspect [flags] [FILE…]",
		Description: `Prints the fields of a licence, and its dates as instants. The signature is not
checked: anyone may have written what is shown. Without --schema, the dates of a
licence that is not Kong's are found by the names of its fields. --json prints one object with the
members verified (always false), payload, signature, version, not_before,
not_after, days_left and, if the dates cannot be read, error. Of several files, each
begins with its name, and --json prints an object a line, with the member file.`,
		Flags:  []cli.Flag{schemaFlag, jsonFlag},
		Action: inspect,
	}
}

// inspection is what 'licseal inspect --json' prints.
type inspection struct {
	File      string          `json:"file,omitempty"` // if there are several
	Verified  bool            `json:"verified"`       // always false
	Payload   json.RawMessage `json:"payload"`
	Signature string          `json:"signature"`
	Version   json.RawMessage `json:"version"`
	NotBefore string          `json:"not_before,omitempty"`
	NotAfter  string          `json:"not_after,omitempty"`
	DaysLeft  *int            `json:"days_left,omitempty"`
	Error     string          `json:"error,omitempty"`
}

func inspect(c *cli.Context) error {
	files := c.Args().Slice()
	if len(files) == 0 {
		files = []string{"-"}
	}
	if err := checkStdin(files...); err != nil {
		return err
	}
	rules, err := payloadSchema(c)
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := inspectFile(c, rules, file, len(files) > 1); err != nil {
			return err
		}
	}
	return nil
}

// inspectFile shows one licence, with the name of its file if there are several.
func inspectFile(c *cli.Context, rules *schema.Schema, file string, named bool) error {
	lic, err := readLicense(file)
	if err != nil {
		return err
	}
	d := datesOf(c, rules, lic.Payload)
	if c.Bool("json") {
		in := newInspection(lic, d)
		if named {
			in.File = displayName(file)
		}
		return printJSON(c, in)
	}
	if named {
		if err := say(c, "%s:", displayName(file)); err != nil {
			return err
		}
	}
	switch meant := rules.Instead(lic.Payload); {
	case d.err == nil && !d.named:
	case meant != nil:
		defer hint("the payload looks like the schema %s: --schema %s", meant.Name(), meant.Name())
	case d.err != nil && d.named:
		defer hint("%s", nameSchema)
	}
	return show(c, inspectText(lic, d, now()))
}

// dates are those of a licence, and which fields they are.
type dates struct {
	licseal.Period
	err   error // why they cannot be read
	roles licseal.Roles
	named bool // they were looked for by the names of the fields
}

var errNoDates = errors.New("no fields have names that say when it begins and when it expires")

func datesOf(c *cli.Context, rules *schema.Schema, p licseal.Payload) (d dates) {
	d.roles, d.named = rules.Roles(), !c.IsSet("schema") && !isKongs(p)
	if d.named {
		d.roles = schema.Unnamed{}.RolesOf(p)
	}
	if d.named && d.roles == rules.Roles() {
		d.err = errNoDates
		return d
	}
	d.Period, d.err = p.Period(d.roles, nil)
	return d
}

func newInspection(lic *licseal.License, d dates) inspection {
	in := inspection{
		Payload:   lic.Payload.Bytes(),
		Signature: lic.Signature,
		Version:   json.RawMessage(lic.Version.String()),
	}
	if d.err != nil {
		in.Error = d.err.Error()
		return in
	}
	days := wholeDays(d.NotAfter, now())
	in.NotBefore, in.NotAfter, in.DaysLeft = instant(d.NotBefore), instant(d.NotAfter), &days
	return in
}

func inspectText(lic *licseal.License, d dates, now time.Time) text.Line {
	var b text.Block
	b.Printf("UNVERIFIED: the signature was not checked\n")
	var table text.Table
	for name, value := range edit.Members(lic.Payload.Bytes()) {
		table.Row(name, value)
	}
	table.Row("signature", lic.Signature[:16]+"…")
	table.Row("version", lic.Version)
	b.Add(table.Line())
	if d.err != nil {
		b.Printf("dates: %v\n", d.err)
		return b.Line()
	}
	b.Printf("valid from %s until, and not including, %s: %s\n",
		instant(d.NotBefore), instant(d.NotAfter), verdict.PeriodState(d.Period, now))
	if d.named {
		b.Printf("the dates are %s and %s, found by their names\n", d.roles.NotBefore, d.roles.NotAfter)
	}
	return b.Line()
}
