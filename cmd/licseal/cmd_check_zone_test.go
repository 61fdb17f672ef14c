package main

import (
	"os/exec"
	"strings"
	"testing"
)

// Time zones are in the program, for images that have nothing else in them. Where
// this test runs, there are files of them too, so it looks at what is linked.
func TestZonesAreBuiltIn(t *testing.T) {
	deps, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(deps), "\ntime/tzdata\n") {
		t.Error("time/tzdata is not linked")
	}
}
