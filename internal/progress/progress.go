// Package progress shows on a terminal how far a long job is.
package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/licseal/licseal/internal/text"
	"golang.org/x/term"
)

const (
	interval = 200 * time.Millisecond // between two updates
	patience = time.Second            // a job that takes less is not shown
)

// Job is what a bar shows. The methods are called while the job runs.
type Job struct {
	Noun  string         // what the job counts, in the plural: "rows"
	Done  func() int     // how many are done
	Share func() float64 // which share of the job is done, from 0 to 1; 0 if that is not known
}

// Bar is a line on a terminal, standard error, that is kept up to date.
type Bar struct {
	job   Job
	out   io.Writer
	start time.Time
	stop  chan struct{}

	mu    sync.Mutex // held while something is written to the terminal
	shown bool
}

// Start starts to show a job. Nothing is shown unless standard error is a terminal, nor
// if resultsToStdout and standard output is one, because results would be mixed up
// with the bar. The caller must call End.
func Start(job Job, resultsToStdout bool) *Bar {
	b := &Bar{job: job, out: os.Stderr, start: time.Now(), stop: make(chan struct{})}
	if isShown(term.IsTerminal(int(os.Stderr.Fd())), term.IsTerminal(int(os.Stdout.Fd())), resultsToStdout) {
		go b.show()
	}
	return b
}

// isShown reports whether a bar is shown, by which of standard error and standard output are
// terminals.
func isShown(stderr, stdout, resultsToStdout bool) bool {
	return stderr && !(resultsToStdout && stdout)
}

func (b *Bar) show() {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-b.stop:
			return
		case <-ticker.C:
			if elapsed := time.Since(b.start); elapsed > patience {
				b.mu.Lock()
				fmt.Fprintf(b.out, "\r\x1b[K%s", b.job.line(elapsed))
				b.shown = true
				b.mu.Unlock()
			}
		}
	}
}

// line returns the text of the bar: "61,440 rows, 30,720 a second, 41 %, 3 s left".
func (j Job) line(elapsed time.Duration) string {
	done := j.Done()
	parts := []string{
		fmt.Sprintf("%s %s", text.Thousands(done), j.Noun),
		fmt.Sprintf("%s a second", text.Thousands(int(float64(done)/elapsed.Seconds()))),
	}
	if share := j.Share(); share > 0 {
		left := time.Duration(float64(elapsed) * (1 - share) / share)
		parts = append(parts, fmt.Sprintf("%.0f %%", share*100), fmt.Sprintf("%s left", length(left)))
	}
	return strings.Join(parts, ", ")
}

// length returns a length of time: "41 s", "3 min", "2 h 5 min".
func length(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	minutes := int(d.Minutes())
	return fmt.Sprintf("%d h %d min", minutes/60, minutes%60)
}

// Pause removes the bar from the terminal while f writes to it.
func (b *Bar) Pause(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.shown {
		fmt.Fprint(b.out, "\r\x1b[K")
		b.shown = false
	}
	f()
}

// End removes the bar. It must be called once.
func (b *Bar) End() {
	close(b.stop)
	b.Pause(func() {})
}
