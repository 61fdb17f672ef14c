//go:build !race

package benchratio

// Race reports whether the race detector is on. It makes sync.Pool forget on
// purpose, so that allocations are not to be counted.
const Race = false
