//go:build !windows

package main

import "os"

// showsColors reports whether a terminal acts on escape sequences.
func showsColors(*os.File) bool { return true }

// makePrivate is the command that lets only its owner read a file.
const makePrivate = "chmod 600 %s"
