package main

import (
	"os"
	"runtime/debug"
)

// tuneMemory lets the garbage collector run seldom, as far as memory allows that
// grows only with what is kept of each row: its id. It leaves alone what GOGC
// and GOMEMLIMIT say.
func tuneMemory(rows int) {
	const perRow, step = 32, 1 << 16
	if rows%step == 0 {
		allowMemory(perRow * int64(rows))
	}
}

// allowMemory allows for some memory beside what each run needs. Without that, the
// garbage collector would run all the time.
func allowMemory(kept int64) {
	const base = 40 << 20
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(base + kept)
}
