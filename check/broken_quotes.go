package check

import (
	"bytes"
	"strconv"

	"github.com/licseal/licseal"
)

var dataURI = lazy(`^data:[A-Za-z0-9./+;=-]*,`)

// detectDataURI knows what a browser makes of a file.
func detectDataURI(text []byte, _ *licseal.ParseError) *breakage {
	trimmed := trim(text)
	prefix := dataURI().Find(trimmed)
	if prefix == nil {
		return nil
	}
	return &breakage{broken(CodeDataURI, at(text, startOf(text)),
		"keep only what stands behind the comma, decoded", "the text is a data: URI, with the licence behind its comma"), [][]byte{trimmed[len(prefix):]}}
}

var doubledQuotes = lazy(`^"?\{\s*""`)

// detectDoubledQuotes knows a value of a CSV file, in which a quote is written twice.
func detectDoubledQuotes(text []byte, _ *licseal.ParseError) *breakage {
	trimmed := trim(text)
	if !doubledQuotes().Match(trimmed) {
		return nil
	}
	inside := bytes.TrimSuffix(bytes.TrimPrefix(trimmed, []byte(`"`)), []byte(`"`))
	return &breakage{broken(CodeDoubledQuotes, at(text, startOf(text)+bytes.Index(trimmed, []byte(`""`))),
		"take the value out with a program that reads CSV", `each quote is written twice (""), as in a CSV file`), [][]byte{bytes.ReplaceAll(inside, []byte(`""`), []byte(`"`))}}
}

var hexEscape = lazy(`\\x[0-9A-Fa-f]{2}`)

// detectHexEscaped knows a text as web servers write it into their logs.
func detectHexEscaped(text []byte, _ *licseal.ParseError) *breakage {
	place := bytes.Index(text, []byte(`\x22`))
	if place < 0 || bytes.IndexByte(text, '"') >= 0 {
		return nil
	}
	found := broken(CodeHexEscaped, at(text, place),
		`write a quote in place of every \x22, or take the licence from a file instead of a log`, `the quotes are escaped as in a log (\x22)`)
	if bytes.IndexByte(hexEscape().ReplaceAll(text, nil), '\\') >= 0 {
		return &breakage{finding: found} // a log escapes every backslash, so this was done in another way
	}
	decoded := hexEscape().ReplaceAllFunc(text, func(escape []byte) []byte {
		n, _ := strconv.ParseUint(string(escape[2:]), 16, 8) // two hex digits
		return []byte{byte(n)}
	})
	return &breakage{found, [][]byte{decoded}}
}

var noQuotes = lazy(`^\{\s*(?:license|payload)\s*:`)

// detectNoQuotes knows a licence whose quotes a shell took for its own. Where they
// stood is lost.
func detectNoQuotes(text []byte, _ *licseal.ParseError) *breakage {
	if bytes.IndexByte(text, '"') >= 0 || !noQuotes().Match(trim(text)) {
		return nil
	}
	return &breakage{finding: broken(CodeNoQuotes, at(text, startOf(text)+1),
		"put the licence in single quotes where a shell reads it, and take it from whoever issued it once more", "all quotes are gone: a shell took them for its own")}
}

// detectNoJSON knows a text that has nothing of a licence.
func detectNoJSON(text []byte, err *licseal.ParseError) *breakage {
	if err.Class != licseal.ClassSyntax || bytes.IndexByte(text, '{') >= 0 {
		return nil
	}
	return &breakage{finding: broken(codeSyntax, at(text, startOf(text)),
		remedies[codeSyntax], "the text has no JSON object, which begins with {")}
}
