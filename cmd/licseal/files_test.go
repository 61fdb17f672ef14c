package main

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/fault"
	"github.com/urfave/cli/v2"
)

// leaves returns the commands that do something, by what one types to run them.
func leaves(commands []*cli.Command, before ...string) map[string]*cli.Command {
	all := map[string]*cli.Command{}
	for _, cmd := range commands {
		path := append(slices.Clip(before), cmd.Name)
		if len(cmd.Subcommands) == 0 || cmd.ArgsUsage != "" {
			all[strings.Join(path, " ")] = cmd
		}
		for name, sub := range leaves(cmd.Subcommands, path...) {
			all[name] = sub
		}
	}
	return all
}

// fileFlag returns what a flag does with a file, and whether it takes one.
func fileFlag(flag cli.Flag) (use string, takesFile bool) {
	switch flag := flag.(type) {
	case *cli.StringFlag:
		return flag.Category, flag.TakesFile
	case *cli.StringSliceFlag:
		return flag.Category, flag.TakesFile
	}
	return "", false
}

// Every flag and argument that names a file says what is done with it.
func TestFilesAreDeclared(t *testing.T) {
	placeholder := regexp.MustCompile("`(FILE|DIR|FOLDER|KEY|KEYS|TEMPLATE|CHECKPOINT)`")
	uses := []string{reads, writes, edits}
	for name, cmd := range leaves(newApp().Commands) {
		for _, flag := range cmd.Flags {
			usage := flag.(cli.DocGenerationFlag).GetUsage()
			use, takesFile := fileFlag(flag)
			if takesFile != placeholder.MatchString(usage) {
				t.Errorf("%s %s: TakesFile is %t, and the usage is %q", name, flag.Names()[0], takesFile, usage)
			}
			if takesFile && !slices.Contains(uses, use) {
				t.Errorf("%s %s: Category is %q, and not one of %q", name, flag.Names()[0], use, uses)
			}
		}
		for _, use := range strings.Fields(cmd.ArgsUsage) {
			if !slices.Contains(append(uses, names), use) {
				t.Errorf("%s: ArgsUsage has %q", name, use)
			}
		}
	}
}

// place is where a file can be named on the command line of a command.
type place struct {
	use  string
	flag string // "" for an argument
	arg  int    // its index
}

// places returns where files can be named.
func places(cmd *cli.Command) []place {
	var all []place
	for _, flag := range cmd.Flags {
		if use, takesFile := fileFlag(flag); takesFile {
			all = append(all, place{use: use, flag: dashed(flag.Names()[0])})
		}
	}
	uses := strings.Fields(cmd.ArgsUsage)
	if len(uses) == 0 {
		uses = []string{reads}
	}
	for i, use := range uses {
		if use != names {
			all = append(all, place{use: use, arg: i})
		}
	}
	return all
}

// commandLine returns a command line with two files in two places.
func commandLine(command string, a, b place, fileA, fileB string) []string {
	args := append([]string{"licseal"}, strings.Fields(command)...)
	var files []string
	for _, p := range []struct {
		place
		file string
	}{{a, fileA}, {b, fileB}} {
		if p.flag != "" {
			args = append(args, p.flag, p.file)
			continue
		}
		for len(files) <= p.arg {
			files = append(files, "other")
		}
		files[p.arg] = p.file
	}
	return append(append(args, "--"), files...)
}

// No command overwrites a file that it reads, and no two outputs are one file: in
// whatever two places of the command line it is named, and by whatever names.
func TestInputsAreKept(t *testing.T) {
	t.Chdir(t.TempDir())
	err := errors.Join(os.WriteFile("file", []byte("precious"), 0o600), os.Link("file", "hard"), os.Symlink("hard", "soft"))
	if err != nil {
		t.Fatal(err)
	}
	pairs, app := 0, newApp()
	for command, cmd := range leaves(app.Commands) {
		for i, output := range places(cmd) {
			if output.use == reads {
				continue
			}
			for j, other := range places(cmd) {
				if i == j || output == other {
					continue
				}
				pairs++
				for _, name := range []string{"./file", "hard", "soft"} {
					args := commandLine(command, output, other, "file", name)
					if command == "keygen" && other.flag == "-o" {
						continue
					}
					err := newApp().Run(args)
					if err == nil || fault.Exit(err) != exitUsage ||
						!strings.Contains(err.Error(), "would be overwritten") && !strings.Contains(err.Error(), "are the same file") {
						t.Errorf("%s: %v", strings.Join(args, " "), err)
					}
				}
			}
		}
	}
	if pairs < 100 {
		t.Errorf("only %d pairs were tried", pairs)
	}
	if data, err := os.ReadFile("file"); err != nil || string(data) != "precious" {
		t.Errorf("the file holds %q: %v", data, err)
	}
}

// What is kept next to an output while it is written is not an input either, and two
// outputs that do not exist yet must not become one file.
func TestOutputsClash(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := errors.Join(os.WriteFile("out.part", nil, 0o600), os.Symlink("new", "link")); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"sign -k out.part --batch -o out rows", "merge -o out -- out.part", "merge -o new --rejects ./new part",
		"merge -o link --rejects new part", "merge --rejects out -o out.part part", "check --fix -o new --report link file",
	} {
		err := newApp().Run(append([]string{"licseal"}, strings.Fields(line)...))
		if fault.Exit(err) != exitUsage || !strings.Contains(err.Error(), "overwritten") && !strings.Contains(err.Error(), "same file") {
			t.Errorf("%s: %v", line, err)
		}
	}
}
