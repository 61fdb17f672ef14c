package pubkey

import (
	"encoding/binary"
	"math/big"
	"math/bits"
)

// number is an integer of 256 bits, the lowest first.
type number [4]uint64

// numberOf returns an integer that is not negative and has at most 256 bits.
func numberOf(x *big.Int) (n number) {
	var b [32]byte
	x.FillBytes(b[:])
	for i := range n {
		n[i] = binary.BigEndian.Uint64(b[24-8*i:])
	}
	return n
}

func (n *number) isZero() bool { return n[0]|n[1]|n[2]|n[3] == 0 }

func (n *number) less(m *number) bool {
	for i := 3; i > 0; i-- {
		if n[i] != m[i] {
			return n[i] < m[i]
		}
	}
	return n[0] < m[0]
}

func (n *number) subtract(m *number) {
	var borrow uint64
	for i := range n {
		n[i], borrow = bits.Sub64(n[i], m[i], borrow)
	}
}

// halve divides by the greatest power of two, and returns its exponent, at most 63.
func (n *number) halve() uint {
	k := uint(bits.TrailingZeros64(n[0]))
	if k == 64 {
		k = 63
	}
	for i := range 3 {
		n[i] = n[i]>>k | n[i+1]<<(64-k)
	}
	n[3] >>= k
	return k
}

// jacobi returns the Jacobi symbol of a and an odd n: 1, -1, or 0 if they have a common
// factor. It is [big.Jacobi] for 256 bits without an allocation, by the binary algorithm.
// How long it takes depends on the numbers, which are public.
func jacobi(a, n number) int {
	symbol := 1
	for !a.isZero() {
		for a[0]&1 == 0 {
			if k := a.halve(); k&1 == 1 && (n[0]&7 == 3 || n[0]&7 == 5) {
				symbol = -symbol
			}
		}
		if a.less(&n) {
			if a[0]&3 == 3 && n[0]&3 == 3 {
				symbol = -symbol
			}
			a, n = n, a
		}
		a.subtract(&n)
	}
	if n != (number{1}) {
		return 0
	}
	return symbol
}
