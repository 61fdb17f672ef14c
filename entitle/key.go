package entitle

import (
	"crypto/rand"
	"fmt"
	"strings"
)

// keyAlphabet has no letter or digit that is easily taken for another: neither
// 0 and O, nor 1, I and L. Its length is a prime, which the check digit needs.
const keyAlphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

// A key has keyGroups groups of keyGroup symbols, separated by hyphens.
const (
	keyGroups = 5
	keyGroup  = 6
	keyLength = keyGroups * keyGroup
)

// NewKey returns a new licence key, such as "7Q4C94-MWKPS3-27XHTB-5RDZ6N-6535DE":
// 143 random bits and a check digit at its end, by which [CheckKey] finds one
// wrong symbol, or two that have changed places.
func NewKey() string {
	symbols := make([]byte, keyLength)
	for i := range symbols[:keyLength-1] {
		symbols[i] = keyAlphabet[randomIndex(len(keyAlphabet))]
	}
	symbols[keyLength-1] = keyAlphabet[checkDigit(symbols[:keyLength-1])]
	groups := make([]string, keyGroups)
	for i := range groups {
		groups[i] = string(symbols[i*keyGroup : (i+1)*keyGroup])
	}
	return strings.Join(groups, "-")
}

// randomIndex returns a random number below n, each with the same likelihood.
func randomIndex(n int) int {
	var b [1]byte
	for {
		rand.Read(b[:])            // it never fails: crypto/rand
		if int(b[0]) < 256-256%n { // the rest would favour the first symbols
			return int(b[0]) % n
		}
	}
}

// checkDigit returns the symbol that makes the sum of all symbols, each times
// its place from 1, a multiple of the size of the alphabet. That is a prime, and
// there are fewer places than symbols, so one wrong symbol, or two that have
// changed places, always leave another sum.
func checkDigit(symbols []byte) int {
	const prime = len(keyAlphabet)
	sum := 0
	for i, c := range symbols {
		sum += (i + 1) * strings.IndexByte(keyAlphabet, c)
	}
	// The last place is keyLength, which is −1 modulo the prime.
	return sum % prime
}

// CheckKey says whether a licence key that was made by [NewKey] has been
// mistyped. Lower case is accepted. A key from elsewhere has no check digit, and
// is refused.
func CheckKey(key string) error {
	groups := strings.Split(strings.ToUpper(key), "-")
	if len(groups) != keyGroups {
		return fmt.Errorf("the key has %d groups; a licence key has %d groups of %d symbols, separated by hyphens", len(groups), keyGroups, keyGroup)
	}
	for i, group := range groups {
		if len(group) != keyGroup {
			return fmt.Errorf("group %d of the key has %d symbols; each has %d", i+1, len(group), keyGroup)
		}
		for _, c := range group {
			if !strings.ContainsRune(keyAlphabet, c) {
				return fmt.Errorf("group %d of the key has %q, which is in no licence key; there are %s", i+1, c, keyAlphabet)
			}
		}
	}
	symbols := []byte(strings.Join(groups, ""))
	last := strings.IndexByte(keyAlphabet, symbols[keyLength-1])
	if checkDigit(symbols[:keyLength-1]) != last {
		return fmt.Errorf("the check digit does not fit the key: it has been mistyped")
	}
	return nil
}

// NewID returns a new licence id: a random UUID (RFC 9562, version 4).
func NewID() string {
	var b [16]byte
	rand.Read(b[:]) // it never fails: crypto/rand
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
