//go:build unix

package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/licseal/licseal/internal/testenv"
)

// A named pipe that nobody writes to holds nothing up: a command refuses it, or ends when it
// is told to.
func TestPipesThatSayNothing(t *testing.T) {
	v := newVendor(t)
	dir := t.TempDir()
	keys := filepath.Join(dir, "trusted.keys")
	testenv.WriteFile(t, keys, v.line(t))
	nobody, silent := filepath.Join(dir, "nobody"), filepath.Join(dir, "silent")
	for _, pipe := range []string{nobody, silent} {
		if err := syscall.Mkfifo(pipe, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	held, err := os.OpenFile(silent, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	endsWith := func(line, pipe string) {
		t.Run(line+" "+filepath.Base(pipe), func(t *testing.T) {
			ctx, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer stop()
			args := strings.Fields(strings.NewReplacer("PIPE", pipe, "KEYS", keys, "STORE", filepath.Join(t.TempDir(), "s.db")).Replace(line))
			ended := make(chan int, 1)
			var out, said bytes.Buffer
			go func() { ended <- run(ctx, append([]string{"licseald"}, args...), &out, &said) }()
			select {
			case code := <-ended:
				if code == 0 {
					t.Errorf("it used the pipe: %s %s", &out, &said)
				}
			case <-time.After(20 * time.Second): // which a busy machine is given
				t.Fatal("it does not end")
			}
		})
	}
	for _, line := range []string{
		"--ephemeral --accept-unverified --schema PIPE", "--ephemeral --trust KEYS --state PIPE", "--trust KEYS --store sqlite:PIPE",
		"history --store sqlite:STORE --schema PIPE", "restore --store sqlite:STORE PIPE",
	} {
		endsWith(line, nobody)
		endsWith(line, silent)
	}
	for _, line := range []string{ // of files that are read again, whose reading has a time limit
		"--ephemeral --trust PIPE", "--ephemeral --trust KEYS --revocations PIPE", "--ephemeral --trust-root PIPE --trust-chain PIPE",
		"--ephemeral --trust KEYS --token-file PIPE", "--ephemeral --trust KEYS --report-file PIPE", "--ephemeral --trust KEYS --tls-cert PIPE --tls-key PIPE",
	} {
		endsWith(line, nobody)
	}
	end, err := os.OpenFile(nobody, os.O_RDWR, 0) // what still waits ends
	if err != nil {
		t.Fatal(err)
	}
	end.Close()
}
