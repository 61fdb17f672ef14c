package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain puts the test program in the PATH under the name licseal, by which it
// is the real program.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"licseal": main})
}
