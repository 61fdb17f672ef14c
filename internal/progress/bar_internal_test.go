package progress

import (
	"bytes"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A bar appears after a second, is written again five times a second, makes room for other
// lines, and is gone at the end.
func TestBar(t *testing.T) {
	const clear = "\r\x1b[K"
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		var done atomic.Int64
		b := &Bar{job: Job{"rows", func() int { return int(done.Load()) }, func() float64 { return 0 }}, out: &out, start: time.Now(), stop: make(chan struct{})}
		go b.show()
		step := func(d time.Duration, want string) {
			t.Helper()
			time.Sleep(d)
			synctest.Wait()
			b.mu.Lock()
			defer b.mu.Unlock()
			if diff := cmp.Diff(want, out.String()); diff != "" {
				t.Errorf("after %v: %s", time.Since(b.start), diff)
			}
			out.Reset()
		}
		b.Pause(func() { out.WriteString("early\n") })
		step(1100*time.Millisecond, "early\n")
		done.Store(12)
		step(100*time.Millisecond, clear+"12 rows, 10 a second")
		done.Store(14)
		step(200*time.Millisecond, clear+"14 rows, 10 a second")
		b.Pause(func() { out.WriteString("a line\n") })
		b.Pause(func() { out.WriteString("another\n") })
		step(0, clear+"a line\nanother\n")
		step(100*time.Millisecond, "")
		step(100*time.Millisecond, clear+"14 rows, 8 a second")
		b.End()
		step(0, clear)
		step(time.Minute, "")
	})
}

// A bar is shown on a terminal on which nothing else is.
func TestIsShown(t *testing.T) {
	for _, test := range []struct{ stderr, stdout, results, want bool }{
		{false, false, false, false}, {false, true, false, false}, {false, true, true, false}, {false, false, true, false},
		{true, false, false, true}, {true, true, false, true}, {true, false, true, true}, {true, true, true, false},
	} {
		if got := isShown(test.stderr, test.stdout, test.results); got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
}

// Where standard error is not a terminal, nothing is shown.
func TestNoTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		called := false
		b := Start(Job{"rows", func() int { called = true; return 1 }, func() float64 { return 0 }}, false)
		time.Sleep(time.Minute)
		synctest.Wait()
		b.Pause(func() {})
		b.End()
		if called || b.shown {
			t.Error("a bar was shown")
		}
	})
}

// Lengths of time change their unit where the next one says enough.
func TestLength(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                              "0 s",
		1499 * time.Millisecond:        "1 s",
		119 * time.Second:              "119 s",
		2*time.Minute - 1:              "120 s",
		2 * time.Minute:                "2 min",
		2*time.Hour - time.Minute:      "119 min",
		2*time.Hour - 1:                "120 min",
		2 * time.Hour:                  "2 h 0 min",
		3*time.Hour - time.Second:      "2 h 59 min",
		61*time.Hour + 59*time.Second:  "61 h 0 min",
		100*time.Hour + 60*time.Second: "100 h 1 min",
	} {
		if got := length(d); got != want {
			t.Errorf("%v is %s, want %s", d, got, want)
		}
	}
}

// A share is shown with what is left, unless it is not known.
func TestShare(t *testing.T) {
	for share, want := range map[float64]string{0: "", 1e-9: ", 0 %, 277777 h 46 min left", 0.005: ", 0 %, 3 min left", 0.5: ", 50 %, 1 s left"} {
		line := Job{"rows", func() int { return 1 }, func() float64 { return share }}.line(time.Second)
		if got := strings.TrimPrefix(line, "1 rows, 1 a second"); got != want {
			t.Errorf("%v: %q, want %q", share, got, want)
		}
	}
}
