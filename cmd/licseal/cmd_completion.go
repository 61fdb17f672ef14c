package main

import (
	_ "embed" // for the scripts
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/licseal/licseal/internal/checkreport"
	"github.com/licseal/licseal/internal/conformance"
	"github.com/licseal/licseal/internal/forms"
	"github.com/licseal/licseal/keys/private"
	"github.com/licseal/licseal/schema"
	"github.com/urfave/cli/v2"
)

func completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print a completion script for a shell",
		UsageText: "licseal completion bash|zsh|fish|powershell", ArgsUsage: names,
		Description: `bash: eval "$(licseal completion bash)" in ~/.bashrc
zsh:  eval "$(licseal completion zsh)" in ~/.zshrc, after compinit
fish: licseal completion fish > ~/.config/fish/completions/licseal.fish
PowerShell: licseal completion powershell | Out-String | Invoke-Expression
            in the file that $PROFILE names`,
		Action: func(c *cli.Context) error {
			script, ok := completionScripts[c.Args().First()]
			if !ok || c.NArg() != 1 {
				return usagef("name a shell: %s", strings.Join(shells(), ", "))
			}
			return result(c, script)
		},
	}
}

// completeCommand is the hidden command by which the scripts ask for words. Its
// arguments are the words after licseal, the last of them the one that is being
// typed.
const completeCommand = "__complete"

// completionScripts offer file names where licseal has no words. None of them lets the
// shell expand a word: a name may hold $(…).
var completionScripts = map[string]string{
	"bash": completionBash, "zsh": completionZsh, "fish": completionFish, "powershell": completionPowerShell,
}

// The scripts are files, because packages install them where each shell looks.
var (
	//go:embed completions/licseal.bash
	completionBash string
	//go:embed completions/_licseal
	completionZsh string
	//go:embed completions/licseal.fish
	completionFish string
	//go:embed completions/licseal.ps1
	completionPowerShell string
)

func printCompletions(w io.Writer, app *cli.App, words []string) {
	for _, word := range completions(app, words) {
		fmt.Fprintln(w, word)
	}
}

// completions returns the words that may stand in place of the last of words, which is
// being typed. None means that it is a file name, or anything.
func completions(app *cli.App, words []string) []string {
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
	for _, word := range candidates(app, done, current) {
		if strings.HasPrefix(word, current) {
			matching = append(matching, begin+word)
		}
	}
	return matching
}

// candidates returns the words that may stand after done.
func candidates(app *cli.App, done []string, current string) []string {
	if len(done) > 0 && done[0] == "help" {
		done = done[1:] // the names of a command
	}
	commands := app.Commands
	var command *cli.Command
	for len(done) > 0 && len(commands) > 0 {
		if command = findCommand(commands, done[0]); command == nil {
			return nil
		}
		commands, done = command.Subcommands, done[1:]
	}
	switch {
	case len(commands) > 0 && command != nil && command.Name == "schema":
		return append(commandNames(commands), schema.Names()...)
	case len(commands) > 0:
		return commandNames(commands)
	case slices.Contains(done, "--"):
		return nil
	case len(done) > 0 && strings.HasPrefix(done[len(done)-1], "-"):
		if flag := findFlag(command, strings.TrimLeft(done[len(done)-1], "-")); flag != nil && !isBool(flag) {
			return flagValues(flag.Names()[0])
		}
	}
	switch {
	case strings.HasPrefix(current, "-"):
		return flagNames(command)
	case len(done) == 0 && command.Name == "completion":
		return shells()
	}
	return nil
}

func shells() []string { return slices.Sorted(maps.Keys(completionScripts)) }

func commandNames(commands []*cli.Command) []string {
	var names []string
	for _, command := range commands {
		names = append(names, command.Name)
	}
	return names
}

func flagNames(command *cli.Command) []string {
	var names []string
	for _, flag := range append(slices.Clip(command.Flags), cli.HelpFlag) {
		for _, name := range flag.Names() {
			dashes := "--"
			if len(name) == 1 {
				dashes = "-"
			}
			names = append(names, dashes+name)
		}
	}
	return names
}

// flagValues returns the words that a flag takes.
func flagValues(name string) []string {
	switch name {
	case "schema":
		return schema.Payloads()
	case "type":
		return []string{private.Ed25519.String(), private.ECDSAP256.String()}
	case "format":
		return checkreport.Formats()
	case "as":
		return forms.Names()
	case "part":
		return conformance.Parts()
	case "call":
		return []string{conformance.CallServe, conformance.CallVerify}
	}
	return nil
}
