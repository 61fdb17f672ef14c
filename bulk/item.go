package bulk

import "iter"

// item is an element of a sequence, with the caller's key.
type item[K, V any] struct {
	key   K
	value V
}

func pack[K, V any](seq iter.Seq2[K, V]) iter.Seq[item[K, V]] {
	return func(yield func(item[K, V]) bool) {
		for key, value := range seq {
			if !yield(item[K, V]{key, value}) {
				return
			}
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

// mapItems applies f to the values of a batch.
func mapItems[K, I, O any](batch []item[K, I], f func([]I) []O) []item[K, O] {
	values := make([]I, len(batch))
	for i := range batch {
		values[i] = batch[i].value
	}
	results := make([]item[K, O], len(batch))
	for i, value := range f(values) {
		results[i] = item[K, O]{batch[i].key, value}
	}
	return results
}
