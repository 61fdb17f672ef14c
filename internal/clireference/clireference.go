// Package clireference writes the reference of a program from its commands and flags: a
// Markdown file and a man page. Only tests import it: no program has it in its binary.
package clireference

import (
	"strings"

	"github.com/licseal/licseal/internal/clihelp"
	"github.com/urfave/cli/v2"
)

// Program is a program as its reference shows it.
type Program struct {
	App         *cli.App
	Section     int         // of the man page
	Description string      // in paragraphs, as [clihelp.Description] has them
	Variables   [][2]string // of the environment, and what each does
	Exits       [][2]string // exit codes, and what each means
}

// A part is a command of the reference, or the program itself.
type part struct {
	name, usage, synopsis, description string
	flags                              []cli.Flag
}

// program returns the program itself.
func (p *Program) program() part {
	return part{p.App.Name, p.App.Usage, p.App.UsageText, p.Description, p.App.VisibleFlags()}
}

// commands returns all commands that do something, each followed by its subcommands.
func (p *Program) commands() []part { return partsOf(p.App.Name, p.App.VisibleCommands()) }

func partsOf(parent string, commands []*cli.Command) []part {
	var parts []part
	for _, c := range commands {
		name := parent + " " + c.Name
		parts = append(parts, part{name, c.Usage, c.UsageText, c.Description, c.VisibleFlags()})
		parts = append(parts, partsOf(name, c.Subcommands)...)
	}
	return parts
}

// A paragraph is text to fill, or lines to keep.
type paragraph struct {
	text    string // without blanks at the left of all its lines
	laidOut bool
}

func paragraphs(description string) []paragraph {
	var all []paragraph
	for text := range strings.SplitSeq(strings.Trim(description, "\n"), "\n\n") {
		if text == "" {
			continue
		}
		p := paragraph{text, clihelp.IsLaidOut(text)}
		if p.laidOut {
			p.text = strings.ReplaceAll(strings.TrimPrefix(text, "  "), "\n  ", "\n")
		}
		if last := len(all) - 1; last >= 0 && p.laidOut && all[last].laidOut {
			all[last].text += "\n\n" + p.text
			continue
		}
		all = append(all, p)
	}
	return all
}
