package main

import (
	"cmp"
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/licseal/licseal/internal/buildinfo"
	"github.com/licseal/licseal/internal/clihelp"
	"github.com/licseal/licseal/internal/fault"
	"github.com/urfave/cli/v2"
)

// run runs one command line and returns the exit code.
func run(args []string) int {
	app := newApp()
	out := &output{File: os.Stdout}
	app.Writer = out
	if completed(app).Write(os.Stdout, args) {
		return exitOK
	}
	args, err := arrange(app, args)
	if err == nil {
		err = app.Run(args)
	}
	if err == nil {
		err = cmp.Or(out.err, closeStdout())
	}
	if err != nil {
		return complain(err)
	}
	return exitOK
}

func newApp() *cli.App {
	app := &cli.App{
		Name:      "licseal",
		Usage:     "issue, sign, verify and check software licences, offline",
		UsageText: "licseal COMMAND [flags] [FILE…]",
		Version:   buildinfo.Version(),
		// Names of customers have commas.
		DisableSliceFlagSeparator: true,
		HideHelpCommand:           true,
		Flags:                     []cli.Flag{cli.HelpFlag}, // not added to a program with a command "help"
		CustomAppHelpTemplate:     appHelp,
		OnUsageError:              usageError,
		Action: func(c *cli.Context) error { // no command
			return errors.Join(cli.ShowAppHelp(c), fault.Reported(fault.ReasonUsage))
		},
		// Errors are printed in one place, by run.
		ExitErrHandler: func(*cli.Context, error) {},
		Commands: slices.Concat(
			group("Start",
				demoCommand(),
				initCommand(),
				configCommand(),
			),
			group("Keys",
				keygenCommand(),
				pubkeyCommand(),
				trustCommand(),
			),
			group("Issue licences",
				signCommand(),
				renewCommand(),
				mergeCommand(),
				plansCommand(),
				registerCommand(),
				schemaCommand(),
			),
			group("Judge licences",
				verifyCommand(),
				checkCommand(),
				stateCommand(),
				pageCommand(),
			),
			group("Look at licences",
				inspectCommand(),
				diffCommand(),
				payloadCommand(),
				canonicalCommand(),
			),
			group("Revoke licences and keys",
				revokeCommand(),
			),
			group("Deploy to Kong Gateway",
				adminCommand(),
			),
			group("The program itself",
				helpCommand(),
				completionCommand(),
				conformanceCommand(),
				versionCommand(),
			),
		),
	}
	clihelp.Use()
	prepare(app.Commands)
	return app
}

// group puts commands under a heading of the program's help.
func group(heading string, commands ...*cli.Command) []*cli.Command {
	for _, cmd := range commands {
		cmd.Category = heading
	}
	return commands
}

// prepare gives every command what all of them share.
func prepare(commands []*cli.Command, parents ...string) {
	for _, cmd := range commands {
		cmd.OnUsageError = usageError
		cmd.HideHelpCommand = true
		cmd.CustomHelpTemplate = clihelp.Command
		if len(cmd.Subcommands) > 0 && cmd.Action == nil {
			cmd.Action = noSubcommand
		}
		if len(cmd.Subcommands) == 0 {
			cmd.Before = before
			if findFlag(cmd, profileFlag.Name) == nil && hasSettings(cmd) {
				cmd.Flags = append(slices.Clip(cmd.Flags), profileFlag)
			}
		}
		path := append(slices.Clip(parents), cmd.Name)
		addExamples(cmd, strings.Join(path, " "))
		prepare(cmd.Subcommands, path...)
	}
}

// before runs before every command that does something.
func before(c *cli.Context) error {
	if err := keepInputs(c); err != nil {
		return err
	}
	if err := useSettings(c); err != nil {
		return err
	}
	return keepInputs(c) // those of the profile
}

// noSubcommand is the action of a command that only has commands.
func noSubcommand(c *cli.Context) error {
	return errors.Join(cli.ShowSubcommandHelp(c), fault.Reported(fault.ReasonUsage))
}

func usageError(_ *cli.Context, err error, _ bool) error { return usagef("%v", err) }

const appHelp = `{{.Name}}: {{.Usage}}

usage: {{.UsageText}}

{{$heading := ""}}{{range .VisibleCommands}}{{if ne .Category $heading}}{{if $heading}}
{{end}}{{$heading = .Category}}{{$heading}}:
{{end}}  {{printf "%-12s" .Name}}{{.Usage}}
{{end}}
'-' or no FILE is standard input. Results go to standard output, everything else
to standard error. 'licseal help COMMAND' says more; 'licseal demo' runs an
example.

exit codes: 0 accepted or done, 1 could not be done, 2 wrong usage, 3 not a
licence, 4 breaks its schema, 5 no trusted key made this signature, 6 not yet
valid, 7 expired, 8 revoked, 9 a stated requirement is not met
`
