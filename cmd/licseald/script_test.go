//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/licseal/licseal/internal/testenv"
	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs the sessions in testdata/script. In them, licseald and licseal
// are the real programs, and so are curl, http and jq. What testscript does not
// have:
//
//	serve ARGS…              start licseald; its address is $URL
//	exits CODE PROGRAM ARGS… run a program that must end with this exit code
func TestScripts(t *testing.T) {
	testenv.Scripts(t, "openssl", "jq", "curl", "http")
	bin := filepath.Dir(testenv.Build(t, "licseal"))
	published, err := filepath.Abs("../../testdata/published")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                "testdata/script",
		RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("PATH", bin+string(os.PathListSeparator)+e.Getenv("PATH"))
			e.Setenv("PUBLISHED", published)
			e.Setenv(testenv.Race, os.Getenv(testenv.Race))
			e.Setenv(testenv.Clock, os.Getenv(testenv.Clock))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"serve": serveInScript, "exits": exits},
	})
}

func serveInScript(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: serve ARGS…")
	}
	for i := range args {
		if _, err := os.Stat(ts.MkAbs(args[i])); err == nil {
			args[i] = ts.MkAbs(args[i])
		}
	}
	p, err := tryStart(args...)
	ts.Check(err)
	ts.Defer(p.kill)
	ts.Setenv("URL", p.url)
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got, err = exit.ExitCode(), nil
	}
	ts.Check(err)
	if got != want {
		ts.Fatalf("%s ended with exit code %d, not %d", args[1], got, want)
	}
}
