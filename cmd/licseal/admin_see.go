package main

import (
	"errors"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/verify"
	"github.com/urfave/cli/v2"
)

func adminListCommand() *cli.Command {
	return &cli.Command{
		Name:      "list",
		Usage:     "list the stored licences, the active one first",
		UsageText: "licseal admin list --url URL [-t KEYS] [flags]",
		Description: `With -t each licence is verified; without it, the signatures are not checked, and
the output says so.

--json prints one JSON object a line: id, active, created_at, updated_at, state,
license_key, customer, not_after, payload. With -t, what a licence that is not
verified says of itself is left out.`,
		Flags:  adminFlags(trustFlag, schemaFlag, jsonFlag),
		Action: adminList,
	}
}

// row is a stored licence, as a list shows it.
type row struct {
	ID        string `json:"id"`
	Active    bool   `json:"active"`
	CreatedAt int64  `json:"created_at"`
	UpdatedAt int64  `json:"updated_at"`
	State     string `json:"state"`
	Key       string `json:"license_key,omitempty"`
	Customer  string `json:"customer,omitempty"`
	NotAfter  string `json:"not_after,omitempty"`
	Payload   string `json:"payload"`
}

func adminList(c *cli.Context) error {
	if err := noFiles(c); err != nil {
		return err
	}
	describe, err := newDescriber(c)
	if err != nil {
		return err
	}
	client, err := newAdminClient(c, nil)
	if err != nil {
		return err
	}
	records, err := client.List(c.Context)
	if err != nil {
		return adminError(err)
	}
	byTime(records)
	rows := make([]row, len(records))
	for i, record := range records {
		rows[i] = describe.row(record)
		rows[i].Active = i == 0
	}
	if c.Bool("json") {
		for _, r := range rows {
			if err := printJSON(c, r); err != nil {
				return err
			}
		}
		return nil
	}
	return show(c, rowsText(rows))
}

func rowsText(rows []row) text.Line {
	if len(rows) == 0 {
		return text.Sprintf("no licences are stored\n")
	}
	var table text.Table
	table.Row("", "ID", "UPDATED", "STATE", "KEY", "CUSTOMER", "EXPIRES")
	for _, r := range rows {
		mark := ""
		if r.Active {
			mark = "*"
		}
		table.Row(mark, r.ID, time.Unix(r.UpdatedAt, 0).UTC().Format(time.RFC3339),
			r.State, orDash(r.Key), orDash(r.Customer), orDash(r.NotAfter))
	}
	return table.Line()
}

// describer says what a stored payload is, verified or not.
type describer struct {
	trusted []licseal.TrustedKey // nil: nothing is verified
	roles   licseal.Roles
}

func newDescriber(c *cli.Context) (*describer, error) {
	rules, err := payloadSchema(c)
	if err != nil {
		return nil, err
	}
	d := &describer{roles: rules.Roles()}
	if c.IsSet("t") {
		d.trusted, err = loadTrusted(c)
	}
	return d, err
}

func (d *describer) row(record admin.Record) row {
	r := row{ID: record.ID, CreatedAt: record.CreatedAt, UpdatedAt: record.UpdatedAt, Payload: record.Payload}
	lic, state := d.read(record.Payload)
	r.State = state
	if lic == nil {
		return r
	}
	roles := d.roles.WithDefaults()
	r.Key, _ = lic.Payload.Text(roles.ID)
	r.Customer, _ = lic.Payload.Text(roles.Customer)
	if period, err := lic.Payload.Period(roles, nil); err == nil {
		r.NotAfter = instant(period.NotAfter)
	}
	return r
}

// read returns a licence, nil if it is not to be believed, and one word on it.
func (d *describer) read(payload string) (*licseal.License, string) {
	if d.trusted == nil {
		lic, err := licseal.ParseUnverified([]byte(payload))
		if err != nil {
			return nil, "not a licence"
		}
		return lic, "UNVERIFIED"
	}
	result, err := verify.License([]byte(payload), d.trusted, &verify.Options{Roles: d.roles})
	var refused *verify.RefusedError
	switch {
	case err == nil:
		return result.License, string(result.State)
	case errors.As(err, &refused):
		return refused.Result.License, string(fault.Of(err).Reason)
	}
	return nil, string(fault.Of(err).Reason)
}

func adminGetCommand() *cli.Command {
	return &cli.Command{
		Name:      "get",
		Usage:     "print a stored licence",
		UsageText: "licseal admin get ID --url URL [flags]", ArgsUsage: names,
		Description: "Prints the payload, byte for byte; --json prints the whole record.",
		Flags:       adminFlags(outputFlag, forceFlag, jsonFlag),
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return usagef("'licseal admin get' takes one id")
			}
			return printRecord(c, func(client *admin.Client) (admin.Record, error) { return client.Get(c.Context, c.Args().First()) })
		},
	}
}

func adminActiveCommand() *cli.Command {
	return &cli.Command{
		Name:      "active",
		Usage:     "print the active licence: the one with the newest updated_at",
		UsageText: "licseal admin active --url URL [flags]",
		Description: `Prints the payload, byte for byte; --json prints the whole record. A licence from
the gateway's environment or file wins over any of these, and is not seen here.

  licseal admin active --url http://localhost:8001 | licseal verify -t vendor.key.pub`,
		Flags: adminFlags(outputFlag, forceFlag, jsonFlag),
		Action: func(c *cli.Context) error {
			if err := noFiles(c); err != nil {
				return err
			}
			return printRecord(c, func(client *admin.Client) (admin.Record, error) { return client.Active(c.Context) })
		},
	}
}

func printRecord(c *cli.Context, get func(*admin.Client) (admin.Record, error)) error {
	client, err := newAdminClient(c, nil)
	if err != nil {
		return err
	}
	record, err := get(client)
	if err != nil {
		return adminError(err)
	}
	if c.Bool("json") {
		return printJSON(c, record)
	}
	return writeResult(c, record.Payload)
}

func noFiles(c *cli.Context) error {
	if c.NArg() > 0 {
		return usagef("'licseal admin %s' takes no arguments", c.Command.Name)
	}
	return nil
}
