package pubkey

import (
	"math/big"
	"math/rand/v2"
	"testing"
	"time"
)

// The symbol is that of math/big: for the numbers that are on the edge, for random ones
// of every length, and for those with a common factor.
func TestJacobi(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	random := func() *big.Int {
		x := new(big.Int)
		for range 4 {
			x.Lsh(x, 64).Or(x, new(big.Int).SetUint64(r.Uint64()))
		}
		return x.Rsh(x, uint(r.IntN(257)))
	}
	p := bigP
	largest := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1))
	numbers := []*big.Int{big.NewInt(0), big.NewInt(1), big.NewInt(2), big.NewInt(3), p, new(big.Int).Sub(p, big.NewInt(1)), largest, new(big.Int).Lsh(big.NewInt(1), 255), new(big.Int).Lsh(big.NewInt(1), 64)}
	for range 200 {
		x := random()
		numbers = append(numbers, x, new(big.Int).Mul(big.NewInt(int64(r.IntN(1000))), new(big.Int).Rsh(x, 10)))
	}
	for _, a := range numbers {
		for _, n := range []*big.Int{p, numbers[r.IntN(len(numbers))], random()} {
			n = new(big.Int).SetBit(n, 0, 1)
			if got, want := jacobi(numberOf(a), numberOf(n)), big.Jacobi(a, n); got != want {
				t.Fatalf("jacobi(%v, %v) = %d, want %d", a, n, got, want)
			}
		}
	}
}
