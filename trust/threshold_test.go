package trust_test

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"testing"

	"github.com/licseal/licseal/trust"
)

// signaturesBy returns the signatures of all pairs under a document, by their place.
func signaturesBy(d *draft, pairs []pair) []string {
	var all []string
	for _, p := range pairs {
		all = append(all, `{"key":"`+p.id()+`","signature":"`+p.sign(d.message())+`"}`)
	}
	return all
}

// subset returns those of texts whose bits are set.
func subset(texts []string, set uint) (some []string) {
	for i, text := range texts {
		if set&(1<<i) != 0 {
			some = append(some, text)
		}
	}
	return some
}

// withSignatures returns a document with the signatures given.
func withSignatures(payload string, signatures []string) []byte {
	return []byte(`{"trust":{"payload":` + payload + `,"signatures":[` + strings.Join(signatures, ",") + `],"version":"1"}}`)
}

// For thresholds 1 to 5 of 1 to 7 roots, Ed25519 and P-256 mixed, every set of signatures
// is enough if it has as many as the threshold says, and no other: for an anchor, and for
// a document that follows one with the same roots.
func TestThresholds(t *testing.T) {
	for n := 1; n <= 7; n++ {
		for threshold := 1; threshold <= min(5, n); threshold++ {
			t.Run(fmt.Sprintf("%d of %d", threshold, n), func(t *testing.T) {
				t.Parallel()
				var roots []pair
				for p := range n {
					roots = append(roots, pair(1+p)) // 3 and 6 are P-256
				}
				first := &draft{generation: 1, issued: 10, threshold: threshold, roots: roots, keys: []pair{31}, signers: roots}
				second := &draft{generation: 2, issued: 20, threshold: threshold, roots: roots, keys: []pair{33}, previous: first.digest()}
				known, err := trust.Open([]byte(first.String()), first.digest())
				if err != nil {
					t.Fatal(err)
				}
				anchor, next := signaturesBy(first, roots), signaturesBy(second, roots)
				digest, firstText, secondText := first.digest(), first.text(), second.text()
				for set := uint(0); set < 1<<n; set++ {
					_, opened := trust.Open(withSignatures(firstText, subset(anchor, set)), digest)
					_, extended := known.Extend(withSignatures(secondText, subset(next, set)))
					for what, err := range map[string]error{"anchor": opened, "step": extended} {
						var refused *trust.Error
						enough := bits.OnesCount(set) >= threshold
						if enough && err != nil || !enough && (!errors.As(err, &refused) || refused.Reason != trust.Threshold) {
							t.Errorf("%s: signatures %b: %v", what, set, err)
						}
					}
				}
			})
		}
	}
}

// If the roots change, both sets of roots must sign, each by its own threshold: a root of
// both counts for both.
func TestThresholdsOfBoth(t *testing.T) {
	old, new := []pair{1, 2, 3, 4}, []pair{3, 4, 5, 6, 7}
	all := []pair{1, 2, 3, 4, 5, 6, 7}
	for before := 1; before <= len(old); before++ {
		first := &draft{generation: 1, issued: 10, threshold: before, roots: old, keys: []pair{31}, signers: old}
		known, err := trust.Open([]byte(first.String()), first.digest())
		if err != nil {
			t.Fatal(err)
		}
		for after := 1; after <= len(new); after++ {
			second := &draft{generation: 2, issued: 20, threshold: after, roots: new, keys: []pair{32}, previous: first.digest()}
			signatures, text := signaturesBy(second, all), second.text()
			for set := uint(0); set < 1<<len(all); set++ {
				byOld, byNew := 0, 0
				for i, p := range all {
					if set&(1<<i) == 0 {
						continue
					}
					if slices.Contains(old, p) {
						byOld++
					}
					if slices.Contains(new, p) {
						byNew++
					}
				}
				_, err := known.Extend(withSignatures(text, subset(signatures, set)))
				if enough := byOld >= before && byNew >= after; enough != (err == nil) {
					t.Errorf("%d of the old and %d of the new roots have signed, %d and %d must: %v", byOld, byNew, before, after, err)
				}
			}
		}
	}
}
