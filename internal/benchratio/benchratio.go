// Package benchratio measures how much an operation costs beside a bare one.
package benchratio

import (
	"slices"
	"testing"
	"time"
)

// Run runs bare and full in turns, so that both meet the same noise, and reports
// of full: its median time (ns/op), the ratio of that to the median of bare
// (x-bare), and the number of its allocations (allocs).
func Run(b *testing.B, bare, full func()) {
	b.Helper()
	var bareTimes, fullTimes []time.Duration
	for b.Loop() {
		bareTimes = append(bareTimes, timeOf(bare))
		fullTimes = append(fullTimes, timeOf(full))
	}
	b.ReportMetric(float64(median(fullTimes).Nanoseconds()), "ns/op")
	b.ReportMetric(float64(median(fullTimes))/float64(median(bareTimes)), "x-bare")
	b.ReportMetric(testing.AllocsPerRun(100, full), "allocs")
}

func timeOf(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}
