//go:build unix

package conformance

import (
	"os/exec"
	"syscall"
)

// killWhole has a process killed together with those that it has started.
func killWhole(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
}
