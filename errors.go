package licseal

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Position is a place in a JSON text.
type Position struct {
	Pointer string // JSON Pointer (RFC 6901) from the top of the text; "" is the whole text
	Line    int    // from 1
	Column  int    // from 1, in characters (Unicode code points)
}

// String returns "line:column" and the pointer where there is one, as in
// "3:17 /license/payload/customer".
func (p Position) String() string {
	if p.Pointer == "" {
		return fmt.Sprintf("%d:%d", p.Line, p.Column)
	}
	return fmt.Sprintf("%d:%d %s", p.Line, p.Column, printable(p.Pointer))
}

// printable returns a pointer as it is, or quoted and cut where a hostile member
// name could flood a terminal or move its cursor.
func printable(pointer string) string {
	const limit = 200
	hostile := func(r rune) bool { return !unicode.IsGraphic(r) || r == utf8.RuneError }
	if len(pointer) <= limit && strings.IndexFunc(pointer, hostile) < 0 {
		return pointer
	}
	if len(pointer) > limit {
		pointer = strings.ToValidUTF8(pointer[:limit], "") + "…"
	}
	return strconv.QuoteToGraphic(pointer)
}

// positionAt returns the line and column of a byte offset in text.
func positionAt(text []byte, offset int) Position {
	before := text[:min(max(offset, 0), len(text))]
	lineStart := bytes.LastIndexByte(before, '\n') + 1
	return Position{
		Line:   bytes.Count(before, []byte{'\n'}) + 1,
		Column: utf8.RuneCount(before[lineStart:]) + 1,
	}
}

// Reason is the class of a [ParseError], a stable word. The test vectors in
// testdata/vectors name the same words.
type Reason string

// The reasons for which a text is no licence document.
const (
	ReasonEmpty           Reason = "empty"            // nothing, or only white space
	ReasonTooLarge        Reason = "too-large"        // more bytes than allowed
	ReasonTooDeep         Reason = "too-deep"         // objects and arrays nested too deeply
	ReasonByteOrderMark   Reason = "byte-order-mark"  // the text starts with U+FEFF
	ReasonInvalidUTF8     Reason = "invalid-utf8"     // not UTF-8
	ReasonLoneSurrogate   Reason = "lone-surrogate"   // half of a \uD83D\uDE00 pair
	ReasonSyntax          Reason = "syntax"           // not JSON
	ReasonTruncated       Reason = "truncated"        // the text ends inside the JSON
	ReasonTrailingData    Reason = "trailing-data"    // anything after the JSON value
	ReasonDuplicateName   Reason = "duplicate-name"   // a member name twice in one object
	ReasonNumberRange     Reason = "number-range"     // not a finite double, or an integer beyond ±(2^53−1)
	ReasonNumberPrecision Reason = "number-precision" // more digits than a double keeps
	ReasonUnknownMember   Reason = "unknown-member"   // a member outside the signature
	ReasonMissingMember   Reason = "missing-member"   // payload, signature, version or license is not there
	ReasonWrongType       Reason = "wrong-type"       // an object or a string was expected
	ReasonSignatureFormat Reason = "signature-format" // not 128 lower-case hex digits
	ReasonVersion         Reason = "version"          // neither "1" nor 1
	ReasonRevocations     Reason = "revocations"      // a member of a revocation list that is not as it must be
)

// ParseError says why and where a text is not a licence document or payload.
type ParseError struct {
	Reason Reason
	Position
	Detail string // what was found, and what would be right
}

func (e *ParseError) Error() string { return e.Position.String() + ": " + e.Detail }

// quote returns a text as an error shows it: quoted, with nothing that could
// move a terminal's cursor, and not longer than is useful.
func quote(text []byte) string {
	const limit = 60
	if len(text) <= limit {
		return strconv.QuoteToGraphic(string(text))
	}
	return strconv.QuoteToGraphic(string(bytes.ToValidUTF8(text[:limit], nil))) + "…"
}

// describe returns a JSON value as an error shows it, such as: the number 5.
func describe(value jsontext.Value) string {
	switch value.Kind() {
	case '"':
		unquoted, _ := jsontext.AppendUnquote(nil, value)
		return "the string " + quote(unquoted)
	case '0':
		return "the number " + strings.ReplaceAll(quote(value), `"`, "")
	case '{':
		return "an object"
	case '[':
		return "an array"
	}
	return string(value) // true, false, null
}
