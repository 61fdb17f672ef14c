package pubkey

import (
	"crypto/ed25519"
	"encoding/binary"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// bigP and bigD are p and d as RFC 8032 section 5.1 defines them: d = −121665/121666.
var (
	bigOne = big.NewInt(1)
	bigP   = new(big.Int).Sub(new(big.Int).Lsh(bigOne, 255), big.NewInt(19))
	bigD   = modulo(new(big.Int).Mul(big.NewInt(-121665), new(big.Int).ModInverse(big.NewInt(121666), bigP)))
)

func modulo(x *big.Int) *big.Int { return new(big.Int).Mod(x, bigP) }

// numberOf returns an integer that is not negative and has at most 256 bits.
func numberOf(x *big.Int) (n number) {
	var b [32]byte
	x.FillBytes(b[:])
	for i := range n {
		n[i] = binary.BigEndian.Uint64(b[24-8*i:])
	}
	return n
}

func TestConstants(t *testing.T) {
	want := []number{numberOf(bigP), numberOf(modulo(big.NewInt(-1))), numberOf(bigD), numberOf(new(big.Int).Add(bigD, bigOne))}
	if diff := cmp.Diff(want, []number{fieldP, minusOne, curveD, dPlusOne}); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// The list of small order is the solutions of the equation: 0, ±1, and the roots of
// d·y⁴ + 2y² − 1 = 0, for which y² = (−1 ± √(1+d))/d.
func TestSmallOrder(t *testing.T) {
	want := []number{{0}, {1}, numberOf(modulo(big.NewInt(-1)))}
	root := new(big.Int).ModSqrt(new(big.Int).Add(bigD, bigOne), bigP)
	if root == nil {
		t.Fatal("1+d is no square")
	}
	for _, r := range []*big.Int{root, new(big.Int).Neg(root)} {
		square := new(big.Int).Sub(r, bigOne)
		square = modulo(square.Mul(square, new(big.Int).ModInverse(bigD, bigP)))
		if y := new(big.Int).ModSqrt(square, bigP); y != nil {
			want = append(want, numberOf(y), numberOf(modulo(new(big.Int).Neg(y))))
		}
	}
	order := func(a, b number) int {
		if a.less(&b) {
			return -1
		}
		return 1
	}
	slices.SortFunc(want, order)
	if diff := cmp.Diff(want, slices.SortedFunc(slices.Values(smallOrder[:]), order)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// verdict is what checkPoint says of a key, computed with math/big.
func verdict(pub ed25519.PublicKey) string {
	b := slices.Clone(pub)
	b[31] &= 0x7f
	slices.Reverse(b)
	y := new(big.Int).SetBytes(b)
	y2 := new(big.Int).Mul(y, y)
	u := new(big.Int).Sub(y2, bigOne)
	v := new(big.Int).Mul(bigD, y2)
	order8 := new(big.Int).Add(v, big.NewInt(2))
	order8.Mul(order8, y2).Sub(order8, bigOne).Mul(order8, u).Mul(order8, y)
	v.Add(v, bigOne)
	switch {
	case y.Cmp(bigP) >= 0:
		return "key is damaged: not the canonical form of an Ed25519 public key"
	case modulo(order8).Sign() == 0:
		return "key is a point of small order: an Ed25519 signature under it proves nothing"
	case big.Jacobi(modulo(u.Mul(u, v)), bigP) < 0:
		return "key is damaged: not a point on the curve of Ed25519"
	}
	return ""
}

// pointsOnTheEdge returns encodings around 0, p, 2^255, every power of two, and what has
// small order.
func pointsOnTheEdge() (all []ed25519.PublicKey) {
	middles := []*big.Int{bigP, new(big.Int).Sub(new(big.Int).Lsh(bigOne, 255), big.NewInt(9))}
	for i := range uint(251) {
		middles = append(middles, new(big.Int).Lsh(bigOne, i+4))
	}
	for _, n := range smallOrder {
		middles = append(middles, bigOf(n))
	}
	for _, x := range middles {
		for offset := int64(-8); offset <= 8; offset++ {
			near := new(big.Int).Add(x, big.NewInt(offset))
			if near.Sign() < 0 {
				continue
			}
			key := near.FillBytes(make([]byte, 32))
			slices.Reverse(key)
			signed := slices.Clone(key)
			signed[31] ^= 0x80
			all = append(all, key, signed)
		}
	}
	return all
}

// A key has the verdict that math/big gives: on every edge, and random ones, among which
// points on the curve and others are equally many.
func TestCheckPoint(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 2))
	points := pointsOnTheEdge()
	for range 5000 {
		key := make(ed25519.PublicKey, 32)
		for i := range 4 {
			binary.LittleEndian.PutUint64(key[8*i:], r.Uint64())
		}
		points = append(points, key)
	}
	seen := map[string]int{}
	for _, key := range points {
		got := ""
		if err := checkPoint(key); err != nil {
			got = err.Error()
		}
		if want := verdict(key); got != want {
			t.Fatalf("%x: %q, want %q", key, got, want)
		}
		seen[got]++
	}
	if len(seen) != 4 {
		t.Errorf("not every verdict was seen: %v", seen)
	}
}

// multiplyAdd is that of math/big, also where every carry goes as far as it can.
func TestMultiplyAdd(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 3))
	words := []uint64{0, 1, 18, 19, 37, 38, 1<<63 - 1, 1 << 63, 1<<64 - 38, 1<<64 - 19, 1<<64 - 1}
	random := func() (n number, x *big.Int) {
		for i := range n {
			if n[i] = r.Uint64(); n[i]%4 > 0 {
				n[i] = words[n[i]%uint64(len(words))]
			}
		}
		return n, bigOf(n)
	}
	for range 50_000 {
		a, bigA := random()
		b, bigB := random()
		c, bigC := random()
		got := bigOf(multiplyAdd(&a, &b, &c))
		want := bigA.Mul(bigA, bigB).Add(bigA, bigC)
		if modulo(got).Cmp(modulo(want)) != 0 {
			t.Fatalf("%x · %x + %x is %x", a, b, c, got)
		}
	}
}

func bigOf(n number) *big.Int {
	x := new(big.Int)
	for i := range n {
		x.Lsh(x, 64).Or(x, new(big.Int).SetUint64(n[3-i]))
	}
	return x
}
