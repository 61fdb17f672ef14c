package repair

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/text"
)

// doubleQuotes are what word processors, wikis and mail programs make of ".
const doubleQuotes = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\uff02"

// detectCurlyQuotes finds quotes that an editor has made look better. In a string
// that begins with a straight quote, a curly one is part of the text and is kept. A
// second reading replaces all of them.
func detectCurlyQuotes(text []byte, _ *licseal.ParseError) *reading {
	if !hasOddBytes(text) || !utf8.Valid(text) {
		return nil
	}
	careful, first := straighten(text)
	all := straightenAll(text)
	if bytes.Equal(all, text) {
		return nil
	}
	repaired := [][]byte{all}
	if first < 0 {
		first = bytes.IndexAny(text, doubleQuotes)
	} else if !bytes.Equal(all, careful) {
		repaired = [][]byte{careful, all}
	}
	quote, _ := utf8.DecodeRune(text[first:])
	return &reading{fault: Fault{CurlyQuotes, at(text, first), []string{string(quote), codePoint(quote)}}, texts: repaired}
}

// codePoint writes a character as U+201C.
func codePoint(r rune) string { return fmt.Sprintf("U+%04X", r) }

// hasOddBytes reports whether a text has anything other than printable ASCII and the
// white space that JSON allows.
func hasOddBytes(text []byte) bool {
	for _, c := range text {
		if c >= 0x7f || c < ' ' && c != '\n' && c != '\r' && c != '\t' {
			return true
		}
	}
	return false
}

// straighten replaces the curly quotes that begin and end strings, and returns
// the offset of the first, -1 if not found.
func straighten(text []byte) (straight []byte, first int) {
	first = -1
	var end byte // what ends the string that is being read: '"' or 'c' for a curly quote
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		isCurly := r != utf8.RuneError && strings.ContainsRune(doubleQuotes, r)
		switch {
		case r == '\\' && end != 0 && i+1 < len(text):
			next := 1
			if end == 'c' {
				if c, n := utf8.DecodeRune(text[i+1:]); c != utf8.RuneError && strings.ContainsRune(doubleQuotes, c) {
					straight = append(straight, '\\', '"') // an escaped quote was made curly too
					i += 1 + n
					continue
				}
			}
			straight = append(straight, text[i:i+1+next]...)
			i += 1 + next
			continue
		case end == 0 && (r == '"' || isCurly):
			end = '"'
			if isCurly {
				end = 'c'
			}
		case end == '"' && r == '"', end == 'c' && (isCurly || r == '"'):
			end = 0
		default:
			isCurly = false
		}
		if isCurly {
			if first < 0 {
				first = i
			}
			straight = append(straight, '"')
		} else {
			straight = append(straight, text[i:i+size]...)
		}
		i += size
	}
	return straight, first
}

func straightenAll(text []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if strings.ContainsRune(doubleQuotes, r) && r != utf8.RuneError {
			return '"'
		}
		return r
	}, text)
}

var singleStart = text.Pattern(`^\{\s*['\x{2018}\x{2019}]`)

// detectSingleQuotes finds a dictionary as Python prints it.
func detectSingleQuotes(text []byte, _ *licseal.ParseError) *reading {
	start := startOf(text)
	if !singleStart().Match(text[start:]) {
		return nil
	}
	place := start + 1 + startOf(text[start+1:])
	fault := Fault{Kind: SingleQuotes, Position: at(text, place)}
	plain := string(text)
	if !bytes.HasPrefix(text[place:], []byte("'")) { // next to straight quotes, a curly one is part of the text
		plain = strings.NewReplacer("\u2018", "'", "\u2019", "'").Replace(plain)
	}
	doubled, ok := doubleQuoted(plain)
	if !ok {
		return &reading{fault: fault}
	}
	readings := [][]byte{[]byte(doubled)}
	if strings.Contains(plain, `\'`) { // an apostrophe, or a double quote that somebody has replaced too
		readings = append(readings, []byte(strings.ReplaceAll(plain, "'", `"`)))
	}
	return &reading{fault: fault, texts: readings}
}

// doubleQuoted rewrites strings in single quotes, with Python's escapes, as JSON.
func doubleQuoted(text string) (string, bool) {
	var b strings.Builder
	var end byte
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case end == 0:
			if c == '\'' || c == '"' {
				end, c = c, '"'
			}
			b.WriteByte(c)
		case c == '\\':
			if i++; i == len(text) {
				return "", false
			}
			switch text[i] {
			case '\'':
				b.WriteByte('\'')
			case '"', '\\', 'n', 'r', 't', 'u':
				b.WriteByte('\\')
				b.WriteByte(text[i])
			default:
				return "", false // \x41, \N{…}: not in JSON
			}
		case c == end:
			b.WriteByte('"')
			end = 0
		case c == '"':
			b.WriteString(`\"`)
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), end == 0
}

