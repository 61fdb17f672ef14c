package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// The help of every command has two examples, and each is a command line that exists.
func TestExamples(t *testing.T) {
	var walk func(path []string, commands []*cli.Command)
	walk = func(path []string, commands []*cli.Command) {
		for _, cmd := range commands {
			path := append(slices.Clip(path), cmd.Name)
			name := strings.Join(path, " ")
			found := 0
			for line := range strings.Lines(cmd.Description) {
				if strings.HasPrefix(line, "  licseal ") && isExample(t, name, strings.TrimSpace(line)) {
					found++
				}
			}
			if found < 2 {
				t.Errorf("%s has %d examples, want two", name, found)
			}
			walk(path, cmd.Subcommands)
		}
	}
	app := newApp()
	walk(nil, app.Commands)
	for name := range examples() {
		commands := app.Commands
		for word := range strings.FieldsSeq(name) {
			cmd := findCommand(commands, word)
			if cmd == nil {
				t.Fatalf("there are examples of %s, which does not exist", name)
			}
			commands = cmd.Subcommands
		}
	}
}

// isExample checks a command line, and reports whether it is one of the command.
func isExample(t *testing.T, name, line string) bool {
	t.Helper()
	line, _, _ = strings.Cut(line, " >")
	line, _, _ = strings.Cut(line, " | ")
	line = strings.TrimSuffix(line, "\\")
	app := newApp()
	args, err := arrange(app, strings.Fields(line))
	if err != nil {
		t.Errorf("%s: the example %q: %v", name, line, err)
		return false
	}
	got := strings.Join(args[1:], " ")
	return name == "help" || name == "version" || strings.HasPrefix(got+" ", name+" ")
}
