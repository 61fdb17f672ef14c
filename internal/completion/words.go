package completion

import (
	"slices"
	"strings"

	"github.com/licseal/licseal/internal/completion/scripts"
	"github.com/urfave/cli/v2"
)

// Program is what has command lines.
type Program struct {
	*cli.App

	// Values returns the words that a flag takes, nil if it takes anything.
	Values func(flag string) []string

	// Arguments returns the words that may be the first argument of a command, nil if
	// anything may. It may be nil.
	Arguments func(command string) []string
}

// Words returns the words that may stand in place of the last of words, which is being
// typed. None means that it is a file name, or anything.
func (p *Program) Words(words []string) []string {
	if len(words) == 0 {
		return nil
	}
	done, current := words[:len(words)-1], words[len(words)-1]
	if current == `""` {
		current = "" // from PowerShell
	}
	var begin string // of the word, before the value of a flag
	switch n := len(done); {
	case strings.HasPrefix(current, "-") && strings.Contains(current, "="):
		flag, value, _ := strings.Cut(current, "=")
		done, current, begin = append(slices.Clip(done), flag), value, flag+"="
	case n > 0 && current == "=": // bash makes three words of --schema=kong
		current = ""
	case n > 1 && done[n-1] == "=":
		done = done[:n-1]
	}
	var matching []string
	for _, word := range p.candidates(done, current) {
		if strings.HasPrefix(word, current) {
			matching = append(matching, begin+word)
		}
	}
	return matching
}

// candidates returns the words that may stand after done.
func (p *Program) candidates(done []string, current string) []string {
	if len(done) > 0 && done[0] == "help" {
		done = done[1:] // the names of a command
	}
	name, commands, flags := "", p.Commands, p.Flags
	for len(done) > 0 && len(commands) > 0 {
		i := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(done[0]) })
		if i < 0 && name == "" && strings.HasPrefix(done[0], "-") {
			commands = nil // of a program that needs no command
			break
		}
		if i < 0 {
			return nil
		}
		name, flags, commands, done = commands[i].Name, commands[i].Flags, commands[i].Subcommands, done[1:]
	}
	isFlag := strings.HasPrefix(current, "-")
	switch {
	case len(commands) > 0 && !isFlag:
		return append(CommandNames(commands), p.arguments(name)...)
	case slices.Contains(done, "--"):
		return nil
	case len(done) > 0 && strings.HasPrefix(done[len(done)-1], "-"):
		if flag := flagOf(flags, strings.TrimLeft(done[len(done)-1], "-")); flag != nil && !isBool(flag) {
			return p.Values(flag.Names()[0])
		}
	}
	switch {
	case isFlag:
		return FlagNames(flags)
	case len(done) == 0 && name == "completion":
		return scripts.Shells()
	case len(done) == 0:
		return p.arguments(name)
	}
	return nil
}

func (p *Program) arguments(command string) []string {
	if p.Arguments == nil {
		return nil
	}
	return p.Arguments(command)
}

// CommandNames returns the names of commands.
func CommandNames(commands []*cli.Command) (all []string) {
	for _, c := range commands {
		all = append(all, c.Name)
	}
	return all
}

// flagOf returns the flag with a name, nil if there is none.
func flagOf(flags []cli.Flag, name string) cli.Flag {
	for _, flag := range append(slices.Clip(flags), cli.HelpFlag) {
		if slices.Contains(flag.Names(), name) {
			return flag
		}
	}
	return nil
}

func isBool(flag cli.Flag) bool {
	_, ok := flag.(*cli.BoolFlag)
	return ok
}

// FlagNames returns the names of flags, with their dashes.
func FlagNames(flags []cli.Flag) (all []string) {
	for _, flag := range append(slices.Clip(flags), cli.HelpFlag) {
		for _, name := range flag.Names() {
			dashes := "--"
			if len(name) == 1 {
				dashes = "-"
			}
			if word := dashes + name; !slices.Contains(all, word) {
				all = append(all, word)
			}
		}
	}
	return all
}
