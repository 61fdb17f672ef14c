package edit

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/text"
)

// Warnings returns what is probably not meant in the texts of a payload that is about
// to be signed: blanks at an edge, characters that cannot be seen or that change the
// reading direction, and letters that look like others. Such a payload may be signed.
// What is wrong with an id is an error: see [licseal.CheckID].
func Warnings(p licseal.Payload, roles licseal.Roles) []licseal.Violation {
	if isOrdinary(p.Bytes()) {
		return nil
	}
	idPointer := roles.WithDefaults().ID
	var warnings []licseal.Violation
	d := jsontext.NewDecoder(bytes.NewReader(p.Bytes()))
	for {
		token, err := d.ReadToken()
		if err != nil { // the end: a payload is valid JSON
			return warnings
		}
		if kind, length := d.StackIndex(d.StackDepth()); token.Kind() != '"' || kind == '{' && length%2 == 1 {
			continue // not a string, or the name of a member
		}
		pointer, value := string(d.StackPointer()), token.String()
		for _, doubt := range doubts(value, pointer == idPointer) {
			warnings = append(warnings, licseal.Violation{
				Position: p.Position(pointer), Value: text.Quote(value), Message: text.Quote(value) + " " + doubt,
			})
		}
	}
}

// isOrdinary reports whether canonical JSON has nothing to warn of, as far as that can
// be seen quickly: it is printable ASCII without escapes, and no quote is next to a
// blank. Canonical JSON has blanks in strings only.
func isOrdinary(canonical []byte) bool {
	for i, c := range canonical {
		switch {
		case c < ' ' || c > '~' || c == '\\':
			return false
		case c == ' ' && (canonical[i-1] == '"' || canonical[i+1] == '"'):
			return false
		}
	}
	return true
}

// doubts returns what is probably not meant in a text, in words.
func doubts(s string, isID bool) []string {
	var found []string
	if edge := edges(s); edge != "" {
		found = append(found, edge)
	}
	var hidden, turning characters
	var previous rune
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Bidi_Control, r):
			turning = turning.with(r)
		case !text.Visible(r) && !isLineBreak(r) && !joins(previous, r):
			hidden = hidden.with(r)
		}
		previous = r
	}
	for _, kind := range []struct {
		characters
		what string
	}{
		{hidden, "which cannot be seen or is not the ordinary space"},
		{turning, "which changes the reading direction"},
		{confusable(s, isID), "which is easily taken for an ASCII character"},
	} {
		if len(kind.characters) > 0 {
			found = append(found, fmt.Sprintf("has %s, %s", kind.characters, kind.what))
		}
	}
	return found
}

// edges says at which of its edges a text has a blank.
func edges(s string) string {
	begins := strings.TrimLeftFunc(s, unicode.IsSpace) != s
	ends := strings.TrimRightFunc(s, unicode.IsSpace) != s
	switch {
	case begins && ends:
		return "begins and ends with a blank"
	case begins:
		return "begins with a blank"
	case ends:
		return "ends with a blank"
	}
	return ""
}

// isLineBreak reports whether a character gives a text its lines and columns.
func isLineBreak(r rune) bool { return r == '\n' || r == '\r' || r == '\t' }

// joins reports whether an invisible character belongs to the one before it, as in
// Persian and Indic words and in emoji.
func joins(previous, r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	return previous > unicode.MaxLatin1 && (r == nonJoiner || r == joiner || unicode.Is(unicode.Variation_Selector, r))
}

// confusable returns the characters that look like ASCII ones and are probably meant to
// be those: letters in a word with Latin letters, and in an id also dashes, quotes, and
// words of nothing else.
func confusable(s string, isID bool) characters {
	var all characters
	isLetter := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) }
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return !isLetter(r) }) {
		found, hasLatin, hasOther := all, false, false
		for _, r := range word {
			switch {
			case looksLike(r):
				found = found.with(r)
			case unicode.Is(unicode.Latin, r):
				hasLatin = true
			default:
				hasOther = true
			}
		}
		if hasLatin || isID && !hasOther {
			all = found
		}
	}
	for _, r := range s {
		if isID && looksLike(r) && !isLetter(r) {
			all = all.with(r)
		}
	}
	return all
}

// lookalikes are the letters of other scripts, and the dashes and quotes, that are
// most easily taken for ASCII characters.
const lookalikes = "АВЕЅІЈКМНОРСТУХаеѕіјорсухԁһԛԝ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοναιρυ" + "ՍՕսօհո" + "‐‑‒–—―−‘’ʼ′“”"

// looksLike reports whether a character is easily taken for an ASCII one.
func looksLike(r rune) bool {
	isFullwidth := '\uff01' <= r && r <= '\uff5e'
	return isFullwidth || r >= utf8.RuneSelf && strings.ContainsRune(lookalikes, r)
}

// characters are different characters of a text.
type characters []rune

func (c characters) with(r rune) characters {
	if slices.Contains(c, r) {
		return c
	}
	return append(slices.Clip(c), r)
}

// String returns the code points of the first few.
func (c characters) String() string {
	const most = 5
	var names []string
	for _, r := range c[:min(len(c), most)] {
		names = append(names, fmt.Sprintf("%U", r))
	}
	if len(c) > most {
		names = append(names, "…")
	}
	return strings.Join(names, ", ")
}
