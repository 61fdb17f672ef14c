//go:build !windows

package main

import "os"

// showsColors reports whether a terminal acts on escape sequences.
func showsColors(*os.File) bool { return true }
