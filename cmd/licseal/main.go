// Command licseal issues, signs, verifies and checks software licences without
// a network.
package main

import (
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // for --zone where there are no files: an image with nothing but the program
)

func main() {
	// A closed pipe is an error to report like any other, not a silent death.
	signal.Ignore(syscall.SIGPIPE)
	os.Exit(run(os.Args))
}
