package clireference

import (
	"fmt"
	"strings"

	"github.com/licseal/licseal/internal/clihelp"
)

// manWidth is where lines of a man page's source are wrapped: escapes make them longer,
// and mandoc warns of those over 80 bytes.
const manWidth = 60

// Man returns the man page. date, as 2026-11-28, is when the page was changed.
func (p *Program) Man(date string) string {
	b := new(strings.Builder)
	fmt.Fprintf(b, ".\\\" Generated from the commands.\n.TH %s %d %s %s\n", strings.ToUpper(p.App.Name), p.Section, date, p.App.Name)
	fmt.Fprintf(b, ".SH NAME\n%s \\- %s\n", p.App.Name, roff(p.App.Usage))
	b.WriteString(".SH SYNOPSIS\n")
	lines(b, p.App.UsageText)
	program := p.program()
	if program.description != "" {
		b.WriteString(".SH DESCRIPTION\n")
		describe(b, program.description)
	}
	if len(program.flags) > 0 {
		b.WriteString(".SH OPTIONS\n")
		program.options(b)
	}
	b.WriteString(".SH COMMANDS\n")
	for _, c := range p.commands() {
		fmt.Fprintf(b, ".SS %s\n", roff(c.name))
		fill(b, capital(c.usage)+".")
		b.WriteString(".PP\n")
		lines(b, c.synopsis)
		if c.description != "" {
			b.WriteString(".PP\n")
			describe(b, c.description)
		}
		c.options(b)
	}
	definitions(b, "ENVIRONMENT", p.Variables)
	definitions(b, "EXIT STATUS", p.Exits)
	return b.String()
}

func (c part) options(b *strings.Builder) {
	for _, flag := range c.flags {
		names, value, usage := clihelp.Parts(flag)
		head := `\fB` + strings.ReplaceAll(roff(names), ", ", `\fR, \fB`) + `\fR`
		if value != "" {
			head += ` \fI` + roff(value) + `\fR`
		}
		fmt.Fprintf(b, ".TP\n%s\n", head)
		fill(b, usage)
	}
}

func definitions(b *strings.Builder, title string, rows [][2]string) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(b, ".SH %s\n", title)
	for _, row := range rows {
		fmt.Fprintf(b, ".TP\n\\fB%s\\fR\n", roff(row[0]))
		fill(b, row[1])
	}
}

func describe(b *strings.Builder, description string) {
	for i, p := range paragraphs(description) {
		if i > 0 {
			b.WriteString(".PP\n")
		}
		if p.laidOut {
			lines(b, p.text)
		} else {
			fill(b, p.text)
		}
	}
}

// fill writes text that man fills.
func fill(b *strings.Builder, text string) {
	for _, line := range clihelp.Wrap(text, manWidth) {
		b.WriteString(roff(line) + "\n")
	}
}

// lines writes lines that man keeps.
func lines(b *strings.Builder, text string) {
	b.WriteString(".nf\n")
	for line := range strings.SplitSeq(text, "\n") {
		b.WriteString(roff(line) + "\n")
	}
	b.WriteString(".fi\n")
}

// roff returns a line in which no character has a meaning for man.
func roff(line string) string {
	line = roffEscapes.Replace(line)
	if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
		return `\&` + line
	}
	return line
}

var roffEscapes = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", "\\(ga", "^", `\(ha`, "~", `\(ti`)

// ManOfHelp returns the man page of a program that has nothing but its help text: "NAME:
// what it does", the usage, and what the page shows as it is.
func ManOfHelp(section int, help, date string) string {
	head, rest, _ := strings.Cut(help, "\n\nusage: ")
	usage, description, _ := strings.Cut(rest, "\n\n")
	name, does, _ := strings.Cut(head, ": ")
	b := new(strings.Builder)
	fmt.Fprintf(b, ".\\\" Generated from the help text.\n.TH %s %d %s %s\n", strings.ToUpper(name), section, date, name)
	fmt.Fprintf(b, ".SH NAME\n%s \\- %s\n.SH SYNOPSIS\n", roff(name), roff(does))
	lines(b, strings.ReplaceAll(usage, "\n       ", "\n"))
	b.WriteString(".SH DESCRIPTION\n")
	lines(b, description)
	return b.String()
}
