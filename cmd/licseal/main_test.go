package main

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain puts the test program in the PATH under the name licseal, by which it
// is the real program, and under others by which it runs command lines for ever, or with no terminal to ask on.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"licseal": main, "licseal-for-ever": forEver, "licseal-without-terminal": withoutTerminal,
	})
}

// withoutTerminal leaves the terminal, and runs its command line.
func withoutTerminal() {
	if _, err := syscall.Setsid(); err != nil {
		panic(err)
	}
	main()
}

// forEver runs the command lines that its arguments are, with ";" between them,
// until it is killed.
func forEver() {
	commands := strings.Split(strings.Join(os.Args[1:], "\x00"), "\x00;\x00")
	for i := 0; ; i++ {
		run(append([]string{"licseal"}, strings.Split(commands[i%len(commands)], "\x00")...))
	}
}
