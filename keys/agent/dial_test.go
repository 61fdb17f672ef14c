//go:build unix

package agent_test

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/licseal/licseal/keys/agent"
	"github.com/licseal/licseal/keys/internal/keytest"
)

// What SSH_AUTH_SOCK names, and what is said where no agent answers.
func TestDial(t *testing.T) {
	dir, err := os.MkdirTemp("", "dial") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket, file := filepath.Join(dir, "s"), filepath.Join(dir, "f")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const no = "no SSH agent answers at SSH_AUTH_SOCK, "
	const pipe = `\\.\pipe\none` // a file of that name, which is not there
	for _, test := range []struct {
		path, want string
		is         error
	}{
		{"", "there is no SSH agent: SSH_AUTH_SOCK is not set", agent.ErrNoAgent},
		{socket, "accepted", nil},
		{file, no + file + ": connect: connection refused", syscall.ECONNREFUSED},
		{socket + "x", no + socket + "x: connect: no such file or directory", fs.ErrNotExist},
		{pipe, no + pipe + ": no such file or directory", fs.ErrNotExist},
	} {
		t.Setenv("SSH_AUTH_SOCK", test.path)
		conn, err := agent.Dial(t.Context())
		keytest.CheckSame(t, test.want, keytest.Message(err))
		if !errors.Is(err, test.is) || (conn == nil) != (err != nil) {
			t.Errorf("%s: %v, %v", test.path, conn, err)
		}
		if err == nil {
			conn.Close()
		}
	}
	t.Setenv("SSH_AUTH_SOCK", socket)
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if conn, err := agent.Dial(canceled); conn != nil || err == nil {
		t.Errorf("canceled: %v, %v", conn, err)
	}
}
