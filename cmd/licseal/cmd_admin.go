package main

import (
	"github.com/licseal/licseal/admin"
	"github.com/urfave/cli/v2"
)

func adminCommand() *cli.Command {
	return &cli.Command{
		Name:      "admin",
		Usage:     "talk to an Admin API: see, push and look after its licences",
		UsageText: "licseal admin COMMAND --url URL [flags]",
		Description: `Speaks to the Admin API of a gateway, or of licseald. The token, where one is
needed, comes from --token-file or the variable KONG_ADMIN_TOKEN. Certificates are
always verified; --ca names an authority of your own.

  licseal admin push --url http://localhost:8001 -t vendor.key.pub licence.json
  licseal admin list --url http://localhost:8001

list, get ID, active       see what is stored, and which of it is active
push FILE                  make a licence the active one, with the fewest calls
add FILE                   store a licence (POST)
put ID FILE                store it under an id (PUT)
update ID FILE             put it in the place of another (PATCH)
delete ID                  remove a record
report [FILE]              usage, judged against the active licence, or FILE

Every write judges the licence first, as 'licseal check' does, and reads back
what it wrote.`,
		Flags: connectionFlags,
		Subcommands: []*cli.Command{
			adminListCommand(), adminGetCommand(), adminActiveCommand(), adminPushCommand(),
			adminAddCommand(), adminPutCommand(), adminUpdateCommand(), adminDeleteCommand(), adminReportCommand(),
		},
	}
}

// connectionFlags say how to reach an Admin API. They may stand before or behind
// the name of the subcommand.
var connectionFlags = []cli.Flag{
	&cli.StringFlag{Name: "url", Usage: "the `URL` of the Admin API, as http://localhost:8001", EnvVars: []string{"KONG_ADMIN_URL"}},
	&cli.StringFlag{Name: "workspace", Usage: "go by way of the workspace `NAME`"},
	&cli.StringFlag{Name: "token-file", Usage: "show the token in the first line of `FILE` (default: that of KONG_ADMIN_TOKEN)", TakesFile: true, Category: reads},
	&cli.StringFlag{Name: "ca", Usage: "believe certificates of the authorities in `FILE`, and of no others", TakesFile: true, Category: reads},
	&cli.StringFlag{Name: "cert", Usage: "show the client certificate in `FILE`", TakesFile: true, Category: reads},
	&cli.StringFlag{Name: "cert-key", Usage: "the client certificate's private key, in `FILE`", TakesFile: true, Category: reads},
	&cli.StringFlag{Name: "timeout", Value: "30s", Usage: "wait this `LENGTH` of time for each answer"},
}

// newAdminClient returns a client of the Admin API that --url names. Only what
// check accepts is written.
func newAdminClient(c *cli.Context, check admin.Check) (*admin.Client, error) {
	address := c.String("url")
	if address == "" {
		return nil, withHint(usagef("'licseal admin %s' needs the URL of an Admin API", c.Command.Name), "--url http://localhost:8001")
	}
	return connect(c, "url", address, check)
}

// adminFlags returns the flags of a subcommand.
func adminFlags(more ...cli.Flag) []cli.Flag { return append(more, connectionFlags...) }
