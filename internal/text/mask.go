package text

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maskWindow is how many characters of a secret in a row are recognized if
// a message has cut the rest off.
const maskWindow = 9

// Masker hides secrets in texts, except for a few characters to recognize them by.
type Masker []hidden

// hidden is a secret as a message may have written it.
type hidden struct{ written, masked string }

// With adds a secret, also as it looks in quotes. A text of three characters or less
// is not masked.
func (m Masker) With(secret string) Masker {
	if utf8.RuneCountInString(secret) <= 3 {
		return m
	}
	for _, quoted := range []string{strconv.Quote(secret), strconv.QuoteToASCII(secret), strconv.QuoteToGraphic(secret), `"` + secret + `"`} {
		h := hidden{quoted[1 : len(quoted)-1], Mask(secret)}
		if !slices.Contains(m, h) {
			m = append(m, h)
		}
	}
	return m
}

// Mask returns a secret as outputs show it: its first and last characters, and
// fewer of them the shorter it is.
func Mask(secret string) string {
	runes := []rune(secret)
	keep := 4
	switch {
	case len(runes) <= 3:
		return secret
	case len(runes) < 8:
		keep = 1
	case len(runes) < 16:
		keep = 2
	}
	return string(runes[:keep]) + "…" + string(runes[len(runes)-keep:])
}

// Hide masks all secrets in a text, and the parts of one that a message has cut.
func (m Masker) Hide(text string) string {
	for _, h := range m {
		text = h.whole(text)
		if len(h.written) > maskWindow {
			text = hideParts(text, h.written)
		}
	}
	return text
}

// whole masks a secret where it is not a part of a longer word.
func (h hidden) whole(text string) string {
	secret := h.written
	var b strings.Builder
	for {
		i := strings.Index(text, secret)
		if i < 0 {
			b.WriteString(text)
			return b.String()
		}
		end := i + len(secret)
		b.WriteString(text[:i])
		isWord := len(secret) <= maskWindow && (i > 0 && isWordByte(text[i-1]) || end < len(text) && isWordByte(text[end]))
		if isWord {
			b.WriteString(secret)
		} else {
			b.WriteString(h.masked)
		}
		text = text[end:]
	}
}

func isWordByte(c byte) bool {
	return c == '-' || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// isDate reports whether a part of a secret is a date, which everybody may know.
func isDate(part string) bool {
	if len(part) != len(time.DateOnly) {
		return false
	}
	_, err := time.Parse(time.DateOnly, part)
	return err == nil
}

// hideParts masks the parts of a secret of at least maskWindow bytes.
func hideParts(text, secret string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		part := longestPart(text[i:], secret)
		switch {
		case isDate(part):
			b.WriteString(part)
		case len(part) >= maskWindow:
			b.WriteString(Mask(part))
		default:
			_, size := utf8.DecodeRuneInString(text[i:])
			part = text[i : i+size]
			b.WriteString(part)
		}
		i += len(part)
	}
	return b.String()
}

// longestPart returns the longest part of a secret that a text begins with, in whole
// characters.
func longestPart(text, secret string) string {
	end := 0
	for end < len(text) {
		_, size := utf8.DecodeRuneInString(text[end:])
		if !strings.Contains(secret, text[:end+size]) {
			break
		}
		end += size
	}
	return text[:end]
}
