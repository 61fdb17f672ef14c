package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// Exit codes, as licseal has them.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// usageError is a command line that makes no sense.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// run runs one command line and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	err := newApp(stdout, stderr).RunContext(ctx, args)
	var usage *usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "usage: %v\nhint: 'licseald --help' lists the flags\n", err)
		return exitUsage
	}
	fmt.Fprintf(stderr, "error: %s\n", strings.Join(strings.Fields(err.Error()), " ")) // one line
	return exitFailed
}

func newApp(stdout, stderr io.Writer) *cli.App {
	app := &cli.App{
		Name:                      "licseald",
		Usage:                     "serve the Admin API for licences",
		UsageText:                 "licseald --trust KEYS [flags]",
		Version:                   version(),
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
		Commands:                  []*cli.Command{historyCommand(), versionCommand()},
	}
	plainBools(app.Flags)
	for _, command := range app.Commands {
		plainBools(command.Flags)
		command.OnUsageError = onUsageError
		command.HideHelpCommand = true
		command.CustomHelpTemplate = commandHelp
	}
	return app
}

// plainBools leaves "(default: false)" out of help texts: it says nothing.
func plainBools(flags []cli.Flag) {
	for _, flag := range flags {
		if b, ok := flag.(*cli.BoolFlag); ok {
			b.DisableDefaultText = true
		}
	}
}

func onUsageError(_ *cli.Context, err error, _ bool) error { return usagef("%v", err) }

// noArguments refuses what stands behind the flags: urfave/cli would drop it, and
// a flag behind it.
func noArguments(c *cli.Context) error {
	if c.NArg() > 0 {
		return usagef("%q is none of the flags", c.Args().First())
	}
	for _, flag := range c.Command.Flags { // --trust "$UNSET" would be no --trust
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

// noFlagsBeforeCommand refuses flags before the name of a command: they are those of
// the server, and the command would go without them.
func noFlagsBeforeCommand(c *cli.Context) error {
	if name := c.Args().First(); c.NumFlags() > 0 && c.App.Command(name) != nil {
		return usagef("flags of '%s' stand behind it: licseald %s --flag …", name, name)
	}
	return nil
}

func schemaFlag() cli.Flag {
	return &cli.StringFlag{Name: "schema", Value: "kong", Usage: "the fields of a licence: kong, or a schema `FILE`", TakesFile: true}
}

// storeVariable is --store where the flag is not given.
const storeVariable = "LICSEALD_STORE"

func storeFlag() cli.Flag {
	return &cli.StringFlag{
		Name: "store", Value: "sqlite:licseald.db", EnvVars: []string{storeVariable},
		Usage: "keep licences in `STORE`: sqlite:FILE, or postgres://USER@HOST/DATABASE (passwords belong in PGPASSWORD or ~/.pgpass)",
	}
}

func versionCommand() *cli.Command {
	return &cli.Command{
		Name:      "version",
		Usage:     "print the version",
		UsageText: "licseald version",
		Action: func(c *cli.Context) error {
			if err := noArguments(c); err != nil {
				return err
			}
			_, err := fmt.Fprintf(c.App.Writer, "licseald %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}

// version returns the version that the Go toolchain recorded in the program.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(unknown)"
}

var appHelp = strings.TrimLeft(`
{{.Name}}: {{.Usage}}

usage: {{.UsageText}}
       licseald --ephemeral --trust KEYS
       licseald history [flags]

  licseald --trust vendor.key.pub --store sqlite:licences.db

answers /licenses, /licenses/ID, /license/report and / as Kong Gateway's Admin API
does, and /status and /metrics. With --license-dir and --entitlement-token-file it
answers /api/v1/license as well, for a product with entitlements and limits. Once it
is ready it prints its address.
{{range .VisibleFlags}}
  {{.}}{{end}}

SIGTERM and SIGINT stop it once the requests under way are answered; SIGHUP reads
its files again.

`, "\n")

const commandHelp = `licseald {{.Name}}: {{.Usage}}

usage: {{.UsageText}}
{{if .Description}}
{{.Description}}
{{end}}{{if .VisibleFlags}}
{{range .VisibleFlags}}  {{.}}
{{end}}{{end}}`
