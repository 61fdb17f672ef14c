package renewals

import "testing"

// A set has what was added, and nothing else.
func TestSet(t *testing.T) {
	added := map[int]bool{}
	var s set
	for _, n := range []int{0, 63, 64, 129, 130, 191, 1000, 64} {
		s.add(n)
		added[n] = true
		for i := range 1100 {
			if s.has(i) != added[i] {
				t.Fatalf("after %d: %d is in the set: %v", n, i, s.has(i))
			}
		}
	}
}
