// Command licseal issues, signs, verifies and checks software licences without
// a network.
//
// Each command is a file cmd_NAME.go: its flags, one call of the library, one print.
// What two commands share is in files without that prefix. The conventions:
//
//   - Lines for people are written by say and show (standard output), and by note, warn
//     and hint (standard error). They escape their arguments; a text.Line is text that
//     is escaped already, and text.Block and text.Table build several lines.
//   - What programs read, byte for byte, is written by result, document, printJSON
//     and writeResult.
//   - An error is returned, never printed: fault.Usage for a wrong command line,
//     fault.About for the file that it is about, fault.WithHint for the remedy. Its
//     word and its exit code derive from its reason.
package main

import (
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // for --zone on systems without time zone files
)

func main() {
	// A closed pipe is an error to report like any other, not a silent death.
	signal.Ignore(syscall.SIGPIPE)
	os.Exit(run(os.Args))
}
