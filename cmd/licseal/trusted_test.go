package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// All files of trusted keys of a command line are treated as one: a second file does
// not undo a retirement in the first, in whatever command.
func TestTrustedFilesAreOne(t *testing.T) {
	t.Chdir(t.TempDir())
	files := secretFixtures(t)
	for name, text := range files {
		if strings.Contains(name, "/") {
			continue
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	retired := fmt.Sprintf(`v valid-before="20260101Z" %sv valid-before="20260101Z" %s`, files["vendor.pub"], files["list.pub"])
	if err := os.WriteFile("retired.keys", []byte(retired), 0o600); err != nil {
		t.Fatal(err)
	}
	trust := regexp.MustCompile(` -t (vendor|list)\.pub`)
	seen := map[string]bool{}
	for _, line := range secretLines {
		given := trust.FindString(line)
		if given == "" {
			continue
		}
		for _, both := range []string{" -t retired.keys" + given, given + " -t retired.keys"} {
			args := strings.Fields(strings.Replace(line, given, both, 1))
			code, stdout, stderr := captured(t, args)
			if code == exitOK || !strings.Contains(stderr, " already, for other dates: remove one of the two") {
				t.Errorf("%s: exit %d\n%s%s", strings.Join(args, " "), code, stdout, stderr)
			}
			seen[args[0]], seen[args[0]+" "+args[1]] = true, true
		}
	}
	for command, cmd := range leaves(newApp().Commands) {
		for _, p := range places(cmd) {
			if p.flag == "-t" && !seen[command] {
				t.Errorf("no line for %s", command)
			}
		}
	}
}
