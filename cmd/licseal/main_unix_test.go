//go:build unix

package main

import "syscall"

// setUmask makes the permissions of new files the same for everybody who runs the tests.
func setUmask() { syscall.Umask(0o022) }

// leaveTerminal leaves the terminal from which the tests were started.
func leaveTerminal() {
	if _, err := syscall.Setsid(); err != nil {
		panic(err)
	}
}
