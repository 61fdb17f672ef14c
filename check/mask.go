package check

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maskWindow is how many characters of a secret in a row are recognized, where
// a message has cut the rest off.
const maskWindow = 9

// masker hides secrets in texts, but for a few characters to know them by.
type masker []hidden

// hidden is a secret as a message may have written it.
type hidden struct{ written, masked string }

// keyFields are the fields that hold a licence key in the built-in schemas, beside
// those that a schema's roles name.
var keyFields = []string{"/license_key", "/key"}

// keyValue finds what stands behind the name of a licence key, however it is
// quoted or escaped; longHex finds signatures.
var (
	keyValue = lazy(`(?:license_key|[\\"'“]key)(?:&quot;|&#34;|[^A-Za-z0-9]){1,12}([A-Za-z0-9_.+/=-]{4,200})`)
	longHex  = lazy(`[0-9A-Fa-f]{40,}`)
)

// newMasker collects the secrets of a text that may be a licence.
func newMasker(text []byte) masker {
	var m masker
	for _, found := range keyValue().FindAllSubmatch(text, 20) {
		m = m.with(string(found[1]))
	}
	for _, found := range longHex().FindAll(text, 20) {
		m = m.with(string(found))
	}
	return m
}

// with adds a secret, also as it looks in quotes. One of three characters or less
// is none.
func (m masker) with(secret string) masker {
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

// hide masks all secrets in a text, also where only a part of one is left.
func (m masker) hide(text string) string {
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
		n := 0
		for i+n < len(text) && strings.Contains(secret, text[i:i+n+1]) {
			n++
		}
		switch part := text[i : i+n]; {
		case isDate(part):
			b.WriteString(part)
		case n >= maskWindow:
			b.WriteString(Mask(part))
		default:
			n = 1
			b.WriteByte(text[i])
		}
		i += n
	}
	return b.String()
}
