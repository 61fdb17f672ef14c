package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/internal/testenv/leak"
	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain puts the test program in the PATH under the name licseal, by which it
// is the real program, and under others by which it runs command lines for ever, or with no terminal to ask on.
func TestMain(m *testing.M) {
	setClock()
	testenv.ExitAtOnce()
	flag.Set("test.parallel", "6") // those that are parallel wait for programs a good part of the time
	testscript.Main(leak.Checked(m), map[string]func(){
		"licseal": main, "licseal-for-ever": forEver, "licseal-without-terminal": withoutTerminal,
	})
}

// The variables that move the clock of the tests and of the programs that they run:
// LICSEAL_TEST_NOW is the instant at which the tests begin, such as
// 2026-12-30T23:59:58Z, and the other is how far that is from the clock of the machine.
const (
	testNow    = "LICSEAL_TEST_NOW"
	testOffset = "LICSEAL_TEST_OFFSET"
)

// defaultNow is when the tests begin if nothing else is said, whatever the day on
// which they are run: the licences in them were issued before, and expire later.
const defaultNow = "2026-11-27T12:00:00Z"

// setClock sets the clock: in the tests themselves first, and from then on in each
// program that they run, so that it goes on from one to the next.
func setClock() {
	if os.Getenv(testOffset) == "" { // in the tests themselves
		testenv.Isolate()
		setUmask()
		os.Setenv(testOffset, offsetTo(cmp.Or(os.Getenv(testNow), defaultNow)))
	}
	offset, err := time.ParseDuration(os.Getenv(testOffset))
	if err != nil {
		panic(err)
	}
	now = func() time.Time { return time.Now().Add(offset) }
}

// offsetTo returns how far an instant is from the clock of the machine.
func offsetTo(instant string) string {
	begin, err := time.Parse(time.RFC3339, instant)
	if err != nil {
		panic(err)
	}
	return time.Until(begin).Round(time.Millisecond).String()
}

// shiftOfDate is what 'date -d' needs beside a time to tell it by the clock of the tests.
func shiftOfDate() string {
	offset, _ := time.ParseDuration(os.Getenv(testOffset))
	moved, _ := strconv.ParseInt(os.Getenv(testenv.Clock), 10, 64)
	return fmt.Sprintf("%+d seconds", int64(offset/time.Second)+moved)
}

// withoutTerminal leaves the terminal, and runs its command line.
func withoutTerminal() {
	leaveTerminal()
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

// inDir returns the program with a command line, in a folder.
func inDir(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command("licseal", args...)
	cmd.Dir = dir
	return cmd
}

// runIn runs a command line in a folder, and returns all output.
func runIn(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := inDir(dir, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("licseal %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}
