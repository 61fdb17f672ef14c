//go:build linux

package main

import (
	"fmt"
	"io"
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

// oneLicence returns a folder with a licence in licence.json, and its key in vendor.pub.
func oneLicence(t *testing.T) string {
	dir := t.TempDir()
	mustRun(t, dir, "keygen", "-o", "vendor", "--no-passphrase")
	testenv.WriteFile(t, filepath.Join(dir, "plan.json"), fields)
	mustRun(t, dir, "sign", "-k", "vendor", "--from", "plan.json", "--expires", "+200d", "-o", "licence.json")
	return dir
}

// A folder of many licences takes no more memory than one of few, and shows progress.
func TestCheckManyFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("twenty thousand licences take minutes under the race detector")
	}
	dir := oneLicence(t)
	licence := filepath.Join(dir, "licence.json")
	memory, shown, took := map[int]int64{}, "", time.Duration(0)
	for _, count := range []int{100, 10_000} {
		folder := filepath.Join(dir, fmt.Sprint(count))
		for i := range count {
			sub := filepath.Join(folder, fmt.Sprint(i%100))
			if i < 100 {
				if err := os.MkdirAll(sub, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Link(licence, filepath.Join(sub, fmt.Sprintf("%d.json", i))); err != nil {
				t.Fatal(err)
			}
		}
		for _, format := range []string{"text", "json"} {
			var out strings.Builder
			cmd := exec.Command("licseal", "check", "-t", filepath.Join(dir, "vendor.pub"), "--format", format, folder)
			cmd.Stdout = &out
			start := time.Now()
			shown = runOnPTY(t, cmd)
			took = time.Since(start)
			if strings.Count(out.String(), ".json") != count {
				t.Fatalf("%d of %d licences", strings.Count(out.String(), ".json"), count)
			}
			usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
			memory[count] = max(memory[count], usage.Maxrss)
		}
	}
	if memory[10_000] > 2*memory[100] {
		t.Errorf("%d KiB for 10,000 licences, and %d KiB for 100", memory[10_000], memory[100])
	}
	many := []string{filepath.Join(dir, "10000")}
	for took < 2*time.Second { // a job of a second is not shown
		many = append(many, many...)
		cmd, start := exec.Command("licseal", append([]string{"check", "-t", filepath.Join(dir, "vendor.pub")}, many...)...), time.Now()
		cmd.Stdout = io.Discard
		shown = runOnPTY(t, cmd)
		took = time.Since(start)
	}
	if !regexp.MustCompile(`\r\x1b\[K[0-9,]+ licences, [0-9,]+ a second, [0-9]+ %, [0-9]+ s left`).MatchString(shown) || !strings.HasSuffix(shown, "\r\x1b[K") {
		t.Errorf("no progress on the terminal: %q", shown)
	}
}

// On a terminal the state of a licence has a colour, unless NO_COLOR is set.
func TestCheckColours(t *testing.T) {
	dir := oneLicence(t)
	one := []string{"check", "-t", filepath.Join(dir, "vendor.pub"), filepath.Join(dir, "licence.json")}
	if shown := onPTY(t, "", one); !strings.HasPrefix(shown, "\x1b[32mok\x1b[0m: ") {
		t.Errorf("no colour on the terminal: %q", shown)
	}
	if shown := onPTY(t, "NO_COLOR=1", one); strings.Contains(shown, "\x1b") {
		t.Errorf("colour although NO_COLOR is set: %q", shown)
	}
}

// onPTY runs licseal on a terminal, with one more variable unless that is "", and
// returns what is shown there.
func onPTY(t *testing.T, env string, args []string) string {
	t.Helper()
	cmd := exec.Command("licseal", args...)
	cmd.Env = append(os.Environ(), "TERM=xterm")
	if env != "" {
		cmd.Env = append(cmd.Env, env)
	}
	return runOnPTY(t, cmd)
}

// runOnPTY runs a command with standard error on a terminal, and standard output unless
// that goes elsewhere, and returns what is shown there.
func runOnPTY(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	person, terminal := openPTY(t)
	cmd.Stderr = terminal
	if cmd.Stdout == nil {
		cmd.Stdout = terminal
	}
	shown := make(chan string)
	go func() {
		data, _ := io.ReadAll(person) // ends with an error once nobody has the terminal open
		shown <- string(data)
	}()
	err := cmd.Run()
	terminal.Close()
	if text := <-shown; err == nil {
		return text
	} else {
		t.Fatalf("%v: %q", err, text)
		return ""
	}
}
