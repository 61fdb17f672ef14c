// Package needs lets tests say which programs they run, and what else they need of
// the machine. Where it is missing, the test is skipped, so that Go alone is enough to test the rest. Where
// the variable LICSEAL_TEST_ALL is set, as in .ci/run, the test fails.
package needs

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// Variable is set where every test must run.
const Variable = "LICSEAL_TEST_ALL"

// Programs skips or fails the test unless all of the programs are in PATH.
func Programs(t testing.TB, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			Missing(t, name+" is not installed")
		}
	}
}

// Missing skips the test, or fails it where every test must run.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv(Variable) != "" {
		t.Fatalf("%s, and %s is set", what, Variable)
	}
	t.Skip(what)
}

// Demanded returns an error about what is missing where every test must run, for
// the conditions of scripts.
func Demanded(what string) error {
	if os.Getenv(Variable) == "" {
		return nil
	}
	return fmt.Errorf("there is no %s here, and %s is set", what, Variable)
}

// Scripts fails the test if every test must run and one of the programs is not in
// PATH. It is for scripts, which leave out what they cannot run.
func Scripts(t testing.TB, names ...string) {
	t.Helper()
	if os.Getenv(Variable) != "" {
		Programs(t, names...)
	}
}
