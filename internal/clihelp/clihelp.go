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
	doc, ok := flag.(cli.DocGenerationFlag)
	if !ok {
		return ""
	}
	value, usage := unquote(doc.GetUsage())
	if doc.TakesValue() && value == "" {
		value = "VALUE"
	}
	if standard := strings.Trim(doc.GetDefaultText(), `"`); standard != "" && doc.TakesValue() {
		usage += " (default: " + standard + ")"
	}
	for _, variable := range doc.GetEnvVars() {
		usage += " [$" + variable + "]"
	}
	head := strings.TrimRight("  "+names(flag)+" "+value, " ")
	lines := wrap(usage, Width-column)
	indent := strings.Repeat(" ", column)
	if utf8.RuneCountInString(head) > column-2 {
		return head + "\n" + indent + strings.Join(lines, "\n"+indent)
	}
	head += strings.Repeat(" ", column-utf8.RuneCountInString(head))
	return head + strings.Join(lines, "\n"+indent)
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

// Description returns a description whose paragraphs are wrapped. Lines that begin with a
// blank, or that are aligned by several blanks, stay as they are.
func Description(s string) string {
	var paragraphs []string
	for paragraph := range strings.SplitSeq(s, "\n\n") {
		if !strings.HasPrefix(paragraph, " ") && !strings.Contains(paragraph, "  ") {
			paragraph = strings.Join(wrap(paragraph, Width), "\n")
		}
		paragraphs = append(paragraphs, paragraph)
	}
	return strings.Join(paragraphs, "\n\n")
}

// wrap breaks a text into lines of at most width columns, between words.
func wrap(s string, width int) []string {
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
