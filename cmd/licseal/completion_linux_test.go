package main

import (
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/internal/text"
)

// TestCompletionInShells presses the tabulator key in real shells, after a part of a word
// and where a word is to begin.
func TestCompletionInShells(t *testing.T) {
	tests := []struct {
		shell string
		args  []string
		setup string
	}{
		{"bash", []string{"--noprofile", "--norc", "-i"},
			"bind 'set show-all-if-ambiguous on'; bind 'set page-completions off'; bind 'set completion-query-items 0'\n" +
				"bind 'set enable-bracketed-paste off'; eval \"$(licseal completion bash)\"\n"},
		{"zsh", []string{"-f", "-i"},
			"autoload -U compinit; compinit -D -u; LISTMAX=0; eval \"$(licseal completion zsh)\"\n"},
		{"zsh", []string{"-f", "-i"}, // as an installed file
			"mkdir functions; licseal completion zsh >functions/_licseal; fpath=($PWD/functions $fpath)\n" +
				"autoload -U compinit; compinit -D -u; LISTMAX=0\n"},
		{"fish", []string{"--no-config", "-i"}, "licseal completion fish | source\n"},
	}
	for _, test := range tests {
		t.Run(test.shell, func(t *testing.T) {
			testenv.Programs(t, test.shell)
			s := startShell(t, test.shell, test.args...)
			s.typeAndAwait(t, test.setup+"echo rea''dy\n", "ready")
			s.typeAndAwait(t, "licseal keyg\t", "licseal keygen")
			s.typeAndAwait(t, "--ty\t", "--type")
			s.typeAndAwait(t, "ed\t", "ed25519")
			s.typeAndAwait(t, "\x15licseal inspect lice\t", "licence of mine.json", "licence\\ of\\ mine.json", "'licence of mine.json'")
			s.typeAndAwait(t, "\x15licseal keygen --type=ec\t", "--type=ecdsa-p256")
			s.typeAndAwait(t, "\x15licseal \t", "canonical") // a list
			if !strings.Contains(s.text(), "completion") {
				t.Errorf("the list lacks a command: %q", s.text())
			}
		})
	}
}

// startShell starts a shell on a terminal of its own, in a folder with one file.
func startShell(t *testing.T, shell string, args ...string) *session {
	t.Helper()
	dir := t.TempDir()
	testenv.WriteFile(t, dir+"/licence of mine.json", "{}")
	s := &session{closed: make(chan struct{}), cmd: exec.Command(shell, args...)}
	s.person, s.terminal = openPTY(t)
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = s.terminal, s.terminal, s.terminal
	s.cmd.Dir = dir
	s.cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir, "ZDOTDIR="+dir, "TERM=xterm", "LC_ALL=C.UTF-8", "PS1=$ ")
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.cmd.Process.Kill()
		s.cmd.Wait()
		s.terminal.Close()
		<-s.closed
	})
	go s.watch()
	return s
}

// typeAndAwait types keys and waits until one of the texts has appeared after that.
func (s *session) typeAndAwait(t *testing.T, keys string, texts ...string) {
	t.Helper()
	before := len(s.text())
	io.WriteString(s.person, keys)
	testenv.WaitUntil(t, strings.Join(texts, " or ")+" after typing "+keys, func() bool {
		seen := escapeSequence().ReplaceAllString(s.text()[before:], "")
		return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(seen, text) })
	})
}

// escapeSequence matches what moves the cursor and changes colours.
var escapeSequence = text.Pattern(`\x1b\[[0-9;?]*[a-zA-Z]`)
