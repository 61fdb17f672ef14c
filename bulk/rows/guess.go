package rows

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// words are the words of a text that are not ASCII, from which its encoding is guessed.
type words struct {
	lines   int
	valid   bool // some line is UTF-8, and not ASCII
	invalid bool // some line is not UTF-8
	carry   []byte
	used    [256]bool // the bytes from 0x80 on
	seen    map[string]bool
	list    []word
}

type word struct {
	text string
	line int
}

// maxWords bounds how many words are kept. The bytes of all words count.
const maxWords = 5000

// line takes a line, or a part of one that is too long for the buffer.
func (w *words) line(text []byte, partial bool) {
	if len(w.carry) > 0 {
		text = append(w.carry, text...)
		w.carry = nil
	}
	if partial { // a character may be cut
		end := len(text)
		for end > 0 && end > len(text)-64 && isWordByte(text[end-1]) {
			end--
		}
		for end > 0 && end < len(text) && !utf8.RuneStart(text[end]) {
			end--
		}
		w.carry, text = append(w.carry, text[end:]...), text[:end]
	} else {
		w.lines++
	}
	if isASCII(text) {
		return
	}
	if utf8.Valid(text) {
		w.valid = true
		return
	}
	w.invalid = true
	w.add(text)
}

func isASCII(text []byte) bool {
	for _, c := range text {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func isWordByte(c byte) bool {
	return c >= utf8.RuneSelf || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// add takes the words of a text.
func (w *words) add(text []byte) {
	for len(text) > 0 {
		n := 0
		for n < len(text) && isWordByte(text[n]) {
			n++
		}
		if !isASCII(text[:n]) {
			w.word(text[:n])
		}
		text = text[min(n+1, len(text)):]
	}
}

func (w *words) word(text []byte) {
	for _, c := range text {
		w.used[c] = w.used[c] || c >= utf8.RuneSelf
	}
	if len(w.list) >= maxWords || w.seen[string(text)] {
		return
	}
	if w.seen == nil {
		w.seen = make(map[string]bool)
	}
	w.seen[string(text)] = true
	w.list = append(w.list, word{string(text), w.lines})
}

// candidates are the encodings that programs write without a mark. The first is the
// one that is accepted.
var candidates = []struct {
	name    Encoding
	charmap *charmap.Charmap
}{
	{windows1252, charmap.Windows1252},
	{"windows-1250", charmap.Windows1250},
	{"windows-1254", charmap.Windows1254},
	{"windows-1257", charmap.Windows1257},
	{"windows-1251", charmap.Windows1251},
	{"windows-1253", charmap.Windows1253},
	{"iso-8859-15", charmap.ISO8859_15},
	{"iso-8859-2", charmap.ISO8859_2},
	{"macintosh", charmap.Macintosh},
	{"cp850", charmap.CodePage850},
	{"cp852", charmap.CodePage852},
}

// encoding returns the encoding of the words. A text that makes no sense in any is UTF-8,
// in which some rows cannot be read.
func (w *words) encoding() (Encoding, error) {
	if len(w.carry) > 0 {
		w.line(nil, false)
	}
	if !w.invalid || w.valid {
		return utf8Encoding, nil
	}
	var possible []Encoding
	var charmaps []*charmap.Charmap
	for _, c := range candidates {
		if w.plausible(c.charmap) {
			possible, charmaps = append(possible, c.name), append(charmaps, c.charmap)
		}
	}
	if len(possible) == 0 {
		return utf8Encoding, nil
	}
	for _, m := range charmaps {
		if shown := w.differ(charmaps[0], m); shown != nil {
			return "", doubt(*shown, possible, charmaps)
		}
	}
	if possible[0] != windows1252 {
		return "", doubt(w.list[0], possible[:1], charmaps)
	}
	return windows1252, nil
}

// doubt returns the error for a text that is not certain to be Windows-1252. It shows
// what a word is in each encoding.
func doubt(shown word, names []Encoding, maps []*charmap.Charmap) error {
	const most = 4
	var values, readings, ways []string
	for i, name := range names {
		reading := decode(maps[i], shown.text)
		if slices.Contains(readings, reading) || len(values) == most {
			continue
		}
		values, readings = append(values, string(name)), append(readings, reading)
		ways = append(ways, fmt.Sprintf("%s in %s", quote(reading), name))
	}
	detail := fmt.Sprintf("the text is not UTF-8; line %d has %s", shown.line, strings.Join(ways, ", "))
	if len(values) == 1 {
		detail = fmt.Sprintf("the text is not UTF-8; it may be %s, in which line %d has %s", values[0], shown.line, quote(readings[0]))
	}
	return &DoubtError{SettingEncoding, values, detail}
}

// differ returns the first word that two encodings read differently, nil if there is
// none.
func (w *words) differ(a, b *charmap.Charmap) *word {
	same := true
	for c := utf8.RuneSelf; c < 256; c++ {
		same = same && (!w.used[c] || a.DecodeByte(byte(c)) == b.DecodeByte(byte(c)))
	}
	if same {
		return nil
	}
	for i := range w.list {
		if decode(a, w.list[i].text) != decode(b, w.list[i].text) {
			return &w.list[i]
		}
	}
	return &w.list[0]
}

func decode(m *charmap.Charmap, text string) string {
	var b strings.Builder
	for i := range len(text) {
		b.WriteRune(m.DecodeByte(text[i]))
	}
	return b.String()
}

// plausible reports whether an encoding makes words of all words.
func (w *words) plausible(m *charmap.Charmap) bool {
	for _, one := range w.list {
		if !isWord([]rune(decode(m, one.text))) {
			return false
		}
	}
	return true
}

// isWord reports whether somebody may have written a text: its letters are of one
// script, those that are not ASCII are small or capital as their neighbors are, and its
// signs are common and not within a word.
func isWord(text []rune) bool {
	script := (*unicode.RangeTable)(nil)
	for i, r := range text {
		before, after := rune(0), rune(0)
		if i > 0 {
			before = text[i-1]
		}
		if i+1 < len(text) {
			after = text[i+1]
		}
		if !unicode.IsLetter(r) {
			if !isSign(r, unicode.IsLetter(before), unicode.IsLetter(after)) {
				return false
			}
			continue
		}
		if strings.ContainsRune("ªºƒﬁﬂˆ", r) || !unicode.IsUpper(r) && !unicode.IsLower(r) {
			return false
		}
		foreign := r >= utf8.RuneSelf || before >= utf8.RuneSelf
		if foreign && unicode.IsUpper(r) && (unicode.IsLower(before) || unicode.IsUpper(before) && unicode.IsLower(after)) {
			return false
		}
		of := scriptOf(r)
		if of == nil || script != nil && of != script {
			return false
		}
		script = of
	}
	return true
}

// isSign reports whether a character that is not a letter is a common one, at a place
// that is common for it.
func isSign(r rune, afterLetter, beforeLetter bool) bool {
	switch {
	case strings.ContainsRune("’‘·–—\u00a0", r):
		return true
	case strings.ContainsRune("“„‚«", r): // opening in most languages
		return !(afterLetter && beforeLetter)
	case strings.ContainsRune("”»…®©™°€£§²³½", r):
		return !beforeLetter
	case strings.ContainsRune("¿¡", r):
		return !afterLetter
	}
	return false
}

func scriptOf(r rune) *unicode.RangeTable {
	for _, script := range []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek} {
		if unicode.Is(script, r) {
			return script
		}
	}
	return nil
}
