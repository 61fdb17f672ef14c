package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

func helpCommand() *cli.Command {
	return &cli.Command{
		Name:      "help",
		Usage:     "print help about a command",
		UsageText: "licseal help [COMMAND]", ArgsUsage: names,
	}
}

// helpArgs returns the command line that prints the help that 'licseal help' asks for:
// "help admin push" becomes "admin push --help".
func helpArgs(app *cli.App, topic []string) ([]string, error) {
	if len(topic) == 1 && slices.Contains([]string{"--help", "-h", "help"}, topic[0]) {
		topic = nil
	}
	program, commands := app.Name, app.Commands
	for _, name := range topic {
		command := findCommand(commands, name)
		switch {
		case strings.HasPrefix(name, "-"):
			return nil, usagef("'licseal help' has no flag %s", name)
		case command == nil && len(commands) == 0:
			return nil, withHint(usagef("'%s' has no command %s", program, name), "'%s --help' says what it takes", program)
		case command == nil:
			return nil, unknownCommand(program, name, commands)
		}
		program += " " + command.Name
		commands = command.Subcommands
	}
	return slices.Concat([]string{app.Name}, topic, []string{"--help"}), nil
}
