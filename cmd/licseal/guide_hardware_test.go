//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/testenv"
)

// TestHardwareGuide runs the commands of docs/hardware-keys.md that need no hardware, in
// one shell, with SoftHSM and a real agent. The PIN is typed by a program.
func TestHardwareGuide(t *testing.T) {
	testenv.Programs(t, "bash", "softhsm2-util", "pkcs11-tool", "ssh-agent", "ssh-add")
	guide, err := os.ReadFile("../../docs/hardware-keys.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, data := range testenv.GuideFiles(string(guide)) {
		testenv.WriteFile(t, filepath.Join(dir, name), data)
	}
	pin := filepath.Join(dir, "type-pin")
	testenv.WriteFile(t, pin, "#!/bin/sh\necho 123456\n")
	if err := os.Chmod(pin, 0o700); err != nil {
		t.Fatal(err)
	}
	all := steps(string(guide))
	if len(all) < 20 {
		t.Fatalf("%d commands", len(all))
	}
	const mark = "== ended with"
	script := "trap '[ -z \"$SSH_AGENT_PID\" ] || ssh-agent -k >/dev/null' EXIT\n"
	for _, s := range all {
		script += fmt.Sprintf("%s\necho '%s '$?\n", s.Command, mark)
	}
	shell := exec.Command("bash", "-c", script)
	shell.Dir = dir
	shell.Env = append(onDefaultDay(), "SSH_ASKPASS="+pin, "SSH_ASKPASS_REQUIRE=force", "SSH_AUTH_SOCK=", "SSH_AGENT_PID=")
	out, err := shell.CombinedOutput()
	parts := regexp.MustCompile(mark+` (\d+)\n`).Split(string(out), -1)
	codes := regexp.MustCompile(mark+` (\d+)\n`).FindAllStringSubmatch(string(out), -1)
	if len(codes) != len(all) {
		t.Fatalf("%d of %d commands ran: %v\n%s", len(codes), len(all), err, out)
	}
	for i, s := range all {
		s.compare(t, strings.TrimLeft(parts[i], "\n"), codes[i][1] != "0")
	}
}
