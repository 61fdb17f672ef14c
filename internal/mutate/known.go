package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

// readKnown reads the survivors that change nothing: a line with the name of the
// change, and a line with the reason, which is indented. Empty lines and lines that
// begin with # are skipped.
func readKnown(path string) (map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	known := make(map[string]string)
	name := ""
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		reason, indented := strings.CutPrefix(line, "\t")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case indented && name != "":
			known[name], name = reason, ""
		case indented || name != "":
			return nil, fmt.Errorf("%s:%d: a name and its reason, which is indented, take turns", path, n)
		default:
			name = line
		}
	}
	if name != "" {
		return nil, fmt.Errorf("%s: %q has no reason", path, name)
	}
	return known, lines.Err()
}
