package idset

import (
	"fmt"
	"maps"
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

// Two ids are one if the first 12 bytes of their sums are, and two if a bit of these differs.
func TestBits(t *testing.T) {
	for at := range SumSize {
		for bit := range 8 {
			var s Set
			var sum, other [SumSize]byte
			other[at] = 1 << bit
			want := 1 // the same id
			if at < 12 {
				want = 2
			}
			if first, second := s.AddSum(sum, 1), s.AddSum(other, 2); first != 1 || second != want || s.FindSum(sum) != 1 || s.FindSum(other) != want {
				t.Errorf("byte %d, bit %d: %d, %d; want %d", at, bit, first, second, want)
			}
		}
	}
}

// A part of a set grows when it is three quarters full, to twice its size, and keeps all.
func TestGrow(t *testing.T) {
	var s Set
	grown := map[int]int{} // the sizes, by how many ids were there before
	size := 0
	sum := func(i int) [SumSize]byte { return [SumSize]byte{1: byte(i)} } // the first of them all zero
	for i := range 100 {
		s.AddSum(sum(i), i+1)
		if n := len(s.parts[0].entries); n != size {
			grown[i], size = n, n
		}
		if s.parts[0].used != i+1 {
			t.Errorf("%d entries are used after %d ids", s.parts[0].used, i+1)
		}
	}
	if want := map[int]int{0: 16, 12: 32, 24: 64, 48: 128, 96: 256}; !maps.Equal(grown, want) {
		t.Errorf("it grew %v, want %v", grown, want)
	}
	for i := range 100 {
		if got := s.FindSum(sum(i)); got != i+1 {
			t.Errorf("id %d was added under %d", i+1, got)
		}
	}
}

// The numbers at the limits of what an entry holds.
func TestNumbers(t *testing.T) {
	var s Set
	for i, n := range []int{1, 2, 1<<32 - 1, 1 << 32, numberMask - 1, numberMask} {
		id := []byte{byte(i)}
		if added, found := s.Add(id, n), s.Find(id); added != n || found != n {
			t.Errorf("%d: %d, %d", n, added, found)
		}
		if again := s.Add(id, 5); again != n {
			t.Errorf("%d again: %d", n, again)
		}
	}
}
