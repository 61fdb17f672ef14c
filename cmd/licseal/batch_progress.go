package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/term"
)

// batchProgress shows, on a terminal, how far work is that takes more than a second.
type batchProgress struct {
	things string         // what is counted, as "rows"
	done   atomic.Int64   // of them
	share  func() float64 // of all the work, from 0 to 1; 0 if it is not known
	start  time.Time
	stop   chan struct{}
	mu     sync.Mutex // held while something is written to the terminal
	shown  bool
}

// startProgress begins to show progress, if standard error is a terminal, and results
// do not go there too.
func startProgress(things string, toStdout bool, share func() float64) *batchProgress {
	p := &batchProgress{things: things, share: share, start: time.Now(), stop: make(chan struct{})}
	mixed := toStdout && term.IsTerminal(int(os.Stdout.Fd()))
	if term.IsTerminal(int(os.Stderr.Fd())) && !mixed {
		go p.show()
	}
	return p
}

func (p *batchProgress) show() {
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-ticker.C:
			if elapsed := time.Since(p.start); elapsed > time.Second {
				p.mu.Lock()
				fmt.Fprintf(os.Stderr, "\r\x1b[K%s", p.line(elapsed))
				p.shown = true
				p.mu.Unlock()
			}
		}
	}
}

// line returns, as: 61,440 rows, 30,720 a second, 41 %, 3 s left
func (p *batchProgress) line(elapsed time.Duration) string {
	done := p.done.Load()
	parts := []string{
		fmt.Sprintf("%s %s", thousands(int(done)), p.things),
		fmt.Sprintf("%s a second", thousands(int(float64(done)/elapsed.Seconds()))),
	}
	if share := p.share(); share > 0 {
		left := time.Duration(float64(elapsed) * (1 - share) / share)
		parts = append(parts, fmt.Sprintf("%.0f %%", share*100), fmt.Sprintf("%s left", shortTime(left)))
	}
	return strings.Join(parts, ", ")
}

// shortTime returns a length of time, as: 41 s, 3 min, 2 h 5 min
func shortTime(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	minutes := int(d.Minutes())
	return fmt.Sprintf("%d h %d min", minutes/60, minutes%60)
}

// clear takes the progress off the terminal while f writes to it.
func (p *batchProgress) clear(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(os.Stderr, "\r\x1b[K")
		p.shown = false
	}
	f()
}

func (p *batchProgress) end() {
	close(p.stop)
	p.clear(func() {})
}
