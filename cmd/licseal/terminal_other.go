//go:build !windows

package main

import "os"

// showsColors reports whether a terminal acts on escape sequences.
func showsColors(*os.File) bool { return true }

// makePrivate returns the command that lets only its owner read a file.
func makePrivate(path string) string { return "chmod 600 " + path }
