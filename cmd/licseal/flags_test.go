package main

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal/internal/clihelp"
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
// except for those listed, each with its kinds.
func TestFlagsMeanTheSame(t *testing.T) {
	want := map[string][]string{
		"--after":  {"FILE", "TIME"},    // what comes before in a chain of trust; a time everywhere else
		"--batch":  {"", "FILE"},        // verify takes the files as its arguments
		"--id":     {"FIELD", "UUID"},   // of a schema; of a record in an Admin API
		"--issuer": {"NAME", "PATTERN"}, // of a key; what it must match
		"--name":   {"NAME", "PATTERN"}, // of an object; of the files of a batch
	}
	kinds, got := map[string]map[string]bool{}, map[string][]string{}
	heads := map[string]string{}
	for command, cmd := range leaves(newApp().Commands) {
		for _, flag := range cmd.VisibleFlags() {
			head, value, _ := clihelp.Parts(flag)
			for _, name := range flag.Names() {
				if other, ok := heads[name]; ok && other != head {
					t.Errorf("%s: -%s is one of %s, and elsewhere of %s", command, name, head, other)
				}
				heads[name] = head
			}
			if kinds[head] == nil {
				kinds[head] = map[string]bool{}
			}
			kinds[head][value] = true
		}
	}
	for head, values := range kinds {
		if len(values) > 1 {
			got[head] = slices.Sorted(maps.Keys(values))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("flags with values of several kinds (-want +got):\n%s", diff)
	}
}
