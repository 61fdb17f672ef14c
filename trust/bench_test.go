package trust_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/benchratio"
	"github.com/licseal/licseal/trust"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// longChain returns a chain of generations with 20 keys each, of which every generation
// replaces one, signed by two of three roots, and what verifies its signatures and does
// nothing else, generation by generation.
func longChain(tb testing.TB, generations int, roots ...pair) (text []string, bare []func()) {
	tb.Helper()
	var prev *draft
	for g := 1; g <= generations; g++ {
		d := &draft{generation: g, issued: g, threshold: 2, roots: roots, signers: slices.Clone(roots[:2])}
		slices.SortFunc(d.signers, func(a, b pair) int { return strings.Compare(a.id(), b.id()) }) // canonical form
		for k := range 20 {
			d.keys = append(d.keys, pair(100+g+k))
		}
		if prev != nil {
			d.previous = prev.digest()
		}
		text, prev = append(text, d.String()+"\n"), d
		message := []byte(d.message())
		var checks []func() bool
		for _, p := range d.signers {
			checks = append(checks, bareCheck(tb, p, message))
		}
		bare = append(bare, func() {
			for _, check := range checks {
				if !check() {
					tb.Fatal("the signature does not hold")
				}
			}
		})
	}
	return text, bare
}

// bareCheck returns what verifies one signature with the standard library.
func bareCheck(tb testing.TB, p pair, message []byte) func() bool {
	raw, err := hex.DecodeString(p.sign(string(message)))
	if err != nil {
		tb.Fatal(err)
	}
	switch key := p.signer().Public().(type) {
	case *ecdsa.PublicKey:
		var b cryptobyte.Builder
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1BigInt(new(big.Int).SetBytes(raw[:32]))
			b.AddASN1BigInt(new(big.Int).SetBytes(raw[32:]))
		})
		return func() bool {
			digest := sha256.Sum256(message)
			return ecdsa.VerifyASN1(key, digest[:], b.BytesOrPanic())
		}
	default:
		return func() bool { return ed25519.Verify(key.(ed25519.PublicKey), message, raw) }
	}
}

// A chain of 50 generations with 20 keys each: read by a verifier that remembers nothing,
// by one that remembers all but the newest, and by one that remembers all. Each is
// compared with the bare signatures that it needs; the last, which needs none, with those
// of one generation.
func BenchmarkChain(b *testing.B) {
	for name, roots := range map[string][]pair{"Ed25519": {1, 2, 4}, "P-256": {3, 6, 9}} {
		text, bare := longChain(b, 50, roots...)
		var whole []byte
		for _, line := range text {
			whole = append(whole, line...)
		}
		first, err := trust.ParseUnverified([]byte(text[0]))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name+"/new", func(b *testing.B) {
			all := func() {
				for _, check := range bare {
					check()
				}
			}
			benchratio.Run(b, all, func() {
				if _, err := trust.Open(whole, first.Digest()); err != nil {
					b.Fatal(err)
				}
			})
		})
		for what, seen := range map[string]int{"all but one seen": 49, "all seen": 50} {
			known, err := trust.Open(whole[:len(whole)-len(text[49])*(50-seen)], first.Digest())
			if err != nil {
				b.Fatal(err)
			}
			remembered := known.Seen()
			b.Run(name+"/"+what, func(b *testing.B) {
				benchratio.Run(b, bare[49], func() {
					c, err := remembered.Chain()
					if err == nil {
						_, err = c.Extend(whole)
					}
					if err != nil {
						b.Fatal(err)
					}
				})
			})
		}
	}
}
