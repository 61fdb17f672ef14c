package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// showsColors reports whether a console acts on escape sequences. It asks the console
// to do so: older ones show them as text otherwise.
func showsColors(console *os.File) bool {
	var mode uint32
	handle := windows.Handle(console.Fd())
	if windows.GetConsoleMode(handle, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(handle, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}

// makePrivate returns the command that lets only its owner read a file.
func makePrivate(path string) string {
	return `icacls "` + path + `" /inheritance:r /grant:r %USERNAME%:F`
}
