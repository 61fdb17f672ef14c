package licseal

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// canonicalize returns the canonical form (RFC 8785) of a JSON object that has
// been parsed and whose numbers have passed checkNumber. A text that is canonical
// already is returned as it is, without a copy.
func canonicalize(text []byte) ([]byte, error) {
	if isPlainlyCanonical(text) {
		return text, nil
	}
	canonical := jsontext.Value(bytes.Clone(text))
	if err := canonical.Canonicalize(); err != nil {
		return nil, err
	}
	return canonical, nil
}

// isPlainlyCanonical reports whether text is certainly in canonical form. It is a
// quick test: false for canonical texts with escapes, with names that are not
// ASCII, or with numbers other than short integers.
func isPlainlyCanonical(text []byte) bool {
	if bytes.ContainsRune(text, '\\') {
		return false
	}
	_, ok := plainValue(text, 0)
	return ok
}

// plainValue returns the offset of the end of the value at offset at, and
// whether that value is certainly canonical. text must not contain a backslash.
func plainValue(text []byte, at int) (end int, ok bool) {
	switch text[at] {
	case '{':
		return plainObject(text, at)
	case '[':
		return plainArray(text, at)
	case '"':
		return plainString(text, at), true
	case ' ', '\t', '\r', '\n':
		return 0, false
	case 't', 'f', 'n':
		return skipValue(text, at), true
	}
	end = skipValue(text, at)
	return end, isShortInteger(text[at:end]) && string(text[at:end]) != "-0"
}

func plainString(text []byte, at int) (end int) {
	return at + 2 + bytes.IndexByte(text[at+1:], '"')
}

func plainObject(text []byte, at int) (end int, ok bool) {
	var previous []byte
	for at++; text[at] == '"'; {
		end := plainString(text, at)
		name := text[at+1 : end-1]
		if text[end] != ':' || !isASCII(name) || previous != nil && bytes.Compare(previous, name) >= 0 {
			return 0, false
		}
		previous = name
		if at, ok = plainValue(text, end+1); !ok {
			return 0, false
		}
		if text[at] == ',' {
			at++
		}
	}
	return at + 1, text[at] == '}'
}

func plainArray(text []byte, at int) (end int, ok bool) {
	for at++; text[at] != ']'; {
		if at, ok = plainValue(text, at); !ok {
			return 0, false
		}
		if text[at] == ',' {
			at++
		}
	}
	return at + 1, true
}

func isASCII(s []byte) bool {
	for _, c := range s {
		if c >= 0x80 {
			return false
		}
	}
	return true
}
