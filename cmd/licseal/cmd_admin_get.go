package main

import (
	"github.com/licseal/licseal/admin"
	"github.com/urfave/cli/v2"
)

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
		Usage:     "print the licence with the newest updated_at",
		UsageText: "licseal admin active --url URL [flags]",
		Description: `Prints the payload, byte for byte; --json prints the whole record. A licence from
the gateway's environment or file takes precedence, and is not shown here.

  licseal admin active --url http://localhost:8001 |
    licseal verify -t vendor.key.pub`,
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
		return usagef("'%s' takes no arguments", c.Command.HelpName)
	}
	return nil
}
