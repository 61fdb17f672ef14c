package idset

import (
	"fmt"
	"runtime"
	"testing"
)

func TestAdd(t *testing.T) {
	var s Set
	const n = 100_000
	for round := range 2 {
		for i := 1; i <= n; i++ {
			if got := s.Add(fmt.Append(nil, i), i+round); got != i {
				t.Fatalf("round %d: id %d was added under %d", round, i, got)
			}
		}
	}
}

// The size of a set is what its documentation says.
func TestSize(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s := new(Set)
	const n = 1_000_000
	var id []byte
	for i := 1; i <= n; i++ {
		id = fmt.Append(id[:0], "LS-", i)
		s.Add(id, i)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if size := int(after.HeapAlloc) - int(before.HeapAlloc); size < 21e6 || size > 44e6 {
		t.Errorf("%d bytes", size)
	}
	runtime.KeepAlive(s)
}

// Entries whose hashes share all bits that choose a place are told apart.
func TestCollisions(t *testing.T) {
	p := new(part)
	p.grow()
	a := entry{high: 16, low: 1<<numberBits | 7}
	b := entry{high: 32, low: 1<<numberBits | 8} // the same place
	c := entry{high: 16, low: 2<<numberBits | 9} // other low bits of the hash
	for _, e := range []entry{a, b, c} {
		place := p.find(e)
		if place.low != 0 {
			t.Fatalf("%v is taken for %v", e, *place)
		}
		*place = e
		p.used++
	}
	p.grow()
	for _, e := range []entry{a, b, c} {
		if got := *p.find(e); got != e {
			t.Errorf("found %v for %v", got, e)
		}
	}
}

// What was not added is not found, and is not added by looking for it.
func TestFind(t *testing.T) {
	var s Set
	for i, want := range []int{0, 7, 7} {
		if got := s.Find([]byte("a")); got != want {
			t.Errorf("look %d: got %d, want %d", i, got, want)
		}
		s.Add([]byte("a"), 7+i)
		if i == 0 && s.Find([]byte("b")) != 0 {
			t.Error("found what was not added")
		}
	}
}
