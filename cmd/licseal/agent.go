package main

import (
	"crypto"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"

	"github.com/licseal/licseal/keys/agent"
)

// windowsAgent is where OpenSSH's agent listens on Windows.
const windowsAgent = `\\.\pipe\openssh-ssh-agent`

// agentKey finds a key in the SSH agent. The connection stays open until the
// program ends.
func agentKey(name string) (crypto.Signer, error) {
	if name == "" {
		return nil, usagef("-k agent: needs a key: agent:SHA256:… or agent:COMMENT; ssh-add -l lists them")
	}
	conn, err := dialAgent()
	if err != nil {
		return nil, err
	}
	key, err := agent.Signer(conn, name)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return key, nil
}

// dialAgent connects to the agent on this machine, over a Unix socket or a named
// pipe.
func dialAgent() (io.ReadWriteCloser, error) {
	path := os.Getenv("SSH_AUTH_SOCK")
	if path == "" && runtime.GOOS == "windows" {
		path = windowsAgent
	}
	if path == "" {
		return nil, withHint(errors.New("there is no SSH agent: SSH_AUTH_SOCK is not set"), `eval "$(ssh-agent)" starts one, ssh-add FILE gives it a key`)
	}
	var conn io.ReadWriteCloser
	var err error
	if strings.HasPrefix(path, `\\.\pipe\`) {
		conn, err = os.OpenFile(path, os.O_RDWR, 0)
	} else {
		conn, err = net.Dial("unix", path)
	}
	if err != nil {
		return nil, fmt.Errorf("no SSH agent answers at SSH_AUTH_SOCK, %s: %w", path, dialCause(err))
	}
	return conn, nil
}

// dialCause takes the address out of an error of package net: it is named already.
func dialCause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return cause(err)
}
