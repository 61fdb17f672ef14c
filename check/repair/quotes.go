package repair

import (
	"bytes"
	"strconv"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/text"
)

var dataURI = text.Pattern(`^data:[A-Za-z0-9./+;=-]*,`)

// detectDataURI finds a file as a browser hands it on.
func detectDataURI(text []byte, _ *licseal.ParseError) *reading {
	trimmed := trim(text)
	prefix := dataURI().Find(trimmed)
	if prefix == nil {
		return nil
	}
	return &reading{fault: Fault{Kind: DataURI, Position: at(text, startOf(text))}, texts: [][]byte{trimmed[len(prefix):]}}
}

var doubledQuotes = text.Pattern(`^"?\{\s*""`)

// detectDoubledQuotes finds a value of a CSV file, in which a quote is written twice.
func detectDoubledQuotes(text []byte, _ *licseal.ParseError) *reading {
	trimmed := trim(text)
	if !doubledQuotes().Match(trimmed) {
		return nil
	}
	inside := bytes.TrimSuffix(bytes.TrimPrefix(trimmed, []byte(`"`)), []byte(`"`))
	place := at(text, startOf(text)+bytes.Index(trimmed, []byte(`""`)))
	return &reading{fault: Fault{Kind: DoubledQuotes, Position: place}, texts: [][]byte{bytes.ReplaceAll(inside, []byte(`""`), []byte(`"`))}}
}

var hexEscape = text.Pattern(`\\x[0-9A-Fa-f]{2}`)

// detectHexEscaped finds a text as web servers write it into their logs.
func detectHexEscaped(text []byte, _ *licseal.ParseError) *reading {
	place := bytes.Index(text, []byte(`\x22`))
	if place < 0 || bytes.IndexByte(text, '"') >= 0 {
		return nil
	}
	fault := Fault{Kind: HexEscaped, Position: at(text, place)}
	if bytes.IndexByte(hexEscape().ReplaceAll(text, nil), '\\') >= 0 {
		return &reading{fault: fault} // a log escapes every backslash, so this was escaped in another way
	}
	decoded := hexEscape().ReplaceAllFunc(text, func(escape []byte) []byte {
		n, _ := strconv.ParseUint(string(escape[2:]), 16, 8) // two hex digits
		return []byte{byte(n)}
	})
	return &reading{fault: fault, texts: [][]byte{decoded}}
}

// detectNoObject finds a text that has nothing of a licence.
func detectNoObject(text []byte, err *licseal.ParseError) *reading {
	if err.Class != licseal.ClassSyntax || bytes.IndexByte(text, '{') >= 0 {
		return nil
	}
	return unreadable(NoObject, at(text, startOf(text)))
}
