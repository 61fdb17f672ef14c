package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/licseal/licseal/internal/clihelp"
)

// Every help text fits into a terminal of 80 columns.
func TestHelpIsNarrow(t *testing.T) {
	commands := []string{""}
	for name := range leaves(newApp().Commands) {
		words := strings.Fields(name)
		commands = append(commands, name, words[0])
	}
	for _, command := range commands {
		var help strings.Builder
		app := newApp()
		app.Writer = &help
		if err := app.Run(append(append([]string{"licseal"}, strings.Fields(command)...), "--help")); err != nil {
			t.Errorf("%s: %v", command, err)
		}
		for line := range strings.Lines(help.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > clihelp.Width {
				t.Errorf("licseal %s --help: %d columns: %s", command, n, line)
			}
		}
		if !strings.Contains(help.String(), "usage: ") {
			t.Errorf("licseal %s --help prints %q", command, help.String())
		}
	}
}
