//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/licseal/licseal/internal/testenv"
)

func TestGuide(t *testing.T) { runGuide(t, "../../docs/licseald.md", 20) }

func TestEntitlementGuide(t *testing.T) { runGuide(t, "../../docs/entitlements.md", 15) }

// runGuide runs the very commands of a guide, at least so many, in one shell, with real
// programs. They print what the guide shows, where … is any text, and on a line of
// its own any lines, and any run of spaces is one.
func runGuide(t *testing.T, path string, atLeast int) {
	t.Parallel()
	guide := testenv.ReadFile(t, path)
	dir := t.TempDir()
	for name, data := range testenv.GuideFiles(string(guide)) {
		testenv.WriteFile(t, filepath.Join(dir, name), data)
	}
	commands, want := readGuide(string(guide))
	if len(commands) < atLeast {
		t.Fatalf("the guide has %d commands", len(commands))
	}
	const mark = "== guide, command"
	script := "trap 'kill $(jobs -p); wait' EXIT\n"
	for i, command := range commands {
		script += fmt.Sprintf("echo '%s %d'\n%s\n", mark, i, command)
	}
	testenv.Programs(t, "bash", "curl")
	ctx, cancel := context.WithTimeout(t.Context(), testenv.Patience) // a command may wait for something that does not come
	defer cancel()
	shell := exec.CommandContext(ctx, "bash", "-c", script)
	shell.Cancel = func() error { return shell.Process.Signal(syscall.SIGTERM) } // it stops what it has started
	shell.WaitDelay = 10 * time.Second
	shell.Dir = dir
	bin := filepath.Dir(testenv.Build(t, "licseal"))
	shell.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
	output := &testenv.Buffer{}
	shell.Stdout, shell.Stderr = output, output
	shell.Run() // the last command decides; each is looked at
	parts := regexp.MustCompile(mark+` \d+\n`).Split(output.String(), -1)[1:]
	if len(parts) != len(commands) {
		t.Fatalf("%d of %d commands ran:\n%s", len(parts), len(commands), output)
	}
	for i, got := range parts {
		if !matchesGuide(want[i], got) {
			t.Errorf("$ %s\nprints\n%s\nand not\n%s", commands[i], got, want[i])
		}
	}
}

// readGuide returns the commands of a guide and what each prints.
func readGuide(text string) (commands, outputs []string) {
	inside := false
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "```"):
			inside = strings.HasPrefix(line, "```console")
		case inside && strings.HasPrefix(line, "$ "):
			commands = append(commands, strings.TrimSpace(line[2:]))
			outputs = append(outputs, "")
		case inside:
			outputs[len(outputs)-1] += line
		}
	}
	return commands, outputs
}

func matchesGuide(want, got string) bool {
	pattern := `^`
	for line := range strings.Lines(want) {
		if strings.TrimSpace(line) == "…" {
			pattern += `(?:.*\n)*`
			continue
		}
		var words []string
		for _, word := range strings.Fields(line) {
			words = append(words, strings.ReplaceAll(regexp.QuoteMeta(word), "…", ".+"))
		}
		pattern += ` *` + strings.Join(words, ` +`) + ` *\n?`
	}
	return regexp.MustCompile(pattern + `$`).MatchString(got)
}
