package entitlement

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
)

// keyAlphabet leaves out the letters and digits that are easily confused: 0 and O,
// 1, I and L. Its length is a prime, which the check digit needs.
const keyAlphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

// A key consists of keyGroups groups of keyGroup symbols, separated by hyphens.
const (
	keyGroups = 5
	keyGroup  = 6
	keyLength = keyGroups * keyGroup
)

// NewKey returns a new licence key, such as "7Q4C94-MWKPS3-27XHTB-5RDZ6N-6535DE":
// 143 random bits, and a check digit at its end by which [CheckKey] detects one
// wrong symbol, or two that were swapped.
func NewKey() string {
	key, _ := KeyFrom(rand.Reader) // never fails, says crypto/rand
	return key
}

// KeyFrom returns the licence key that random bytes make. It is an error if there are too
// few of them.
func KeyFrom(random io.Reader) (string, error) {
	symbols := make([]byte, keyLength)
	for i := range symbols[:keyLength-1] {
		n, err := randomIndex(random, len(keyAlphabet))
		if err != nil {
			return "", err
		}
		symbols[i] = keyAlphabet[n]
	}
	symbols[keyLength-1] = keyAlphabet[checkDigit(symbols[:keyLength-1])]
	groups := make([]string, keyGroups)
	for i := range groups {
		groups[i] = string(symbols[i*keyGroup : (i+1)*keyGroup])
	}
	return strings.Join(groups, "-"), nil
}

// randomIndex returns a uniformly random number from 0 to n-1.
func randomIndex(random io.Reader, n int) (int, error) {
	var b [1]byte
	for {
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return 0, err
		}
		if int(b[0]) < 256-256%n { // the rest would favor the first symbols
			return int(b[0]) % n, nil
		}
	}
}

// checkDigit returns the index of the symbol that makes the sum of all symbols,
// each times its place from 1, a multiple of the size of the alphabet. That size is
// a prime, and there are fewer places than symbols, so one wrong symbol, or two
// that were swapped, always change the sum.
func checkDigit(symbols []byte) int {
	const prime = len(keyAlphabet)
	sum := 0
	for i, c := range symbols {
		sum += (i + 1) * strings.IndexByte(keyAlphabet, c)
	}
	// The last place is keyLength, which is −1 modulo the prime.
	return sum % prime
}

// CheckKey returns an error if a licence key that [NewKey] made was mistyped. Lower
// case is accepted. Keys from elsewhere have no check digit, and are refused.
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
				return fmt.Errorf("group %d of the key has %q, which no licence key contains; the symbols are %s", i+1, c, keyAlphabet)
			}
		}
	}
	symbols := []byte(strings.Join(groups, ""))
	last := strings.IndexByte(keyAlphabet, symbols[keyLength-1])
	if checkDigit(symbols[:keyLength-1]) != last {
		return errors.New("the check digit does not fit the key: it has been mistyped")
	}
	return nil
}

// HasKeyShape reports whether a text has the length and the groups of the keys that
// [NewKey] makes.
func HasKeyShape(key string) bool {
	return len(key) == keyLength+keyGroups-1 && strings.Count(key, "-") == keyGroups-1
}
