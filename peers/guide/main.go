// Command guide runs the commands of guides as a reader would: from top to bottom, in one
// shell and an empty folder with the files that the guide shows. It prints each command
// that fails although the guide shows no error, or that does not fail although the guide
// shows one, and exits with 1 if there are any.
//
//	go run ./guide ../docs/rotation.md…
//
// What commands print is not compared: it depends on the day. The tests of licseal do that,
// with another clock.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/licseal/licseal/internal/testenv"
)

func main() {
	failures := 0
	for _, path := range os.Args[1:] {
		n, err := run(path)
		if err != nil {
			fmt.Fprintln(os.Stderr, "guide:", err)
			os.Exit(1)
		}
		failures += n
	}
	if failures > 0 {
		os.Exit(1)
	}
}

// notHere matches commands that need what a guide says the reader has: Go and the source, a
// gateway, a cluster, a batch of the reader's own.
var notHere = regexp.MustCompile(`(^|[ ;(])(go|kubectl|git|podman) |localhost:8001|apt install`)

// alone matches the guides whose sections each begin in an empty folder, after the commands
// of the first.
var alone = regexp.MustCompile(`(rotation|trusted-keys|bulk|check|register)\.md$`)

// run runs a guide and returns how many commands did not do what it says.
func run(path string) (failures int, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	guide := string(text)
	parts := [][]testenv.GuideStep{testenv.GuideSteps(guide)}
	switch name := filepath.Base(path); {
	case name == "README.md": // its other parts show a part of what guides show whole
		first := testenv.GuideSteps(section(guide, "Sign and verify"))
		parts = [][]testenv.GuideStep{first, append(slices.Clone(first[:1]), testenv.GuideSteps(section(guide, "Your own product"))...)}
	case alone.MatchString(name):
		sections := strings.Split(guide, "\n## ")[1:]
		parts = nil
		for _, part := range sections[1:] {
			if own := testenv.GuideSteps(part); len(own) > 0 {
				parts = append(parts, append(testenv.GuideSteps(sections[0]), own...))
			}
		}
	}
	ran := 0
	for _, steps := range parts {
		failed, err := runSteps(path, steps, testenv.GuideFiles(guide))
		if err != nil {
			return failures, err
		}
		ran += len(steps)
		failures += failed
	}
	fmt.Printf("%s: %d commands, %d did something else\n", path, ran, failures)
	return failures, nil
}

// section returns a section of a guide.
func section(guide, title string) string {
	_, text, _ := strings.Cut(guide, "\n## "+title+"\n")
	text, _, _ = strings.Cut(text, "\n## ")
	return text
}

const mark = "== ended with "

// runSteps runs commands in one shell and prints those that did something else.
func runSteps(path string, steps []testenv.GuideStep, files map[string]string) (failures int, err error) {
	dir, err := os.MkdirTemp("", "guide-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	files["defaults.json"] = `{"admin_seats":"5","dataplanes":"2","product_subscription":"Konnect Enterprise","support_plan":"None"}`
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			return 0, err
		}
	}
	script := "trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT\n"
	for _, s := range steps {
		script += fmt.Sprintf("%s\necho '%s'$?\n", withoutQuestions(s.Command), mark)
	}
	shell := exec.Command("timeout", "300", "bash", "-c", script)
	shell.Dir = dir
	out, _ := shell.CombinedOutput()
	ended := regexp.MustCompile(mark+`(\d+)\n`).FindAllStringSubmatch(string(out), -1)
	said := regexp.MustCompile(mark+`\d+\n`).Split(string(out), -1)
	for i, s := range steps {
		if i >= len(ended) {
			fmt.Printf("%s: %d commands did not run, from this on:\n$ %s\n%s\n", path, len(steps)-i, s.Command, said[len(said)-1])
			return failures + len(steps) - i, nil
		}
		if fails := ended[i][1] != "0"; fails != testenv.GuideError().MatchString(s.Output) && !strings.HasPrefix(withoutQuestions(s.Command), ":") {
			failures++
			fmt.Printf("%s: ended with %s\n$ %s\n%s\n", path, ended[i][1], s.Command, said[i])
		}
	}
	return failures, nil
}

// withoutQuestions returns a command that does not ask for a passphrase, since there is
// nobody to ask, or one that does nothing if it needs what is not here.
func withoutQuestions(command string) string {
	if notHere.MatchString(command) {
		return ":"
	}
	if strings.HasPrefix(command, "licseal keygen") && !strings.Contains(command, "passphrase") {
		return command + " --no-passphrase"
	}
	return command
}
