package main

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"
)

// Packages do little when the program starts: most commands need few of them. What
// takes time there is regular expressions and tables, and they allocate memory.
func TestStartsFast(t *testing.T) {
	const most = 300 // allocations of one package; a regular expression takes 50 to 2000
	c := exec.Command("licseal", "--version")
	c.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	packages := regexp.MustCompile(`(?m)^init (github\.com/licseal/\S+) .* (\d+) allocs$`).FindAllSubmatch(out, -1)
	if len(packages) < 5 {
		t.Errorf("%d packages are in the trace:\n%s", len(packages), out)
	}
	for _, p := range packages {
		if n, _ := strconv.Atoi(string(p[2])); n > most {
			t.Errorf("%s: %d allocations, want at most %d", p[1], n, most)
		}
	}
}
