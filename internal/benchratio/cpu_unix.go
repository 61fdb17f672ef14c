//go:build unix

package benchratio

import (
	"syscall"
	"time"
)

// CPU returns the processor time that this process has taken, on all cores.
func CPU() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return Wall()
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
