// Package text writes text for people. What comes from outside (file names, key
// comments, licence values, answers of servers) may hold characters that move the
// cursor, reverse the reading direction, or look like a line of the program's own.
// [Escape] makes them visible.
//
// Nobody has to remember it: a [Line] is text that is safe to show, and outside
// this package only [Sprintf], [Table] and their kin make one. They escape every
// argument, except for those that are Lines already. A program that prints Lines only
// cannot print anything raw.
package text

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Visible reports whether a character shows itself as what it is: a letter, digit,
// mark, symbol or the ASCII space. Control and format characters (among them the
// bidirectional ones), line and paragraph separators, all other blanks, and
// characters that have no shape are not visible.
func Visible(r rune) bool {
	if r < utf8.RuneSelf {
		return ' ' <= r && r <= '~'
	}
	const brailleBlank = '\u2800'
	return unicode.IsPrint(r) && r != brailleBlank && !unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// Escape returns s as a single line that is safe to show: each character that is not
// [Visible] becomes its JSON escape (\n, \u202e), and each byte that is not UTF-8
// becomes \xff. JSON text stays the same JSON.
func Escape(s string) string {
	i := firstHidden(s)
	if i < 0 {
		return s
	}
	var b strings.Builder
	for ; i >= 0; i = firstHidden(s) {
		b.WriteString(s[:i])
		r, size := utf8.DecodeRuneInString(s[i:])
		writeEscaped(&b, r, s[i:i+size])
		s = s[i+size:]
	}
	b.WriteString(s)
	return b.String()
}

// firstHidden returns where the first character is that must not be shown raw, and -1 if
// there is none.
func firstHidden(s string) int {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c < ' ' || c > '~' {
				return i
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 || !Visible(r) {
			return i
		}
		i += size
	}
	return -1
}

func writeEscaped(b *strings.Builder, r rune, raw string) {
	switch {
	case r == utf8.RuneError:
		fmt.Fprintf(b, `\x%02x`, raw[0])
	case r == '\n':
		b.WriteString(`\n`)
	case r == '\r':
		b.WriteString(`\r`)
	case r == '\t':
		b.WriteString(`\t`)
	default:
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(b, `\u%04x`, unit)
		}
	}
}

// maxQuoted is how many bytes of a value [Quote] shows.
const maxQuoted = 60

// Quote returns s in double quotes, escaped, and cut if it is longer than is useful.
func Quote(s string) string {
	if len(s) <= maxQuoted {
		return Escape(strconv.Quote(s))
	}
	cut := maxQuoted
	for cut > maxQuoted-utf8.UTFMax && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return Escape(strconv.Quote(s[:cut])) + "…"
}
