// Package benchratio measures how much an operation costs, as a multiple of a bare
// one. The two are measured in alternation, a few milliseconds each at most, so that
// the ratio does not depend on what else the machine does, nor on the frequency of
// its cores.
package benchratio

import (
	"slices"
	"testing"
	"time"
)

// chunk is how often an operation is done before it is the other one's turn. It is
// even.
const chunk = 8

// Run measures bare and full in alternation. It reports the median time of full
// (ns/op), the median of its ratios to bare (x-bare), and the number of its
// allocations (allocs). Each ratio compares a chunk of full to the bare operations
// right before and after it.
func Run(b *testing.B, bare, full func()) {
	b.Helper()
	var fulls, ratios []float64
	for b.Loop() {
		before := Time(chunk/2, bare)
		took := Time(chunk, full)
		after := Time(chunk/2, bare)
		fulls = append(fulls, float64(took)/chunk)
		ratios = append(ratios, float64(took)/float64(before+after))
	}
	b.ReportMetric(Median(fulls), "ns/op")
	b.ReportMetric(Median(ratios), "x-bare")
	b.ReportMetric(testing.AllocsPerRun(100, full), "allocs")
}

// Time returns how long it takes to call f n times.
func Time(n int, f func()) time.Duration {
	start := time.Now()
	for range n {
		f()
	}
	return time.Since(start)
}

// Median returns the median of values, and sorts them.
func Median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
