package conformance

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Mutants are the same each time, and of many kinds: some are accepted, and most classes
// are among them.
func TestMutants(t *testing.T) {
	all, err := Vectors()
	if err != nil {
		t.Fatal(err)
	}
	const n = 1500
	mutants := slices.Collect(Mutants(all, 1, n))
	counts := map[string]int{}
	for _, v := range mutants {
		counts[words(v.Expect)]++
	}
	t.Logf("%d answers: %v", len(counts), counts)
	if counts["accepted"] < n/50 || counts["usage"] > 0 || len(counts) < 30 {
		t.Errorf("too few kinds of answers: %v", counts)
	}
	for _, i := range []int{0, n / 2, n - 1} {
		v, ok := Mutant(all, mutants[i].Request.ID)
		if !ok || !cmp.Equal(v, mutants[i]) {
			t.Errorf("%s is another the second time", mutants[i].Request.ID)
		}
	}
	if other := slices.Collect(Mutants(all, 2, 50)); cmp.Equal(other, mutants[:50]) {
		t.Error("another seed gives the same mutants")
	}
}
