package nonblock

import (
	"bytes"
	"context"
	"errors"
	"io"
	"time"
)

// Until returns what open returns, or the cause of ctx if that ends first. It is for
// opening a named pipe, which waits until another program opens it, too, and cannot be
// interrupted: open then still waits in a goroutine, and what it returns is dropped.
func Until[T any](ctx context.Context, open func() (T, error)) (T, error) {
	type opened struct {
		value T
		err   error
	}
	done := make(chan opened, 1)
	go func() {
		value, err := open()
		done <- opened{value, err}
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		return *new(T), context.Cause(ctx)
	}
}

// Grace is how long a [Writer] goes on after its context has ended.
const Grace = 300 * time.Millisecond

// ErrUnread means that a writer was interrupted while nobody read what it wrote.
var ErrUnread = errors.New("interrupted, and nobody reads it")

// Writer returns a writer to a pipe whose reader may have stopped reading. After ctx has
// ended, a write that takes longer than [Grace] fails with [ErrUnread], and so does all that
// follows.
func Writer(ctx context.Context, pipe io.Writer) io.Writer { return &writer{ctx: ctx, pipe: pipe} }

type writer struct {
	ctx  context.Context
	pipe io.Writer
	err  error // of a write that has not ended
}

func (w *writer) Write(data []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	kept := bytes.Clone(data) // the write may go on after this returns
	var n int
	var err error
	done := make(chan bool)
	go func() {
		n, err = w.pipe.Write(kept)
		close(done)
	}()
	select {
	case <-done:
		return n, err
	case <-w.ctx.Done():
	}
	select {
	case <-done:
		return n, err
	case <-time.After(Grace):
		w.err = ErrUnread
		return 0, w.err
	}
}
