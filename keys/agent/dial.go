package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
)

// ErrNoAgent means that the environment names no SSH agent.
var ErrNoAgent = errors.New("there is no SSH agent: SSH_AUTH_SOCK is not set")

// pipes is the folder of named pipes on Windows.
const pipes = `\\.\pipe\`

// Dial connects to the SSH agent of this machine: the Unix socket or the named pipe
// in the environment variable SSH_AUTH_SOCK, or else, on Windows, the agent of
// OpenSSH. If there is no address, the error is [ErrNoAgent].
func Dial(ctx context.Context) (io.ReadWriteCloser, error) {
	path := os.Getenv("SSH_AUTH_SOCK")
	if path == "" && runtime.GOOS == "windows" {
		path = pipes + "openssh-ssh-agent"
	}
	if path == "" {
		return nil, ErrNoAgent
	}
	var conn io.ReadWriteCloser
	var err error
	if strings.HasPrefix(path, pipes) {
		conn, err = os.OpenFile(path, os.O_RDWR, 0)
	} else {
		conn, err = new(net.Dialer).DialContext(ctx, "unix", path)
	}
	if err != nil {
		return nil, fmt.Errorf("no SSH agent answers at SSH_AUTH_SOCK, %s: %w", path, cause(err))
	}
	return conn, nil
}

// cause returns an error of package net or os without the address, which the
// message names already.
func cause(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err
	}
	if path, ok := errors.AsType[*os.PathError](err); ok {
		return path.Err
	}
	return err
}
