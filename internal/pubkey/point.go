package pubkey

import (
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"slices"
)

// Constants of Ed25519's curve, −x² + y² = 1 + d·x²·y² modulo p = 2^255 − 19 (RFC 8032
// section 5.1). They must not be changed.
var (
	fieldP   = number{0xffffffffffffffed, 0xffffffffffffffff, 0xffffffffffffffff, 0x7fffffffffffffff}
	minusOne = number{0xffffffffffffffec, 0xffffffffffffffff, 0xffffffffffffffff, 0x7fffffffffffffff}
	curveD   = number{0x75eb4dca135978a3, 0x00700a4d4141d8ab, 0x8cc740797779e898, 0x52036cee2b6ffe73}
	dPlusOne = number{0x75eb4dca135978a4, 0x00700a4d4141d8ab, 0x8cc740797779e898, 0x52036cee2b6ffe73}
)

// smallOrder is the y of every point whose order divides 8. Doubling such a point three
// times gives (0, 1), which the addition law turns into one equation in y:
// y·(y²−1)·(d·y⁴+2y²−1) = 0. Its factors are order 4, orders 1 and 2, and order 8.
var smallOrder = [...]number{
	{0}, {1}, minusOne,
	{0x4fd84d3d706a17c7, 0x0f67100d760b3cba, 0xc6cc392cfa53202a, 0x7a03ac9277fdc74e},
	{0xb027b2c28f95e826, 0xf098eff289f4c345, 0x3933c6d305acdfd5, 0x05fc536d880238b1},
}

// checkPoint refuses an Ed25519 public key that crypto/ed25519 takes though it
// proves nothing (a point of small order, under which one signature can fit every
// message), that is not the one encoding of its point, or that is no point.
//
// The key has 32 bytes. It is no secret, so variable-time arithmetic does no harm.
func checkPoint(pub ed25519.PublicKey) error {
	y := encodedY(pub)
	if !y.less(&fieldP) {
		return errors.New("key is damaged: not the canonical form of an Ed25519 public key")
	}
	if slices.Contains(smallOrder[:], y) {
		return errors.New("key is a point of small order: an Ed25519 signature under it proves nothing")
	}
	if !isOnCurve(&y) {
		return errors.New("key is damaged: not a point on the curve of Ed25519")
	}
	return nil
}

// encodedY returns the y of an encoded point: 255 bits, little-endian, below the
// bit that holds the sign of x.
func encodedY(pub ed25519.PublicKey) (y number) {
	for i := range y {
		y[i] = binary.LittleEndian.Uint64(pub[8*i:])
	}
	y[3] &^= 1 << 63
	return y
}

// isOnCurve reports whether some x goes with y: whether x² = (y²−1)/(d·y²+1) is a
// square, which it is exactly when the product of the two sides of the fraction
// is one.
func isOnCurve(y *number) bool {
	u := multiplyAdd(y, y, &minusOne)
	v := multiplyAdd(&curveD, &u, &dPlusOne)
	return jacobi(multiplyAdd(&u, &v, &number{}), fieldP) >= 0
}
