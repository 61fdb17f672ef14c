// Package benchratio measures how much an operation costs, as a multiple of a bare
// one. The two are measured in alternation, a few milliseconds each at most, by the
// processor time that they take, and the medians count, so that a ratio depends neither
// on what else the machine does nor on the frequency of its cores.
package benchratio

import (
	"slices"
	"testing"
	"time"
)

// chunk is how often an operation is done before it is the other one's turn.
const chunk = 8

// Run measures bare and full in alternation. It reports the median [CPU] time of full
// (ns/op), the median of its ratios to bare (x-bare), and the number of its
// allocations (allocs).
func Run(b *testing.B, bare, full func()) {
	b.Helper()
	var times, ratios []float64
	fulls := func() {
		for range chunk {
			full()
		}
	}
	for b.Loop() {
		took, ratio := Turn(CPU, chunk, bare, fulls)
		times, ratios = append(times, float64(took)/chunk), append(ratios, ratio)
	}
	b.ReportMetric(Median(times), "ns/op")
	b.ReportMetric(Median(ratios), "x-bare")
	b.ReportMetric(testing.AllocsPerRun(100, full), "allocs")
}

// Turn returns how long full takes on a clock, [CPU] or [Wall], and the ratio of that to
// n bare operations: half of them are done right before it, and half right after it. n
// is even.
func Turn(clock func() time.Duration, n int, bare, full func()) (took time.Duration, ratio float64) {
	start := clock()
	for range n / 2 {
		bare()
	}
	begun := clock()
	full()
	done := clock()
	for range n / 2 {
		bare()
	}
	took = done - begun
	return took, float64(took) / float64(clock()-start-took)
}

// epoch is the zero of [Wall].
var epoch = time.Now()

// Wall returns the time that has passed, from an arbitrary instant.
func Wall() time.Duration { return time.Since(epoch) }

// Median returns the median of values, and sorts them.
func Median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
