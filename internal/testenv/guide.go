package testenv

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/licseal/licseal/internal/text"
)

// GuideFiles returns the files that a guide shows: a block of text after a line that ends
// with "as `NAME`:".
func GuideFiles(guide string) map[string]string {
	files := map[string]string{}
	for _, m := range guideFile.FindAllStringSubmatch(guide, -1) {
		files[m[1]] = m[2]
	}
	return files
}

var guideFile = regexp.MustCompile("(?ms)as\\s`([^`\n]+)`:\n\n```[a-z]*\n(.*?)^```")

// GuideStep is a command of a guide and what it prints.
type GuideStep struct{ Command, Output string }

// GuideSteps returns the commands in the console blocks of a guide, or of a part of one.
func GuideSteps(guide string) (found []GuideStep) {
	for i, block := range strings.Split(guide, "```") {
		lines, isConsole := strings.CutPrefix(block, "console\n")
		if i%2 == 0 || !isConsole {
			continue
		}
		for _, part := range strings.Split("\n"+lines, "\n$ ")[1:] {
			command, output, _ := strings.Cut(part, "\n")
			for strings.HasSuffix(command, `\`) || strings.HasSuffix(command, "|") {
				var more string
				more, output, _ = strings.Cut(output, "\n")
				command += "\n" + more
			}
			if output = strings.TrimRight(output, "\n"); output != "" {
				output += "\n"
			}
			found = append(found, GuideStep{command, output})
		}
	}
	return found
}

// GuideError matches the beginning of the error of a command that must fail.
var GuideError = text.Pattern(`(?m)^(error|usage|parse|schema|signature|trust|not-yet-valid|expired|revoked|requirement|revocation-list|clock|state): |^[0-9]+ rows.* rejected `)

// Compare returns an error unless a command has printed what the guide shows, where … is
// any text, or any lines if it is alone on a line, and any run of spaces is one. Hints are
// left out. It must have failed if the guide shows an error.
func (s GuideStep) Compare(out string, hasFailed bool) error {
	if mustFail := GuideError().MatchString(s.Output); hasFailed != mustFail {
		return fmt.Errorf("$ %s\n%s\nfailed: %v", s.Command, out, hasFailed)
	}
	pattern := regexp.MustCompile(`(?m)^…$`).ReplaceAllString(regexp.QuoteMeta(oneSpace(s.Output)), "(?s:.*)")
	pattern = strings.ReplaceAll(pattern, "…", ".*")
	got := oneSpace(regexp.MustCompile(`(?m)^hint: .*\n`).ReplaceAllString(out, ""))
	if !regexp.MustCompile(`\A` + pattern + `\z`).MatchString(got) {
		return fmt.Errorf("$ %s\nprinted\n%s\nand not\n%s", s.Command, got, s.Output)
	}
	return nil
}

func oneSpace(text string) string { return regexp.MustCompile(` +`).ReplaceAllString(text, " ") }
