package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/licseal/licseal/internal/checkreport"
	"github.com/licseal/licseal/internal/forms"
	"github.com/licseal/licseal/keys/private"
	"github.com/licseal/licseal/schema"
	"github.com/urfave/cli/v2"
)

func completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print a completion script for a shell",
		UsageText: "licseal completion bash|zsh|fish", ArgsUsage: names,
		Description: `bash: eval "$(licseal completion bash)" in ~/.bashrc
zsh:  eval "$(licseal completion zsh)" in ~/.zshrc, after compinit
fish: licseal completion fish > ~/.config/fish/completions/licseal.fish`,
		Action: func(c *cli.Context) error {
			script, ok := completionScripts[c.Args().First()]
			if !ok || c.NArg() != 1 {
				return usagef("name a shell: bash, zsh or fish")
			}
			return result(c, script)
		},
	}
}

// completeCommand is the hidden command by which the scripts ask for words. Its
// arguments are the words after licseal, the last of them the one that is being
// typed.
const completeCommand = "__complete"

// completionScripts offer file names where licseal has no words.
var completionScripts = map[string]string{
	"bash": `_licseal() {
	local current=${COMP_WORDS[COMP_CWORD]}
	COMPREPLY=($(compgen -W "$(licseal __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "$current"))
}
complete -o default -F _licseal licseal
`,
	"zsh": `_licseal() {
	local -a candidates
	candidates=(${(f)"$(licseal __complete "${(@)words[2,CURRENT]}" 2>/dev/null)"})
	compadd -a candidates || _files
}
compdef _licseal licseal
`,
	"fish": `function __licseal_complete
	set -l words (commandline -opc)
	licseal __complete $words[2..] (commandline -ct | string collect --allow-empty) 2>/dev/null
end
complete -c licseal -a '(__licseal_complete)'
`,
}

func printCompletions(w io.Writer, app *cli.App, words []string) {
	for _, word := range completions(app, words) {
		fmt.Fprintln(w, word)
	}
}

// completions returns the words that may stand in place of the last of words,
// which is being typed. None means that it is a file name, or anything.
func completions(app *cli.App, words []string) []string {
	if len(words) == 0 {
		return nil
	}
	if len(words) > 1 && words[0] == "help" {
		words = words[1:] // the names of a command
	}
	done, current := words[:len(words)-1], words[len(words)-1]
	commands := app.Commands
	var command *cli.Command
	for len(done) > 0 && len(commands) > 0 {
		if command = findCommand(commands, done[0]); command == nil {
			return nil
		}
		commands, done = command.Subcommands, done[1:]
	}
	switch {
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
	case len(done) == 0 && command.Name == "schema":
		return schema.Names()
	case len(done) == 0 && command.Name == "completion":
		return slices.Sorted(maps.Keys(completionScripts))
	}
	return nil
}

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
	}
	return nil
}
