package main

import (
	"fmt"
	"os"
	"strings"
)

// writeSection writes findings into the section of a Markdown file that has a title, at
// the end of the file if no section has it. The rest of the file is kept.
func writeSection(path, title string, found findings) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(withSection(string(text), "## "+title, sectionOf(found))), 0o666)
}

// sectionOf returns the text of a section.
func sectionOf(found findings) string {
	var b strings.Builder
	b.WriteString(found.table)
	if len(found.total.unexplained) == 0 {
		return b.String()
	}
	b.WriteString("\nSurvivors without an explanation in this run:\n\n")
	for _, name := range found.total.unexplained {
		// Two backticks and blanks, since a name has backticks of its own.
		fmt.Fprintf(&b, "- `` %s ``\n", name)
	}
	return b.String()
}

// withSection returns a text in which the section with a heading has a new body.
func withSection(text, heading, body string) string {
	before, after, found := strings.Cut(text, heading+"\n")
	if !found {
		return strings.TrimRight(text, "\n") + "\n\n" + heading + "\n\n" + body
	}
	rest := ""
	if at := strings.Index(after, "\n## "); at >= 0 {
		rest = after[at:]
	}
	return before + heading + "\n\n" + body + rest
}
