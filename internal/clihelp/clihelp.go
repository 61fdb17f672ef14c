// Package clihelp lays out the help texts of the commands, within 80 columns.
package clihelp

import (
	"io"
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v2"
)

// Width is how many columns a help text has at most.
const Width = 80

// column is where the usage of a flag begins.
const column = 26

// Command is the template of a command's help.
const Command = `{{.HelpName}}: {{.Usage}}

usage: {{.UsageText}}
{{if .Description}}
{{wrapped .Description}}
{{end}}{{if .Subcommands}}
{{range .Subcommands}}  {{printf "%-12s" .Name}}{{.Usage}}
{{end}}{{end}}{{if .VisibleFlags}}
{{range .VisibleFlags}}{{.}}
{{end}}{{end}}`

// Use makes this package print all help texts.
func Use() {
	cli.FlagStringer = Flag
	cli.HelpPrinter = func(w io.Writer, template string, data any) {
		cli.HelpPrinterCustom(w, template, data, map[string]any{"wrapped": Description})
	}
}

// Flag returns the help on a flag: its names and value, then its usage, wrapped. It is a
// [cli.FlagStringFunc].
func Flag(flag cli.Flag) string {
	head, value, usage := Parts(flag)
	head = strings.TrimRight("  "+head+" "+value, " ")
	lines := Wrap(usage, Width-column)
	indent := strings.Repeat(" ", column)
	if utf8.RuneCountInString(head) > column-2 {
		return head + "\n" + indent + strings.Join(lines, "\n"+indent)
	}
	head += strings.Repeat(" ", column-utf8.RuneCountInString(head))
	return head + strings.Join(lines, "\n"+indent)
}

// Parts returns what the help says of a flag: its names, such as "-o, --output", what
// its value is called, "" if it takes none, and its usage, with the default and the
// variables that set it.
func Parts(flag cli.Flag) (head, value, usage string) {
	doc, ok := flag.(cli.DocGenerationFlag)
	if !ok {
		return names(flag), "", ""
	}
	value, usage = unquote(doc.GetUsage())
	if doc.TakesValue() && value == "" {
		value = "VALUE"
	}
	if standard := strings.Trim(doc.GetDefaultText(), `"`); standard != "" && doc.TakesValue() {
		usage += " (default: " + standard + ")"
	}
	for _, variable := range doc.GetEnvVars() {
		usage += " [$" + variable + "]"
	}
	return names(flag), value, usage
}

// names returns the names of a flag, short ones first: -o, --output.
func names(flag cli.Flag) string {
	var short, long []string
	for _, name := range flag.Names() {
		if len(name) == 1 {
			short = append(short, "-"+name)
		} else {
			long = append(long, "--"+name)
		}
	}
	return strings.Join(append(short, long...), ", ")
}

// unquote returns the placeholder between backquotes in a usage, and the usage without
// the backquotes.
func unquote(usage string) (placeholder, plain string) {
	before, rest, found := strings.Cut(usage, "`")
	placeholder, after, closed := strings.Cut(rest, "`")
	if !found || !closed {
		return "", usage
	}
	return placeholder, before + placeholder + after
}

// Description returns a description whose paragraphs are wrapped, unless [IsLaidOut].
func Description(s string) string {
	var paragraphs []string
	for paragraph := range strings.SplitSeq(s, "\n\n") {
		if !IsLaidOut(paragraph) {
			paragraph = strings.Join(Wrap(paragraph, Width), "\n")
		}
		paragraphs = append(paragraphs, paragraph)
	}
	return strings.Join(paragraphs, "\n\n")
}

// IsLaidOut reports whether the lines of a paragraph stay as they are: they begin with a
// blank, or are aligned by several blanks.
func IsLaidOut(paragraph string) bool {
	return strings.HasPrefix(paragraph, " ") || strings.Contains(paragraph, "  ")
}

// Wrap breaks a text into lines of at most width columns, between words.
func Wrap(s string, width int) []string {
	lines := []string{""}
	for _, word := range strings.Fields(s) {
		last := &lines[len(lines)-1]
		switch {
		case *last == "":
			*last = word
		case utf8.RuneCountInString(*last)+1+utf8.RuneCountInString(word) <= width:
			*last += " " + word
		default:
			lines = append(lines, word)
		}
	}
	return lines
}
