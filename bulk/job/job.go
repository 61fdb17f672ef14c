// Package job signs and verifies batches of licences, and survives interruptions.
//
// [Sign] makes a licence of each row of a batch and writes them to one file, or to a
// file each. Rows that cannot become licences are rejected and do not stop the others.
// A job that was interrupted can be resumed: no row is signed twice, and none is
// left out. [Verify] judges licences and writes a line for each.
//
// A batch can be split into shards that run on different machines. The output of a
// shard is a part; [Merge] joins the parts into what a single job would have
// written.
//
// The package prints nothing. Its functions return counts and errors, which callers
// put into words. An [*Error] has a [Problem], so that callers can suggest a remedy.
package job

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync/atomic"
)

// Shard is one of the equal shares that a batch is split into: every Of-th row,
// from row Number on. The zero value is the whole batch.
type Shard struct {
	Number int // from 1
	Of     int
}

// maxShards is how many shards a batch can be split into.
const maxShards = 10_000

// ParseShard reads a shard such as 3/16, the third of sixteen. The empty string is
// the whole batch.
func ParseShard(text string) (Shard, error) {
	if text == "" {
		return Shard{}, nil
	}
	number, of, _ := strings.Cut(text, "/")
	n, _ := strconv.Atoi(number) // what is no number is 0
	m, _ := strconv.Atoi(of)
	if n < 1 || n > m || m > maxShards {
		return Shard{}, fmt.Errorf("%q: write it as 3/16, the third of sixteen; the first is 1/16", text)
	}
	return Shard{n, m}, nil
}

// Has reports whether row i of a batch, counted from 1, is in the shard.
func (s Shard) Has(i int) bool { return s.Of == 0 || (i-1)%s.Of == s.Number-1 }

// row returns the number in the batch, from 1, of row i of the shard, from 0.
func (s Shard) row(i int) int {
	if s.Of == 0 {
		return i + 1
	}
	return i*s.Of + s.Number
}

// Progress is how much of a job is done. One goroutine runs the job; others may call
// the methods.
type Progress struct {
	done, read, size atomic.Int64
}

// Done returns how many rows or licences are done.
func (p *Progress) Done() int { return int(p.done.Load()) }

// Share returns which share of the input has been read, from 0 to 1. It returns 0 if
// the size of the input is not known.
func (p *Progress) Share() float64 {
	if p.size.Load() == 0 {
		return 0
	}
	return min(1, float64(p.read.Load())/float64(p.size.Load()))
}

// countingReader counts the bytes that are read.
type countingReader struct {
	r        io.Reader
	progress *Progress
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.progress.read.Add(int64(n))
	return n, err
}

// reportMemory tells the caller now and then how many bytes of memory the ids of
// the rows take.
func reportMemory(report func(bytes int), rows int) {
	const perRow, step = 32, 1 << 16
	if report != nil && rows%step == 0 {
		report(perRow * rows)
	}
}
