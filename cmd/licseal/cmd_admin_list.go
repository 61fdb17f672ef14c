package main

import (
	"github.com/licseal/licseal/internal/adminview"
	"github.com/licseal/licseal/verify"
	"github.com/urfave/cli/v2"
)

func adminListCommand() *cli.Command {
	return &cli.Command{
		Name:      "list",
		Usage:     "list the stored licences, the active one first",
		UsageText: "licseal admin list --url URL [-t KEYS] [flags]",
		Description: `With -t, each licence is verified; otherwise the signatures are not checked, and the
output says so.

--json prints one JSON object a line: id, active, created_at, updated_at, state,
license_key, customer, not_after, payload. With -t, the fields of a licence that
is not verified are left out.`,
		Flags:  adminFlags(trustFlag, schemaFlag, jsonFlag),
		Action: adminList,
	}
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
	rows := describe.Rows(records)
	if !c.Bool("json") {
		return show(c, adminview.Table(rows))
	}
	for _, r := range rows {
		if err := printJSON(c, r); err != nil {
			return err
		}
	}
	return nil
}

// newDescriber returns what describes stored licences: with -t, only verified ones.
func newDescriber(c *cli.Context) (*adminview.Describer, error) {
	rules, err := payloadSchema(c)
	if err != nil {
		return nil, err
	}
	d := &adminview.Describer{Roles: rules.Roles()}
	if c.IsSet("t") {
		trusted, err := loadTrusted(c)
		if err != nil {
			return nil, err
		}
		d.Verifier, err = verify.New(trusted, &verify.Options{Roles: d.Roles, Clock: now})
		return d, err
	}
	return d, nil
}
