package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/licseal/licseal/internal/buildinfo"
	"github.com/licseal/licseal/internal/clihelp"
	"github.com/licseal/licseal/internal/completion"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/schema"
	"github.com/urfave/cli/v2"
)

// usagef returns an error about a wrong command line.
func usagef(format string, args ...any) error { return fault.Usage(format, args...) }

// run runs one command line and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	app := newApp(stdout, stderr)
	if completed(app).Write(stdout, args) {
		return 0
	}
	err := app.RunContext(ctx, args)
	switch {
	case err == nil:
		return 0
	case fault.Of(err).Reason == fault.ReasonUsage:
		return fault.Write(stderr, fault.WithHint(err, "'licseald --help' lists the flags"), false)
	}
	// What is wrong with a file is no verdict on a licence.
	return fault.Write(stderr, fault.Because(fault.ReasonFailed, err), false)
}

func newApp(stdout, stderr io.Writer) *cli.App {
	app := &cli.App{
		Name:                      "licseald",
		Usage:                     "serve the Admin API for licences",
		UsageText:                 "licseald --trust KEYS [flags]",
		Version:                   buildinfo.Version(),
		Writer:                    stdout,
		ErrWriter:                 stderr,
		DisableSliceFlagSeparator: true,
		HideHelpCommand:           true,
		CustomAppHelpTemplate:     appHelp,
		ExitErrHandler:            func(*cli.Context, error) {}, // run prints errors
		OnUsageError:              onUsageError,
		Flags:                     serveFlags(),
		Before:                    noFlagsBeforeCommand,
		Action:                    serveCommand,
		Commands:                  []*cli.Command{backupCommand(), restoreCommand(), migrateCommand(), historyCommand(), clockCommand(), completion.Command("licseald"), versionCommand()},
	}
	clihelp.Use()
	for _, command := range app.Commands {
		command.OnUsageError = onUsageError
		command.HideHelpCommand = true
		command.CustomHelpTemplate = clihelp.Command
	}
	return app
}

func onUsageError(_ *cli.Context, err error, _ bool) error { return usagef("%v", err) }

// noArguments refuses arguments, and flags with an empty value. urfave/cli would drop an
// argument and the flags after it.
func noArguments(c *cli.Context) error {
	if c.NArg() > 0 {
		return usagef("unexpected argument %q", c.Args().First())
	}
	return noEmptyFlags(c)
}

// noEmptyFlags refuses flags with an empty value.
func noEmptyFlags(c *cli.Context) error {
	for _, flag := range c.Command.Flags { // such as --trust "$UNSET"
		empty := false
		switch name := flag.Names()[0]; flag.(type) {
		case *cli.StringFlag:
			empty = c.IsSet(name) && c.String(name) == ""
		case *cli.StringSliceFlag:
			empty = slices.Contains(c.StringSlice(name), "")
		}
		if empty {
			return usagef("--%s needs a value", flag.Names()[0])
		}
	}
	return nil
}

// noFlagsBeforeCommand refuses flags before the name of a command. They belong to the
// server, and the command would ignore them.
func noFlagsBeforeCommand(c *cli.Context) error {
	if name := c.Args().First(); c.NumFlags() > 0 && c.App.Command(name) != nil {
		return usagef("put the flags of '%s' after it: licseald %s --flag …", name, name)
	}
	return nil
}

// completed returns what shells can complete.
func completed(app *cli.App) *completion.Program {
	return &completion.Program{App: app, Values: func(flag string) []string {
		switch flag {
		case "schema":
			return schema.Payloads()
		case "log-format":
			return []string{"text", "json"}
		}
		return nil
	}}
}

func schemaFlag() cli.Flag {
	return &cli.StringFlag{Name: "schema", Value: "kong", Usage: "built-in schema of the licences, or a schema `FILE`", TakesFile: true}
}

// storeVariable is the environment variable for --store.
const storeVariable = "LICSEALD_STORE"

func storeFlag() cli.Flag {
	return &cli.StringFlag{
		Name: "store", Value: "sqlite:licseald.db", EnvVars: []string{storeVariable},
		Usage:  "`STORE` of the records: sqlite:FILE or postgres://USER@HOST/DATABASE, with the password in PGPASSWORD or ~/.pgpass",
		Action: warnOfPassword,
	}
}

func versionCommand() *cli.Command {
	return &cli.Command{
		Name:      "version",
		Usage:     "print the version, and what the program was built from",
		UsageText: "licseald version [--json]",
		Flags:     []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "print JSON, for programs"}},
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			info := buildinfo.Of("licseald")
			if c.Bool("json") {
				_, err := fmt.Fprintln(c.App.Writer, info.JSON())
				return err
			}
			if notRelease := info.Hint(); notRelease != "" {
				fmt.Fprintln(c.App.ErrWriter, "hint:", notRelease)
			}
			_, err := fmt.Fprintln(c.App.Writer, info.Lines())
			return err
		},
	}
}

var appHelp = strings.TrimLeft(`
{{.Name}}: {{.Usage}}

usage: {{.UsageText}}
       licseald --ephemeral --trust KEYS
       licseald backup | restore | migrate | history [flags]

  licseald --trust vendor.key.pub --store sqlite:licences.db

serves the licence routes of Kong Gateway's Admin API (/licenses, /licenses/ID,
/license/report, /), and /status and /metrics. With --license-dir and
--entitlement-token-file it also serves /api/v1/license, for a product with
entitlements and limits. When it is ready, it prints its address.

{{range .VisibleFlags}}{{.}}
{{end}}
SIGTERM and SIGINT stop the server once the requests in progress are answered.
SIGHUP makes it read its files again; it also notices changes by itself.
`, "\n")
