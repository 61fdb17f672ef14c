package clireference

import (
	"fmt"
	"strings"

	"github.com/licseal/licseal/internal/clihelp"
)

// markdownWidth is where lines of Markdown are wrapped, as in the other documents.
const markdownWidth = 90

// Markdown returns the reference as a Markdown file.
func (p *Program) Markdown() string {
	var b strings.Builder
	b.WriteString("<!-- Generated from the commands. -->\n\n")
	p.program().markdown(&b, "#")
	commands := p.commands()
	b.WriteString("\n## Commands\n\n| command | what it does |\n| --- | --- |\n")
	for _, c := range commands {
		fmt.Fprintf(&b, "| [`%s`](#%s) | %s |\n", c.name, strings.ReplaceAll(c.name, " ", "-"), escapeMarkdown(c.usage))
	}
	markdownTable(&b, "Environment", "variable", p.Variables)
	markdownTable(&b, "Exit codes", "code", p.Exits)
	for _, c := range commands {
		b.WriteString("\n")
		c.markdown(&b, "##")
	}
	return b.String()
}

func markdownTable(b *strings.Builder, title, column string, rows [][2]string) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(b, "\n## %s\n\n| %s | meaning |\n| --- | --- |\n", title, column)
	for _, row := range rows {
		fmt.Fprintf(b, "| `%s` | %s |\n", row[0], escapeMarkdown(row[1]))
	}
}

func (c part) markdown(b *strings.Builder, heading string) {
	fmt.Fprintf(b, "%s %s\n\n%s.\n\n```text\n%s\n```\n", heading, c.name, escapeMarkdown(capital(c.usage)), c.synopsis)
	for _, p := range paragraphs(c.description) {
		switch {
		case p.laidOut:
			fmt.Fprintf(b, "\n```text\n%s\n```\n", p.text)
		default:
			fmt.Fprintf(b, "\n%s\n", strings.Join(clihelp.Wrap(escapeMarkdown(p.text), markdownWidth), "\n"))
		}
	}
	for i, flag := range c.flags {
		if i == 0 {
			b.WriteString("\n| flag | what it does |\n| --- | --- |\n")
		}
		names, value, usage := clihelp.Parts(flag)
		fmt.Fprintf(b, "| `%s` | %s |\n", strings.TrimSpace(names+" "+value), escapeMarkdown(usage))
	}
}

// escapeMarkdown returns a text in which no character has a meaning for Markdown.
func escapeMarkdown(s string) string { return markdownEscapes.Replace(s) }

var markdownEscapes = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "<", `\<`, "[", `\[`, "|", `\|`)

// capital returns a sentence with a capital letter at its beginning.
func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
