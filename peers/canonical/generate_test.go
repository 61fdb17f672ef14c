package canonical

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// generator writes JSON objects at random: the same ones for the same seed.
type generator struct {
	*rand.Rand
	text  []byte
	plain bool // nothing but the order of names may have to change
}

// document returns a JSON object on one line. One in four is plain. About one in
// five has something changed in it, so that it may be no JSON any longer.
func (g *generator) document() string {
	g.text, g.plain = nil, g.IntN(4) == 0
	g.object(0)
	document := string(g.text)
	if g.IntN(5) == 0 {
		return g.damage(document)
	}
	return document
}

// damage returns a text with one byte left out, doubled or replaced, or cut.
func (g *generator) damage(s string) string {
	const bytes = "{}[]\",:\\0-+.eEu/ntx \t\x00\x1f\x7f\x80\xc3\xed\xff"
	at := g.IntN(len(s))
	switch g.IntN(4) {
	case 0:
		return s[:at] + s[at+1:]
	case 1:
		return s[:at] + s[at:at+1] + s[at:]
	case 2:
		return s[:at] + string(bytes[g.IntN(len(bytes))]) + s[at+1:]
	}
	return s[:at]
}

func (g *generator) write(s string) { g.text = append(g.text, s...) }

func (g *generator) space() {
	if !g.plain && g.IntN(6) == 0 {
		g.write(pick(g, " ", "\t", "  ", " \t"))
	}
}

func (g *generator) object(depth int) {
	g.list("{", "}", depth, func() {
		g.string()
		g.space()
		g.write(":")
		g.space()
		g.value(depth + 1)
	})
}

func (g *generator) array(depth int) {
	g.list("[", "]", depth, func() { g.value(depth + 1) })
}

// list writes an object or array. In a plain document the elements are sorted by
// their bytes, which is nearly the order of RFC 8785.
func (g *generator) list(first, last string, depth int, element func()) {
	var elements [][]byte
	before := g.text
	for range g.IntN(max(6-depth, 2)) {
		g.text = nil
		g.space()
		element()
		g.space()
		elements = append(elements, g.text)
	}
	if g.plain {
		slices.SortFunc(elements, bytes.Compare)
	}
	g.text = before
	g.write(first)
	g.text = append(g.text, bytes.Join(elements, []byte(","))...)
	g.write(last)
}

func (g *generator) value(depth int) {
	switch g.IntN(8) {
	case 0, 1:
		g.string()
	case 2, 3, 4:
		g.write(g.number())
	case 5:
		g.write(pick(g, "true", "false", "null"))
	case 6:
		g.object(depth)
	case 7:
		g.array(depth)
	}
}

// string writes a string of up to 5 characters: few enough that names are now and
// then the same, or the beginning of each other.
func (g *generator) string() {
	g.write(`"`)
	if g.IntN(20) == 0 {
		g.write(pick(g, "__proto__", "constructor", "length", "10", "9", "toJSON", "customer"))
	}
	for range g.IntN(6) {
		g.character()
	}
	g.write(`"`)
}

// character writes a character, as it is or escaped, or half of a surrogate pair.
func (g *generator) character() {
	r := g.rune()
	must := r < ' ' || r == '"' || r == '\\'
	if g.plain {
		if !must {
			g.write(string(r))
		}
		return
	}
	short := map[rune]string{'"': `\"`, '\\': `\\`, '/': `\/`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}
	switch {
	case g.IntN(400) == 0:
		g.escape(rune(0xD800 + g.IntN(0x800)))
	case short[r] != "" && g.IntN(4) > 0:
		g.write(short[r])
	case !must && g.IntN(4) > 0:
		g.write(string(r))
	case r > 0xFFFF:
		high, low := utf16.EncodeRune(r)
		g.escape(high)
		g.escape(low)
	default:
		g.escape(r)
	}
}

func (g *generator) escape(unit rune) { g.write(fmt.Sprintf(pick(g, `\u%04x`, `\u%04X`), unit)) }

// rune returns a character. Those after the surrogates matter for the order of
// names: U+FB33 comes before U+1F600 by code point and after it by UTF-16.
func (g *generator) rune() rune {
	switch g.IntN(8) {
	case 0:
		return rune(g.IntN(0x20))
	case 1:
		return pick(g, '"', '\\', '/', 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfeff, 0xfffd, 0xffff, 0x10000, 0x10ffff, 0x2028, 0x2029)
	case 2:
		return rune(0xe000 + g.IntN(0x2000))
	case 3:
		return rune(0x10000 + g.IntN(0x100000))
	case 4:
		return rune(0x80 + g.IntN(0xd780))
	}
	return rune('0' + g.IntN('z'-'0'+1))
}

// number returns a number: short or long, with and without fraction and exponent.
func (g *generator) number() string {
	kind := g.IntN(9)
	if g.plain && g.IntN(8) > 0 {
		kind = 0
	}
	switch kind {
	case 0:
		return pick(g, "-0", "0", strconv.Itoa(g.IntN(10)), strconv.Itoa(g.IntN(2001)-1000))
	case 1:
		return pick(g, "0", "-0", "-0.0", "0e5", "-0E-7", "0.0e+0", "1e0", "1E+2", "10e-1", "1.0", "5e-324", "2.2250738585072014e-308", "1e-400", "1e400",
			"9007199254740991", "-9007199254740991", "9007199254740992", "9007199254740993", "0.1", "1e-6", "1e-7", "1.5e15", "123456789012345.6", "333333333.33333329",
			"01", "+1", ".5", "5.", "1e", "0x1", "1_0", "NaN")
	case 2:
		return strconv.FormatInt(g.Int64N(1<<54)-1<<53, 10)
	case 3:
		return strconv.FormatFloat(g.double(900, 1076), pick[byte](g, 'e', 'f', 'g'), -1, 64)
	case 4:
		return strconv.FormatFloat(g.double(0, 1023), pick[byte](g, 'e', 'g'), -1, 64)
	case 5:
		return strconv.FormatFloat(g.Float64()*1000-500, 'f', g.IntN(20), 64)
	case 6:
		return fmt.Sprintf("%d.%d%s%d", g.IntN(20), g.IntN(100), pick(g, "e", "E", "e+", "E-", "e-"), g.IntN(12))
	case 7:
		return fmt.Sprintf("%d%s", g.IntN(1000), strings.Repeat("0", g.IntN(14)))
	}
	return fmt.Sprintf("0.%s%de%d", strings.Repeat("0", g.IntN(10)), g.IntN(1000), g.IntN(10))
}

// double returns a double with any sign and fraction, and the bits of its exponent
// from least to below most.
func (g *generator) double(least, most int) float64 {
	return math.Float64frombits(g.Uint64()&^(0x7ff<<52) | uint64(least+g.IntN(most-least))<<52)
}

func pick[T any](g *generator, all ...T) T { return all[g.IntN(len(all))] }
