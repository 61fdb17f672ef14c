package main

import (
	"maps"
	"regexp"
	"slices"
	"testing"

	"github.com/licseal/licseal/internal/clihelp"
	"github.com/licseal/licseal/internal/testenv"
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

// A flag has the same names and the same kind of value in every command that has it,
// those of licseald too.
func TestFlagsMeanTheSame(t *testing.T) {
	kinds, heads := map[string]map[string]bool{}, map[string]string{}
	add := func(head, value string) {
		if kinds[head] == nil {
			kinds[head] = map[string]bool{}
		}
		kinds[head][value] = true
	}
	for command, cmd := range leaves(newApp().Commands) {
		for _, flag := range cmd.VisibleFlags() {
			head, value, _ := clihelp.Parts(flag)
			for _, name := range flag.Names() {
				if other, ok := heads[name]; ok && other != head {
					t.Errorf("%s: -%s is one of %s, and elsewhere of %s", command, name, head, other)
				}
				heads[name] = head
			}
			add(head, value)
		}
	}
	rows := regexp.MustCompile("(?m)^\\| `(--?[^` ]+(?:, --?[^` ]+)*) ?([^`]*)` ").FindAllStringSubmatch(string(testenv.ReadFile(t, "../../docs/reference/licseald.md")), -1)
	for _, row := range rows {
		add(row[1], row[2])
	}
	for head, values := range kinds {
		if len(values) > 1 {
			t.Errorf("%s takes %q", head, slices.Sorted(maps.Keys(values)))
		}
	}
	if len(rows) < 30 || len(kinds) < 100 {
		t.Errorf("%d flags of licseald, %d in all", len(rows), len(kinds))
	}
}
