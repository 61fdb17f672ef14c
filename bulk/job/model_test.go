package job_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/licseal/licseal/bulk/job"
	"github.com/licseal/licseal/internal/testenv"
)

// Whatever a crash leaves of the parts of a random batch: resuming and merging them makes
// the file of one job that was never interrupted, or fails; it never makes another file.
func TestCrashesModel(t *testing.T) {
	for seed := range testenv.Rounds(40, 500) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			m := &crash{T: t, rand: rand.New(rand.NewPCG(uint64(seed), 0)), dir: t.TempDir()}
			m.batch = m.randomBatch()
			whole := filepath.Join(m.dir, "whole")
			sign(t, options(t, m.batch, whole))
			of := 1 + m.rand.IntN(4)
			var parts []string
			for i := range of {
				path := m.part(i+1, of)
				if path == "" {
					return // refused
				}
				parts = append(parts, path)
			}
			merged := filepath.Join(m.dir, "merged")
			if _, err := job.Merge(context.Background(), parts, &job.MergeOptions{Output: job.Output{Path: merged}}); err != nil {
				t.Fatal(err)
			}
			if read(t, merged) != read(t, whole) {
				t.Error("the merged file is not that of one job")
			}
		})
	}
}

type crash struct {
	*testing.T
	rand       *rand.Rand
	dir, batch string
}

// randomBatch returns rows of which some are rejected, and some have the same id.
func (m *crash) randomBatch() string {
	var b strings.Builder
	b.WriteString("license_key,admin_seats\n")
	for i := range 1 + m.rand.IntN(40) {
		seats, id := "7", i
		switch m.rand.IntN(8) {
		case 0:
			seats = "many"
		case 1:
			id = m.rand.IntN(i + 1)
		}
		fmt.Fprintf(&b, "LS-%03d,%s\n", id, seats)
	}
	return b.String()
}

// part signs a part, in one go or after a crash, and returns its path. It returns "" if
// resuming is refused, which loses no line of what is there.
func (m *crash) part(number, of int) string {
	path := filepath.Join(m.dir, fmt.Sprint("part", number))
	sign(m.T, options(m.T, m.batch, path, shard(number, of)))
	if m.rand.IntN(3) == 0 {
		return path
	}
	alone := read(m.T, path)
	if err := os.Remove(path); err != nil {
		m.Fatal(err)
	}
	left := m.damage(alone)
	write(m.T, path+".part", left)
	write(m.T, path+".run", interruptedSettings(m.T, m.batch, shard(number, of)))
	_, err := job.Sign(context.Background(), options(m.T, m.batch, path, shard(number, of), resume))
	if refused := (*job.Error)(nil); errors.As(err, &refused) {
		if complete := left[:strings.LastIndex(left, "\n")+1]; !strings.HasPrefix(read(m.T, path+".part"), complete) {
			m.Errorf("%v, and lines were lost", err)
		}
		return ""
	}
	if err != nil {
		m.Fatal(err)
	}
	if read(m.T, path) != alone {
		m.Errorf("the part is not that of a job that was never interrupted: %q was left", left)
	}
	return path
}

// damage returns what a crash may leave of a file: its beginning, with an end that has
// other bytes or none, and sometimes a line that has changed.
func (m *crash) damage(text string) string {
	left := text[:m.rand.IntN(len(text)+1)]
	switch m.rand.IntN(5) {
	case 0: // its length was written, and not yet its bytes
		left += strings.Repeat("\x00", m.rand.IntN(5000))
	case 1: // bytes of another file
		left += text[m.rand.IntN(len(text)):]
	case 2: // a bit
		if len(left) > 0 {
			changed := []byte(left)
			changed[m.rand.IntN(len(changed))] ^= 1 << m.rand.IntN(8)
			left = string(changed)
		}
	case 3: // a line twice
		lines := strings.SplitAfter(left, "\n")
		left += lines[m.rand.IntN(len(lines))]
	}
	return left
}
