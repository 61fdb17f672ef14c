package main

import (
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain puts the test program in the PATH under the name licseal, by which it
// is the real program, and under another by which it runs command lines for ever.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"licseal": main, "licseal-for-ever": forEver})
}

// forEver runs the command lines that its arguments are, with ";" between them,
// until it is killed.
func forEver() {
	commands := strings.Split(strings.Join(os.Args[1:], "\x00"), "\x00;\x00")
	for i := 0; ; i++ {
		run(append([]string{"licseal"}, strings.Split(commands[i%len(commands)], "\x00")...))
	}
}
