package main

import (
	"os"
	"runtime/debug"
)

// tuneMemory lets the garbage collector run seldom, as far as memory allows that
// grows only with what is kept of each row: its id. It leaves alone what GOGC
// and GOMEMLIMIT say.
func tuneMemory(rows int) {
	const base, perRow, step = 40 << 20, 32, 1 << 16
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" || rows%step != 0 {
		return
	}
	if rows == 0 {
		debug.SetGCPercent(400)
	}
	debug.SetMemoryLimit(base + perRow*int64(rows))
}
