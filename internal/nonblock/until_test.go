package nonblock_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/licseal/licseal/internal/nonblock"
)

var errGone = errors.New("is gone")

// What is opened is returned, unless the context ends first.
func TestUntil(t *testing.T) {
	for _, test := range []struct {
		name  string
		takes time.Duration
		err   error
		ends  time.Duration // when the context does
		want  int
		wants error
	}{
		{"at once", 0, nil, time.Hour, 7, nil},
		{"an error", 0, errGone, time.Hour, 7, errGone},
		{"in time", time.Minute, nil, time.Minute + 1, 7, nil},
		{"too late", time.Minute, nil, time.Minute - 1, 0, context.DeadlineExceeded},
		{"never begun", time.Minute, errGone, 0, 0, context.DeadlineExceeded},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), test.ends)
				defer cancel()
				got, err := nonblock.Until(ctx, func() (int, error) {
					time.Sleep(test.takes)
					return 7, test.err
				})
				if diff := cmp.Diff(test.wants, err, cmpopts.EquateErrors()); diff != "" || got != test.want {
					t.Errorf("it returned %d, %v", got, err)
				}
				time.Sleep(time.Hour) // what was opened too late is dropped
			})
		})
	}
}

// slowPipe takes a while for each write.
type slowPipe struct {
	takes time.Duration
	err   error

	mu  sync.Mutex // guards got
	got bytes.Buffer
}

func (p *slowPipe) Write(data []byte) (int, error) {
	time.Sleep(p.takes)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got.Write(data)
	return len(data), p.err
}

func (p *slowPipe) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.got.String()
}

// A write goes on for a while after the context has ended, and no write follows one that took
// longer.
func TestWriter(t *testing.T) {
	for _, test := range []struct {
		name  string
		pipe  *slowPipe
		ends  time.Duration // when the context does
		want  []error       // of two writes
		wrote string        // when they have returned
	}{
		{"a pipe that is read", &slowPipe{takes: time.Hour}, 3 * time.Hour, []error{nil, nil}, "ab"},
		{"a pipe that is closed", &slowPipe{err: errGone}, time.Hour, []error{errGone, errGone}, "ab"},
		{"ended before, and read", &slowPipe{takes: nonblock.Grace - 1}, 0, []error{nil, nil}, "ab"},
		{"ended before, and closed", &slowPipe{err: errGone}, 0, []error{errGone, errGone}, "ab"},
		{"ended before, and not read", &slowPipe{takes: nonblock.Grace + 1}, 0, []error{nonblock.ErrUnread, nonblock.ErrUnread}, ""},
		{"ends meanwhile, and is read", &slowPipe{takes: time.Hour}, time.Hour - nonblock.Grace + 1, []error{nil, nonblock.ErrUnread}, "a"},
		{"ends meanwhile, and is not read", &slowPipe{takes: time.Hour}, time.Hour - nonblock.Grace - 1, []error{nonblock.ErrUnread, nonblock.ErrUnread}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), test.ends)
				defer cancel()
				w := nonblock.Writer(ctx, test.pipe)
				data := make([]byte, 1)
				var got []error
				for _, data[0] = range []byte("ab") {
					n, err := w.Write(data)
					if unread := errors.Is(err, nonblock.ErrUnread); unread != (n == 0) {
						t.Errorf("%d bytes, %v", n, err)
					}
					got = append(got, err)
				}
				if diff := cmp.Diff(test.want, got, cmpopts.EquateErrors()); diff != "" {
					t.Error(diff)
				}
				if wrote := test.pipe.String(); wrote != test.wrote {
					t.Errorf("%q was written, want %q", wrote, test.wrote)
				}
				time.Sleep(3 * time.Hour) // for what has not ended
			})
		})
	}
}
