package licseal

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// maxInteger is the largest integer that every JSON implementation keeps
// exactly (RFC 7493, section 2.2).
const maxInteger = 1<<53 - 1

// checkNumber refuses a JSON number whose canonical form would be another
// number. RFC 8785 writes every number as the nearest double. Two payloads that
// differ only in digits beyond its precision would have the same signature.
func checkNumber(text []byte) (Class, string) {
	if isShortInteger(text) {
		return "", ""
	}
	f, err := strconv.ParseFloat(string(text), 64)
	switch {
	case err != nil:
		return ClassNumberRange, fmt.Sprintf("%s is larger than any double; write it as a string", describe(text))
	case math.Abs(f) > maxInteger:
		return ClassNumberRange, fmt.Sprintf("%s is beyond ±9007199254740991, where integers are no longer kept exactly; write it as a string", describe(text))
	}
	kept := strconv.AppendFloat(nil, f, 'e', -1, 64)
	if decimalOf(text) != decimalOf(kept) {
		return ClassNumberPrecision, fmt.Sprintf("%s has more digits than a double keeps (it would become %s); write it as a string", describe(text), strconv.FormatFloat(f, 'g', -1, 64))
	}
	return "", ""
}

// lastNumber returns the JSON number that text ends with, which is in an object or array.
func lastNumber(text []byte) []byte {
	at := len(text)
	for !isDelimiter(text[at-1]) && text[at-1] != '[' && text[at-1] != ':' {
		at--
	}
	return text[at:]
}

// isShortInteger reports whether text is an integer of at most 15 digits: the most
// common kind of number, and always exact.
func isShortInteger(text []byte) bool {
	digits := bytes.TrimPrefix(text, []byte("-"))
	for _, c := range digits {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(digits) <= 15
}

// decimal is a decimal number in normal form: ±0.DIGITS × 10^exponent, where the
// first and the last digit are not zero. Zero has no digits.
type decimal struct {
	negative bool
	digits   string
	exponent int
}

// decimalOf reads a JSON number exactly. checkNumber has found the number to be a
// finite double, so a large exponent occurs only with as many digits, or with zero.
func decimalOf(text []byte) decimal {
	s, negative := strings.CutPrefix(string(text), "-")
	mantissa, exponentText, _ := strings.Cut(strings.ToLower(s), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	exponent := len(digits) - len(fraction)
	digits = strings.TrimRight(digits, "0")
	if digits == "" {
		return decimal{}
	}
	n, _ := strconv.Atoi(exponentText)
	return decimal{negative, digits, exponent + n}
}
