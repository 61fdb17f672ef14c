package pubkey

import "math/bits"

// number is an integer of 256 bits, the lowest first.
type number [4]uint64

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

// multiplyAdd returns a number that is a·b + c modulo 2^255 − 19, which may be larger than
// that.
func multiplyAdd(a, b, c *number) (sum number) {
	product := [8]uint64{c[0], c[1], c[2], c[3]}
	for i := range a {
		var carry uint64
		for j := range b {
			carry, product[i+j] = multiplyAdd64(a[i], b[j], product[i+j], carry)
		}
		product[i+4] = carry
	}
	var carry uint64 // 2^256 is 38
	for i := range sum {
		carry, sum[i] = multiplyAdd64(product[i+4], 38, product[i], carry)
	}
	for carry > 0 {
		more := 38 * carry
		for i := range sum {
			sum[i], more = bits.Add64(sum[i], more, 0)
		}
		carry = more
	}
	return sum
}

// multiplyAdd64 returns a·b + c + d, which has 128 bits.
func multiplyAdd64(a, b, c, d uint64) (high, low uint64) {
	high, low = bits.Mul64(a, b)
	low, carry := bits.Add64(low, c, 0)
	high += carry
	low, carry = bits.Add64(low, d, 0)
	return high + carry, low
}

// jacobi returns the Jacobi symbol of a and an odd n: 1, -1, or 0 if they have a common
// factor. It is math/big's for 256 bits without an allocation, by the binary algorithm.
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
