package main

import (
	"github.com/licseal/licseal"
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
output says so. --revocations shows which are revoked.

--json prints one JSON object a line: id, active, created_at, updated_at, state,
license_key, customer, not_after, payload. With -t, the fields of a licence that
is not verified are left out.`,
		Flags:  adminFlags(trustFlag, revocationsFlag, maxListAgeFlag, schemaFlag, jsonFlag),
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
		d.Verifier, err = listVerifier(c, trusted, d.Roles)
		return d, err
	}
	if c.IsSet("revocations") {
		return nil, usagef("--revocations requires -t: it judges who signed")
	}
	return d, nil
}

// listVerifier returns what judges the licences of a list.
func listVerifier(c *cli.Context, trusted []licseal.TrustedKey, roles licseal.Roles) (*verify.Verifier, error) {
	options := verify.Options{Roles: roles, Clock: now}
	var err error
	if options.MaxListAge, err = lengthFlag(c, "max-list-age"); err != nil {
		return nil, err
	}
	switch path := c.String("revocations"); {
	case path != "":
		if options.Revocations, err = loadRevocations(path, trusted); err != nil {
			return nil, err
		}
	case c.IsSet("max-list-age"):
		return nil, usagef("--max-list-age requires --revocations FILE")
	}
	return verify.New(trusted, &options)
}
