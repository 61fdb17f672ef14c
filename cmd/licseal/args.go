package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/licseal/licseal/internal/completion"
	"github.com/urfave/cli/v2"
	"github.com/xrash/smetrics"
)

// arrange moves the flags of a command line before its file names, where urfave/cli
// looks for them. It would take a flag after a file name for another file name, and
// drop a check that the user requires. arrange also refuses a flag that is given
// twice, unless it is repeatable, a flag without a value, and a flag or command that
// does not exist. It turns 'help COMMAND' into 'COMMAND --help'.
func arrange(app *cli.App, args []string) ([]string, error) {
	if len(args) > 1 && args[1] == "help" {
		return helpArgs(app, args[2:])
	}
	a := arranger{program: app.Name}
	rest := args[1:]
	commands := app.Commands
	for len(rest) > 0 && len(commands) > 0 {
		if rest = afterCommand(a.command, rest); strings.HasPrefix(rest[0], "-") {
			break
		}
		cmd := findCommand(commands, rest[0])
		if cmd == nil && a.command != nil && a.command.ArgsUsage != "" {
			commands = nil // a command that takes files, too
			break
		}
		if cmd == nil {
			return nil, unknownCommand(a.program, rest[0], commands)
		}
		a.path = append(a.path, rest[0])
		a.program += " " + cmd.Name
		a.command, commands, rest = cmd, cmd.Subcommands, rest[1:]
	}
	if a.command == nil {
		return args, checkProgramFlags(rest)
	}
	if len(commands) > 0 && len(rest) == 0 {
		return args, nil // a command that only has commands
	}
	if err := a.divide(rest); err != nil {
		return nil, err
	}
	sorted := append([]string{args[0]}, a.path...)
	sorted = append(sorted, a.flagArgs...)
	if len(a.fileArgs) > 0 {
		sorted = append(append(sorted, "--"), a.fileArgs...)
	}
	return sorted, nil
}

// afterCommand moves flags that a command shares with all of its subcommands to after the
// name of the subcommand.
func afterCommand(command *cli.Command, args []string) []string {
	i := 0
	for i < len(args) && strings.HasPrefix(args[i], "-") {
		name, _, hasValue := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		if command == nil || findFlag(command, name) == nil || name == "help" || name == "h" {
			return args
		}
		if i++; !hasValue && !isBool(findFlag(command, name)) {
			i++
		}
	}
	if i == 0 || i >= len(args) {
		return args
	}
	return slices.Concat(args[i:i+1], args[:i], args[i+1:])
}

// checkProgramFlags checks the arguments of a command line without a command: there
// are none, or one of the two flags of the program itself.
func checkProgramFlags(args []string) error {
	if len(args) == 0 {
		return nil
	}
	name := strings.TrimLeft(args[0], "-")
	for _, flag := range []cli.Flag{cli.HelpFlag, cli.VersionFlag} {
		if slices.Contains(flag.Names(), name) {
			return nil
		}
	}
	return withHint(usagef("'licseal' has no flag %s", args[0]), "put flags after the command: licseal COMMAND [flags] [FILE…]")
}

type arranger struct {
	program  string
	command  *cli.Command
	path     []string // the command's names, as they were typed
	flagArgs []string
	fileArgs []string
}

// divide separates the arguments of the command into flags and file names.
func (a *arranger) divide(args []string) error {
	seen := map[string]bool{}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--":
			a.fileArgs = append(a.fileArgs, args...)
			return a.checkFiles()
		case arg == "-" || !strings.HasPrefix(arg, "-"):
			a.fileArgs = append(a.fileArgs, arg)
			continue
		}
		name, value, hasValue := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		flag := findFlag(a.command, name)
		if flag == nil {
			return a.unknownFlag(arg)
		}
		if flag == cli.HelpFlag && hasValue {
			return usagef("the flag %s takes no value", arg)
		}
		if flag == cli.HelpFlag {
			a.flagArgs, a.fileArgs = []string{arg}, nil // help about the command
			return nil
		}
		if seen[flag.Names()[0]] && !isRepeatable(flag) {
			return usagef("the flag %s may be given only once", arg)
		}
		seen[flag.Names()[0]] = true
		a.flagArgs = append(a.flagArgs, arg)
		if isBool(flag) {
			if err := checkBool(flag, value, hasValue); err != nil {
				return err
			}
			continue
		}
		if !hasValue && len(args) > 0 {
			value, args = args[0], args[1:]
			a.flagArgs = append(a.flagArgs, value)
			hasValue = true
		}
		if !hasValue || value == "" && !mayBeEmpty(flag) {
			return usagef("the flag %s needs a value", arg)
		}
	}
	return a.checkFiles()
}

// checkFiles refuses an empty argument, which probably comes from a variable that is not set.
func (a *arranger) checkFiles() error {
	if slices.Contains(a.fileArgs, "") {
		return usagef("an argument of '%s' is empty; is a variable unset?", a.program)
	}
	return nil
}

func findFlag(command *cli.Command, name string) cli.Flag {
	for _, flag := range append(slices.Clip(command.Flags), cli.HelpFlag) {
		if slices.Contains(flag.Names(), name) {
			return flag
		}
	}
	return nil
}

// mayBeEmpty reports whether an empty value of a flag has a meaning. Otherwise it comes
// from a variable that is not set, and must not be ignored: --at "$WHEN".
func mayBeEmpty(flag cli.Flag) bool { return flag.Names()[0] == "comment" }

func isBool(flag cli.Flag) bool {
	_, ok := flag.(*cli.BoolFlag)
	return ok
}

// checkBool refuses a value that was probably meant as an argument: --batch=rows.csv.
func checkBool(flag cli.Flag, value string, hasValue bool) error {
	if _, err := strconv.ParseBool(value); !hasValue || err == nil {
		return nil
	}
	name := "--" + flag.Names()[0]
	return withHint(usagef("the flag %s takes no value", name), "if %q is an argument: %s %s", value, name, value)
}

func isRepeatable(flag cli.Flag) bool {
	_, ok := flag.(*cli.StringSliceFlag)
	return ok
}

func findCommand(commands []*cli.Command, name string) *cli.Command {
	for _, cmd := range commands {
		if cmd.HasName(name) {
			return cmd
		}
	}
	return nil
}

func unknownCommand(program, name string, commands []*cli.Command) error {
	err := withHint(usagef("'%s' has no command %s", program, name), "'%s --help' lists the commands", program)
	if nearest := nearest(name, completion.CommandNames(commands)); nearest != "" {
		return withHint(err, "did you mean '%s %s'?", program, nearest)
	}
	return err
}

func (a *arranger) unknownFlag(arg string) error {
	err := withHint(usagef("'%s' has no flag %s", a.program, arg), "'%s --help' lists the flags", a.program)
	name, _, _ := strings.Cut(arg, "=")
	if nearest := nearest(name, completion.FlagNames(a.command.Flags)); nearest != "" {
		return withHint(err, "did you mean %s?", nearest)
	}
	return err
}

// nearest returns the name that was probably meant by a misspelt one, "" if none is
// similar enough.
func nearest(misspelt string, names []string) string {
	const different = 0.8 // names that are less similar are different words
	misspelt = strings.TrimLeft(misspelt, "-")
	best, similarity := "", different
	for _, name := range names {
		word := strings.TrimLeft(name, "-")
		if len(word) == 1 || len(misspelt) == 1 {
			continue // any two letters are equally far apart
		}
		if s := smetrics.JaroWinkler(word, misspelt, 0.7, 4); s > similarity {
			best, similarity = name, s
		}
	}
	return best
}
