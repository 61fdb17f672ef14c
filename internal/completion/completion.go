// Package completion completes the command lines of a program: it has the words for which
// the scripts of package scripts ask when the tabulator key is pressed.
package completion

import (
	"fmt"
	"io"
	"strings"

	"github.com/licseal/licseal/internal/completion/scripts"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/text"
	"github.com/urfave/cli/v2"
)

// Write writes the words for a command line in which a script asks for them, and reports
// whether it is one. args begin with the program.
func (p *Program) Write(w io.Writer, args []string) (asked bool) {
	if len(args) < 2 || args[1] != scripts.Asked {
		return false
	}
	for _, word := range p.Words(args[2:]) {
		fmt.Fprintln(w, word)
	}
	return true
}

// Command returns the command that prints a script of a program.
func Command(program string) *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print a completion script for a shell",
		UsageText: program + " completion bash|zsh|fish|powershell",
		Description: strings.ReplaceAll(`bash: eval "$(PROGRAM completion bash)" in ~/.bashrc
zsh:  eval "$(PROGRAM completion zsh)" in ~/.zshrc, after compinit
fish: PROGRAM completion fish > ~/.config/fish/completions/PROGRAM.fish
PowerShell: PROGRAM completion powershell | Out-String | Invoke-Expression
            in the file that $PROFILE names`, "PROGRAM", program),
		Action: func(c *cli.Context) error {
			_, script := scripts.For(program, c.Args().First())
			if script == "" || c.NArg() != 1 {
				return fault.Usage("name a shell: %s", strings.Join(scripts.Shells(), ", "))
			}
			if _, err := io.WriteString(c.App.Writer, script); err != nil {
				return fmt.Errorf("writing standard output: %w", text.Cause(err))
			}
			return nil
		},
	}
}
