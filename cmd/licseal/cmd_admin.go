package main

import (
	"github.com/licseal/licseal/admin"
	"github.com/urfave/cli/v2"
)

func adminCommand() *cli.Command {
	return &cli.Command{
		Name:      "admin",
		Usage:     "list, push and manage the licences of an Admin API",
		UsageText: "licseal admin COMMAND --url URL [flags]",
		Description: `Opens a network connection to the Admin API of a gateway or of licseald. If it needs
a token, set --token-file or the variable KONG_ADMIN_TOKEN. Certificates are always
verified; --ca names your own CA.

  licseal admin push --url http://localhost:8001 -t vendor.key.pub licence.json
  licseal admin list --url http://localhost:8001

list, get ID, active       show what is stored, and which licence is active
push FILE                  make a licence the active one, with the fewest calls
add FILE                   store a licence (PUT, with a new id)
put ID FILE                store it under an id (PUT)
update ID FILE             replace a stored licence (PATCH)
delete ID                  delete a record
validate FILE              ask the server whether it would take a licence
report [FILE]              compare usage with the active licence, or FILE

Every write checks the licence first, as 'licseal check' does, and reads back what
it wrote.`,
		Flags: connectionFlags,
		Subcommands: []*cli.Command{
			adminListCommand(), adminGetCommand(), adminActiveCommand(), adminPushCommand(),
			adminAddCommand(), adminPutCommand(), adminUpdateCommand(), adminDeleteCommand(), adminValidateCommand(), adminReportCommand(),
		},
	}
}

// connectionFlags say how to reach an Admin API. They may be given before or after the
// name of the subcommand.
var connectionFlags = []cli.Flag{
	&cli.StringFlag{Name: "url", Usage: "`URL` of the Admin API, such as http://localhost:8001", EnvVars: []string{"KONG_ADMIN_URL"}},
	&cli.StringFlag{Name: "workspace", Usage: "use workspace `NAME`"},
	&cli.StringFlag{Name: "token-file", Usage: "send the bearer token in the first line of `FILE` (default: $KONG_ADMIN_TOKEN)", TakesFile: true, Category: reads},
	&cli.StringFlag{Name: "ca", Usage: "verify the server with the CA bundle in `FILE`", TakesFile: true, Category: reads},
	&cli.StringFlag{Name: "cert", Usage: "send the client certificate in `FILE`", TakesFile: true, Category: reads},
	&cli.StringFlag{Name: "cert-key", Usage: "private key of the client certificate, in `FILE`", TakesFile: true, Category: reads},
	&cli.StringFlag{Name: "timeout", Value: "30s", Usage: "wait at most `LENGTH` of time for each answer"},
}

// newAdminClient returns a client of the Admin API at --url. It writes only what check
// accepts.
func newAdminClient(c *cli.Context, check admin.Check) (*admin.Client, error) {
	address := c.String("url")
	if address == "" {
		return nil, withHint(usagef("'licseal admin %s' needs the URL of an Admin API", c.Command.Name), "--url http://localhost:8001")
	}
	return connect(c, "url", address, check)
}

// adminFlags returns the flags of a subcommand.
func adminFlags(more ...cli.Flag) []cli.Flag { return append(more, connectionFlags...) }
