package bulk

import "iter"

// item is an element of a sequence, with the caller's key.
type item[K, V any] struct {
	key   K
	value V
	index int // in the sequence, from 0, if pack has made it
}

func pack[K, V any](seq iter.Seq2[K, V]) iter.Seq[item[K, V]] {
	return func(yield func(item[K, V]) bool) {
		i := 0
		for key, value := range seq {
			if !yield(item[K, V]{key, value, i}) {
				return
			}
			i++
		}
	}
}

// each yields items as pairs.
func each[K, V any](items iter.Seq[item[K, V]], yield func(K, V) bool) {
	for i := range items {
		if !yield(i.key, i.value) {
			return
		}
	}
}
