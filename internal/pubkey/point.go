package pubkey

import (
	"crypto/ed25519"
	"errors"
	"math/big"
	"slices"
	"sync"
)

// field returns p and d of Ed25519's curve, −x² + y² = 1 + d·x²·y² modulo p =
// 2^255 − 19 (RFC 8032 section 5.1). They must not be changed.
var field = sync.OnceValues(func() (p, d *big.Int) {
	p = new(big.Int).Lsh(big.NewInt(1), 255)
	p.Sub(p, big.NewInt(19))
	d, _ = new(big.Int).SetString("37095705934669439343138083508754565189542113879843219016388785533085940283555", 10)
	return p, d
})

// checkPoint refuses an Ed25519 public key that crypto/ed25519 takes though it
// proves nothing (a point of small order, under which one signature can fit every
// message), that is not the one encoding of its point, or that is no point.
//
// The key has 32 bytes. It is no secret, so variable-time arithmetic does no harm.
func checkPoint(pub ed25519.PublicKey) error {
	p, d := field()
	y := encodedY(pub)
	if y.Cmp(p) >= 0 {
		return errors.New("key is damaged: not the canonical form of an Ed25519 public key")
	}
	if hasSmallOrder(y, p, d) {
		return errors.New("key is a point of small order: an Ed25519 signature under it proves nothing")
	}
	if !isOnCurve(y, p, d) {
		return errors.New("key is damaged: not a point on the curve of Ed25519")
	}
	return nil
}

// encodedY returns the y of an encoded point: 255 bits, little-endian, below the
// bit that holds the sign of x.
func encodedY(pub ed25519.PublicKey) *big.Int {
	b := slices.Clone(pub)
	b[31] &= 0x7f
	slices.Reverse(b)
	return new(big.Int).SetBytes(b)
}

// hasSmallOrder reports whether a point with this y has an order that divides 8.
// Doubling such a point three times gives (0, 1), which the addition law turns
// into one equation in y: y·(y²−1)·(d·y⁴+2y²−1) = 0. Its factors are order 4,
// orders 1 and 2, and order 8.
func hasSmallOrder(y, p, d *big.Int) bool {
	one := big.NewInt(1)
	y2 := new(big.Int).Mul(y, y)
	order8 := new(big.Int).Mul(d, y2)
	order8.Add(order8, big.NewInt(2)).Mul(order8, y2).Sub(order8, one)
	product := new(big.Int).Sub(y2, one)
	product.Mul(product, y).Mul(product, order8)
	return product.Mod(product, p).Sign() == 0
}

// isOnCurve reports whether some x goes with y: whether x² = (y²−1)/(d·y²+1) is a
// square, which it is exactly when the product of the two sides of the fraction
// is one.
func isOnCurve(y, p, d *big.Int) bool {
	one := big.NewInt(1)
	y2 := new(big.Int).Mul(y, y)
	v := new(big.Int).Mul(d, y2)
	v.Add(v, one)
	uv := new(big.Int).Sub(y2, one)
	uv.Mul(uv, v).Mod(uv, p)
	return jacobi(numberOf(uv), numberOf(p)) >= 0
}
