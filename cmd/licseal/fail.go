package main

import "github.com/licseal/licseal/internal/fault"

// Exit codes, as package fault derives them from the reason of an error.
const (
	exitOK          = 0
	exitFailed      = 1 // could not be done: a file, the terminal, the program itself
	exitUsage       = 2
	exitNotALicence = 3
	exitSchema      = 4
	exitSignature   = 5
	exitNotYetValid = 6
	exitExpired     = 7
	exitRevoked     = 8
	exitRequirement = 9
)

func usagef(format string, args ...any) error { return fault.Usage(format, args...) }

func withHint(err error, format string, args ...any) error {
	return fault.WithHint(err, format, args...)
}

func about(file string, err error) error { return fault.About(file, err) }
