package licseal

import (
	"bytes"
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Position is a place in a JSON text.
type Position struct {
	Pointer string // JSON Pointer (RFC 6901) from the top of the text; "" is the whole text
	Line    int    // from 1; 0 if the value is in no text
	Column  int    // from 1, in characters (Unicode code points); 0 if Line is
}

// String returns "line:column" followed by the pointer if there is one, such as
// "3:17 /license/payload/customer". Without a line it returns the pointer, or
// "payload" if the pointer is empty.
func (p Position) String() string {
	if p.Line == 0 {
		return cmp.Or(printable(p.Pointer), "payload")
	}
	if p.Pointer == "" {
		return fmt.Sprintf("%d:%d", p.Line, p.Column)
	}
	return fmt.Sprintf("%d:%d %s", p.Line, p.Column, printable(p.Pointer))
}

// printable returns a pointer as it is, or quoted and cut if a hostile member name
// in it could flood a terminal or move its cursor.
func printable(pointer string) string {
	const limit = 200
	hostile := func(r rune) bool { return !visible(r) || r == utf8.RuneError }
	if len(pointer) <= limit && strings.IndexFunc(pointer, hostile) < 0 {
		return pointer
	}
	if len(pointer) > limit {
		pointer = strings.ToValidUTF8(pointer[:limit], "") + "…"
	}
	return quoted(pointer)
}

// quoted returns a text in quotes, with everything invisible escaped.
func quoted(text string) string {
	text = strconv.Quote(text)
	for _, r := range text {
		if !visible(r) {
			text = strings.ReplaceAll(text, string(r), strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
	}
	return text
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

// Class is the reason of a [ParseError], a stable word: why a text is not a licence
// document. The test vectors in testdata/vectors use the same words.
type Class string

// The classes of a text that is not a licence document.
const (
	ClassEmpty           Class = "empty"            // nothing, or only white space
	ClassTooLarge        Class = "too-large"        // more bytes than allowed
	ClassTooDeep         Class = "too-deep"         // objects and arrays nested too deeply
	ClassByteOrderMark   Class = "byte-order-mark"  // the text starts with U+FEFF
	ClassInvalidUTF8     Class = "invalid-utf8"     // not UTF-8
	ClassLoneSurrogate   Class = "lone-surrogate"   // half of a \uD83D\uDE00 pair
	ClassSyntax          Class = "syntax"           // not JSON
	ClassTruncated       Class = "truncated"        // the text ends inside the JSON
	ClassTrailingData    Class = "trailing-data"    // anything after the JSON value
	ClassDuplicateName   Class = "duplicate-name"   // a member name twice in one object
	ClassNumberRange     Class = "number-range"     // not a finite double, or an integer beyond ±(2^53−1)
	ClassNumberPrecision Class = "number-precision" // more digits than a double keeps
	ClassUnknownMember   Class = "unknown-member"   // a member outside the signature
	ClassMissingMember   Class = "missing-member"   // payload, signature, version or license is not there
	ClassWrongType       Class = "wrong-type"       // an object or a string was expected
	ClassSignatureFormat Class = "signature-format" // not 128 lower-case hex digits
	ClassVersion         Class = "version"          // neither "1" nor 1
	ClassRevocations     Class = "revocations"      // a member of a revocation list is missing, malformed or unknown
	ClassTrust           Class = "trust"            // the same of a trust document
)

// ParseError says why and where a text is not a licence document or payload.
type ParseError struct {
	Class Class
	Position
	Detail string // what was found, and what would be right
}

func (e *ParseError) Error() string { return e.Position.String() + ": " + e.Detail }

// quote returns a text for an error message: quoted, escaped and cut to a useful
// length.
func quote(text []byte) string {
	const limit = 60
	if len(text) <= limit {
		return quoted(string(text))
	}
	return quoted(string(bytes.ToValidUTF8(text[:limit], nil))) + "…"
}

// describe returns a JSON value for an error message, such as: the number 5.
func describe(value jsontext.Value) string {
	switch value.Kind() {
	case '"':
		unquoted, _ := jsontext.AppendUnquote(nil, value)
		return "the string " + quote(unquoted)
	case '0':
		return "the number " + strings.ReplaceAll(quote(value), `"`, "")
	}
	return describeKind(value)
}

// describeKind returns the kind of a JSON value, without the content of a string or
// a number.
func describeKind(value jsontext.Value) string {
	switch value.Kind() {
	case '"':
		return "a string"
	case '0':
		return "a number"
	case '{':
		return "an object"
	case '[':
		return "an array"
	}
	return string(value) // true, false, null
}