// invisible are the characters that look like a space or like nothing.
const invisible = "\u00a0\u00ad\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202f\u205f\u2060\u3000\ufeff\x00\v\f\u0085"

// detectInvisible finds spaces that JSON does not allow between the tokens. In a
// string they may be intended.
func detectInvisible(text []byte, _ *licseal.ParseError) *reading {
	if !hasOddBytes(text) || !utf8.Valid(text) {
		return nil
	}
	first := -1
	var cleaned []byte
	outsideStrings(text, func(i int, c []byte, inString bool) {
		r, _ := utf8.DecodeRune(c)
		if inString || r == utf8.RuneError || !strings.ContainsRune(invisible, r) {
			cleaned = append(cleaned, c...)
			return
		}
		if first < 0 {
			first = i
		}
		cleaned = append(cleaned, ' ')
	})
	if first < 0 {
		return nil
	}
	r, _ := utf8.DecodeRune(text[first:])
	return &reading{fault: Fault{Invisible, at(text, first), []string{codePoint(r)}}, texts: [][]byte{cleaned}}
}

// detectTrailingComma finds the comma that some languages, and Kong's
// documentation, put after the last member.
func detectTrailingComma(text []byte, _ *licseal.ParseError) *reading {
	first, comma := -1, -1
	var cleaned []byte
	outsideStrings(text, func(i int, c []byte, inString bool) {
		switch {
		case inString:
			comma = -1
		case c[0] == ',':
			comma = len(cleaned)
		case comma >= 0 && (c[0] == '}' || c[0] == ']'):
			cleaned[comma] = ' '
			if first < 0 {
				first = bytes.LastIndexByte(text[:i], ',')
			}
			comma = -1
		case startOf(c) == 0:
			comma = -1
		}
		cleaned = append(cleaned, c...)
	})
	if first < 0 {
		return nil
	}
	return &reading{fault: Fault{Kind: TrailingComma, Position: at(text, first)}, texts: [][]byte{cleaned}}
}

// outsideStrings calls visit for each character, and reports whether it is part of
// a JSON string, its quotes included.
func outsideStrings(text []byte, visit func(offset int, c []byte, inString bool)) {
	inString := false
	for i := 0; i < len(text); {
		_, size := utf8.DecodeRune(text[i:])
		if inString && text[i] == '\\' && i+1 < len(text) {
			_, next := utf8.DecodeRune(text[i+1:])
			size += next
		}
		if text[i] == '"' {
			inString = !inString
			visit(i, text[i:i+size], true)
		} else {
			visit(i, text[i:i+size], inString)
		}
		i += size
	}
}

var (
	signatureMember = text.Pattern(`"signature"\s*:\s*"([^"]*)"`)
	hexSignature    = text.Pattern(`^[0-9a-f]{128}$`)
)

// detectSignatureDigits finds a signature in upper case, or one that a mail
// program has wrapped. Its digits stay the same.
func detectSignatureDigits(text []byte, _ *licseal.ParseError) *reading {
	m := signatureMember().FindAllSubmatchIndex(text, 2)
	if len(m) != 1 {
		return nil
	}
	start, end := m[0][2], m[0][3]
	was := string(text[start:end])
	digits := strings.ToLower(strings.Join(strings.Fields(strings.TrimPrefix(was, "0x")), ""))
	if digits == was || !hexSignature().MatchString(digits) {
		return nil
	}
	pos := at(text, start)
	pos.Pointer = "/license/signature"
	repaired := append(append(append([]byte(nil), text[:start]...), digits...), text[end:]...)
	return &reading{fault: Fault{Kind: SignatureDigits, Position: pos}, texts: [][]byte{repaired}}
}

// detectLineBreak finds strings that a mail program has wrapped. There may have been
// a space or nothing at each line's end, so there are two readings.
func detectLineBreak(text []byte, err *licseal.ParseError) *reading {
	if err.Class != licseal.ClassSyntax || !bytes.ContainsAny(text, "\r\n") {
		return nil
	}
	first := -1
	var joined, spaced []byte
	outsideStrings(text, func(i int, c []byte, inString bool) {
		if !inString || c[0] != '\n' && c[0] != '\r' {
			joined, spaced = append(joined, c...), append(spaced, c...)
			return
		}
		if first < 0 {
			first = i
		}
		if c[0] == '\n' {
			spaced = append(spaced, ' ')
		}
	})
	if first < 0 {
		return nil
	}
	return &reading{fault: Fault{Kind: LineBreak, Position: at(text, first)}, texts: [][]byte{joined, spaced}}
}
