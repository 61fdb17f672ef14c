package licseal

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// find returns the span of the value at a JSON Pointer (RFC 6901) in the JSON
// value at the start of text. The text was parsed before and is well formed, so
// scanning for delimiters is enough.
func find(text []byte, pointer string) (start, end int, ok bool) {
	at := skipSpace(text, 0)
	if name, below := strings.CutPrefix(pointer, "/"); below && !strings.ContainsAny(name, "/~") {
		if at, ok = child(text, at, name); !ok { // what nearly every pointer is
			return 0, 0, false
		}
		return at, skipValue(text, at), true
	}
	if !jsontext.Pointer(pointer).IsValid() {
		return 0, 0, false
	}
	for token := range jsontext.Pointer(pointer).Tokens() {
		if at, ok = child(text, at, token); !ok {
			return 0, 0, false
		}
	}
	return at, skipValue(text, at), true
}

// child returns the offset of one member or element of the object or array at
// offset at: the one that a reference token of a JSON Pointer names.
func child(text []byte, at int, token string) (int, bool) {
	switch text[at] {
	case '{':
		return member(text, at, token)
	case '[':
		return element(text, at, token)
	}
	return 0, false
}

func member(text []byte, at int, name string) (int, bool) {
	for at = skipSpace(text, at+1); text[at] == '"'; at = nextItem(text, at) {
		end := skipValue(text, at)
		found := isString(text[at:end], name)
		at = skipSpace(text, skipSpace(text, end)+1) // past the ':'
		if found {
			return at, true
		}
	}
	return 0, false
}

func element(text []byte, at int, token string) (int, bool) {
	index, err := strconv.Atoi(token)
	if err != nil || strconv.Itoa(index) != token { // no sign, no leading zero
		return 0, false
	}
	at = skipSpace(text, at+1)
	for ; index > 0 && text[at] != ']'; index-- {
		at = nextItem(text, at)
	}
	return at, index == 0 && text[at] != ']'
}

// nextItem returns the offset of the item after the one at offset at, or of the
// bracket that ends the object or array.
func nextItem(text []byte, at int) int {
	at = skipSpace(text, skipValue(text, at))
	if text[at] == ',' {
		at = skipSpace(text, at+1)
	}
	return at
}

// skipValue returns the offset of the end of the value at offset at.
func skipValue(text []byte, at int) int {
	switch text[at] {
	case '"':
		return skipString(text, at)
	case '{', '[':
		return skipNested(text, at)
	}
	for at < len(text) && !isDelimiter(text[at]) {
		at++
	}
	return at
}

func isDelimiter(c byte) bool {
	switch c {
	case ',', ']', '}', ' ', '\t', '\r', '\n':
		return true
	}
	return false
}

func skipNested(text []byte, at int) int {
	for depth := 0; ; at++ {
		switch text[at] {
		case '"':
			at = skipString(text, at) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return at + 1
			}
		}
	}
}

func skipString(text []byte, at int) int {
	end := at + 1 + bytes.IndexByte(text[at+1:], '"')
	for text[end-1] == '\\' && isEscaped(text[at+1:end]) {
		end += 1 + bytes.IndexByte(text[end+1:], '"')
	}
	return end + 1
}

// isEscaped reports whether the character after s in a JSON string is escaped,
// which it is if s ends with an odd number of backslashes.
func isEscaped(s []byte) bool {
	return (len(s)-len(bytes.TrimRight(s, `\`)))%2 == 1
}

func skipSpace(text []byte, at int) int {
	for at < len(text) && (text[at] == ' ' || text[at] == '\n' || text[at] == '\t' || text[at] == '\r') {
		at++
	}
	return at
}

// isString reports whether a JSON string, quotes and escapes included, decodes to s.
func isString(text []byte, s string) bool {
	if !bytes.ContainsRune(text, '\\') {
		return string(text[1:len(text)-1]) == s
	}
	unquoted, err := jsontext.AppendUnquote(nil, text)
	return err == nil && string(unquoted) == s
}
