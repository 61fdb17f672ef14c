package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// On a terminal, ten rejected rows are printed, and what became of the others. Elsewhere,
// and with --rejects, nothing changes.
func TestRejectsOnTerminal(t *testing.T) {
	for _, test := range []struct {
		rows, shown int
		hint        string
	}{
		{10, 10, ""},
		{11, 10, "1 more were rejected; --rejects FILE lists all, and can be corrected and given to --batch"},
		{1030, 10, "1,020 more were rejected; --rejects FILE lists all"},
	} {
		path := filepath.Join(t.TempDir(), "rows.ndjson")
		var text strings.Builder
		for i := range test.rows {
			fmt.Fprintf(&text, "broken %d\n", i)
		}
		if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		code, seen := startOnTerminal(t, "sign", "--batch", path, "--dry-run").end(t)
		if n := strings.Count(seen, "parse: "); code != exitNotALicence || n != test.shown || !strings.Contains(seen, test.hint) || test.hint == "" && strings.Contains(seen, "more were") {
			t.Errorf("%d rows, exit code %d: %d rejects are shown:\n%s", test.rows, code, n, seen)
		}
		out, _ := exec.Command("licseal", "sign", "--batch", path, "--dry-run").CombinedOutput()
		if n := strings.Count(string(out), "parse: "); n != test.rows || strings.Contains(string(out), "more were") {
			t.Errorf("%d rows: %d rejects are in the pipe", test.rows, n)
		}
		rejects := filepath.Join(t.TempDir(), "rejects")
		if _, seen := startOnTerminal(t, "sign", "--batch", path, "--dry-run", "--rejects", rejects).end(t); strings.Contains(seen, "more were") || strings.Contains(seen, "parse: ") {
			t.Errorf("with --rejects: %s", seen)
		}
	}
}
