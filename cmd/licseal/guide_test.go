//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/needs"
)

// fields are what the guides sign.
const fields = `{"admin_seats":"5","customer":"Example Company, Inc","dataplanes":"2","license_key":"LS-0001","product_subscription":"Konnect Enterprise","support_plan":"None"}`

// codeWord begins the error of a command that must fail.
var failed = regexp.MustCompile(`(?m)^(error|usage|parse|schema|signature|not-yet-valid|expired|revoked|requirement|revocation-list|clock|state): `)

// step is a command of a guide and what it prints.
type step struct{ command, output string }

// TestRotationGuide runs the very commands of docs/rotation.md: each section in a
// folder of its own, after those of the first. They print what stands there, where
// … is any text, and on a line of its own any lines, and any run of spaces is one;
// where that is an error, they fail.
func TestRotationGuide(t *testing.T) {
	text, err := os.ReadFile("../../docs/rotation.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := strings.Split(string(text), "\n## ")[1:]
	begin := steps(sections[0])
	for _, section := range sections[1:] {
		title, _, _ := strings.Cut(section, "\n")
		t.Run(title, func(t *testing.T) {
			own := steps(section)
			if len(begin) == 0 || len(own) == 0 {
				t.Fatal("no commands")
			}
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "fields.json"), []byte(fields), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, s := range append(begin, own...) {
				s.run(t, dir)
			}
		})
	}
}

// steps returns the commands in the console blocks of a section.
func steps(section string) (found []step) {
	for i, block := range strings.Split(section, "```") {
		lines, isConsole := strings.CutPrefix(block, "console\n")
		if i%2 == 0 || !isConsole {
			continue
		}
		for _, part := range strings.Split("\n"+lines, "\n$ ")[1:] {
			command, output, _ := strings.Cut(part, "\n")
			if output = strings.TrimRight(output, "\n"); output != "" {
				output += "\n"
			}
			found = append(found, step{command, output})
		}
	}
	return found
}

func (s step) run(t *testing.T, dir string) {
	t.Helper()
	if program, _, _ := strings.Cut(s.command, " "); strings.HasPrefix(program, "ssh-") {
		needs.Programs(t, program)
	}
	cmd := exec.Command("sh", "-c", s.command)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if mustFail := failed.MatchString(s.output); (err != nil) != mustFail {
		t.Fatalf("$ %s\n%s%v", s.command, out, err)
	}
	pattern := regexp.MustCompile(`(?m)^…$`).ReplaceAllString(regexp.QuoteMeta(oneSpace(s.output)), "(?s:.*)")
	pattern = strings.ReplaceAll(pattern, "…", ".*")
	if got := oneSpace(withoutHints(string(out))); !regexp.MustCompile(`\A` + pattern + `\z`).MatchString(got) {
		t.Fatalf("$ %s\nprinted\n%s\nand not\n%s", s.command, got, s.output)
	}
}

func oneSpace(text string) string { return regexp.MustCompile(` +`).ReplaceAllString(text, " ") }

func withoutHints(text string) string {
	return regexp.MustCompile(`(?m)^hint: .*\n`).ReplaceAllString(text, "")
}

// TestEntitlementGuide does the same with docs/entitlements.md, in one folder, with
// the plan that stands there.
func TestEntitlementGuide(t *testing.T) {
	text, err := os.ReadFile("../../docs/entitlements.md")
	if err != nil {
		t.Fatal(err)
	}
	_, plan, ok := strings.Cut(string(text), "```json\n")
	plan, _, closed := strings.Cut(plan, "```")
	if !ok || !closed {
		t.Fatal("no plan")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "plan.json"), []byte(plan), 0o600); err != nil {
		t.Fatal(err)
	}
	all := steps(string(text))
	if len(all) < 6 {
		t.Fatalf("%d commands", len(all))
	}
	for _, s := range all {
		s.run(t, dir)
	}
}
