package trust_test

import (
	"testing"

	"github.com/licseal/licseal/trust"
)

// FuzzParse: a document that is read is its own canonical form, and says what it said.
func FuzzParse(f *testing.F) {
	for _, v := range makeChainVectors() {
		f.Add([]byte(v.File))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := trust.ParseUnverified(data)
		if err != nil {
			return
		}
		again, err := trust.ParseUnverified([]byte(d.String()))
		if err != nil || again.String() != d.String() || again.Digest() != d.Digest() {
			t.Fatalf("%q is written as %q: %v", data, d, err)
		}
		made, err := trust.New(d.Contents())
		if err != nil || made.Digest() != d.Digest() {
			t.Fatalf("%q says something else when it is made again: %v", data, err)
		}
	})
}

// FuzzExtend: whatever a verifier is handed, it knows as much as before, or more of the
// generations that exist.
func FuzzExtend(f *testing.F) {
	chain := goodChain(4)
	for _, v := range makeChainVectors() {
		f.Add([]byte(v.File))
	}
	known, err := trust.Open([]byte(lines(chain[:2])), chain[0].digest())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := known.Extend(data)
		if err != nil {
			return
		}
		if g := c.Generation(); g < 2 || g > 4 || !known.Agrees(c) || c.Newest().Digest() != chain[g-1].digest() {
			t.Fatalf("%.200q leads to generation %d, %s", data, g, c.Newest().Digest())
		}
		seen := c.Seen()
		if restored, err := seen.Chain(); err != nil || restored.Generation() != c.Generation() {
			t.Fatalf("what was seen is lost: %v", err)
		}
	})
}
