//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/internal/text"
)

// hostile is a name that prints a line of its own, clears the screen and turns the
// reading direction, where it is printed raw.
const hostile = "x.json\nacme.json: valid until 2099-01-01\x1b[2J\u202e\u0085\xff"

// Whatever files and fields are called, batch commands print the lines that they
// mean to, and no character that a terminal acts on.
func TestBatchHostileNames(t *testing.T) {
	dir := batchDir(t, 3)
	template := strings.Replace(string(readIn(t, dir, "template.json")), `"dataplanes"`, `"admin_seats":"1","dataplanes"`, 1)
	for name, data := range map[string]string{
		"t" + hostile:          template,
		"b" + hostile:          "license_key,customer\nA-1," + `"` + "c\x1b[2J\u202e\",5\n\"A-2" + hostile + "\",Acme\nA-3,Acme\n",
		"columns" + hostile:    "license_key,customer,dataplanes:\nA-1,Acme,\"\u202ex\"\n",
		"header" + hostile:     "a\x1bb\n1\n",
		"field" + hostile:      "license_key,a\u202eb:\nA-1,x\n",
		"none" + hostile:       "",
		"d/broken" + hostile:   "{\"\x1b[2J\u202e\"",
		"d/large" + hostile:    strings.Repeat("x", 100_000),
		"l" + hostile:          "broken\x1b\n{}\n",
		"e/" + hostile:         "{}",
		"j" + hostile + ".csv": "license_key,customer\nA-3,Acme\n,Acme\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
			testenv.Missing(t, "a file system that takes such names")
		}
	}
	sign := func(batch string, args ...string) []string {
		return append([]string{"sign", "-k", "vendor.key", "--from", "t" + hostile, "--batch", batch}, args...)
	}
	verify := []string{"verify", "-t", "vendor.key.pub", "--at", "2026-06-01", "--batch"}
	merge := []string{"merge", "-o", "m" + hostile}
	for _, test := range []struct {
		args  []string
		lines int // of standard output and standard error together, licences excepted; 0 if hints may follow
	}{
		{sign("b"+hostile, "-o", "o"+hostile), 3},
		{sign("b"+hostile, "-o", "o"+hostile), 2},                                         // it exists
		{sign("b"+hostile, "-o", "o"+hostile, "--resume"), 4},                             // it is complete
		{sign("columns"+hostile, "-o", "o"+hostile, "--resume"), 0},                       // other rows
		{sign("j"+hostile+".csv", "--out-dir", "e", "--out-name", hostile+"{a}"), 3},      // no such field
		{sign("b"+hostile, "--out-dir", "out"+hostile, "--out-name", "{license_key}"), 3}, // a folder
		{sign("columns"+hostile, "--rejects", "r"+hostile), 1},
		{sign("columns"+hostile, "--rejects", "r"+hostile), 2}, // it exists
		{sign("header"+hostile, "-o", "h"), 1},
		{sign("field"+hostile, "-o", "h"), 0}, // with a hint
		{sign("none"+hostile, "-o", "folder"+hostile+"/o"), 1},
		{sign("missing"+hostile, "-o", "h"), 1},
		{sign("b"+hostile, "--rejects", "b"+hostile), 1},
		{sign("b"+hostile, "--shard", hostile), 1},
		{sign("j"+hostile+".csv", "--shard", "1/2", "-o", "p"+hostile), 1},
		{append(merge, "p"+hostile), 1},
		{append(merge, "o"+hostile), 1},
		{append(merge, "missing"+hostile), 1},
		{append(verify, "o"+hostile, "d", "l"+hostile, "missing"+hostile, "[*"+hostile, "e/"+hostile), 8},
		{append(verify, "--json", "d", "l"+hostile), 4},
	} {
		cmd := exec.Command("licseal", test.args...)
		cmd.Dir = dir
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		cmd.Run() // with any exit code
		if cmd.ProcessState == nil {
			t.Fatal("it was not started")
		}
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		for _, line := range lines {
			for _, r := range line {
				if !text.Visible(r) {
					t.Errorf("licseal %q prints %U raw: %q", test.args, r, line)
				}
			}
			if strings.HasPrefix(line, "acme.json") {
				t.Errorf("licseal %q prints a forged line: %q", test.args, line)
			}
		}
		if test.lines > 0 && len(lines) != test.lines {
			t.Errorf("licseal %q prints %d lines, not %d:\n%s", test.args, len(lines), test.lines, out.String())
		}
	}
}
