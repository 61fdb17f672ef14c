package main

import (
	"testing"

	"github.com/urfave/cli/v2"
)

// No repeatable flag drops blanks at the edges of its values: they would be trimmed
// without a word.
func TestRepeatableFlagsKeepBlanks(t *testing.T) {
	found := 0
	var walk func(path string, commands []*cli.Command)
	walk = func(path string, commands []*cli.Command) {
		for _, cmd := range commands {
			for _, flag := range cmd.Flags {
				if slice, ok := flag.(*cli.StringSliceFlag); ok {
					if found++; !slice.KeepSpace {
						t.Errorf("%s %s: --%s trims its values", path, cmd.Name, slice.Name)
					}
				}
			}
			walk(path+" "+cmd.Name, cmd.Subcommands)
		}
	}
	walk("licseal", newApp().Commands)
	if found == 0 {
		t.Fatal("no repeatable flag was found")
	}
}
