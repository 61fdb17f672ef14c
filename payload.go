package licseal

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// Payload is the inner object of a licence: exactly what is signed.
// The zero value is the empty object. Package decode reads one into a Go value.
type Payload struct {
	canonical []byte
	source    source
}

// source is the text that a payload was read from, to point into.
type source struct {
	text   []byte // the whole document
	start  int    // offset of the payload's '{' in text
	prefix string // the payload's own JSON Pointer in text
}

// Bytes returns the payload in canonical form (RFC 8785): the exact bytes that
// are signed. The caller must not change them.
func (p Payload) Bytes() []byte {
	if p.canonical == nil {
		return []byte("{}")
	}
	return p.canonical
}

// Equal reports whether p and q are the same payload: the same canonical bytes.
func (p Payload) Equal(q Payload) bool { return bytes.Equal(p.Bytes(), q.Bytes()) }

// Field returns the JSON text of the value at a JSON Pointer (RFC 6901) into
// the payload, in canonical form, and whether there is one. The pointer ""
// names the payload itself. The caller must not change the bytes.
func (p Payload) Field(pointer string) (value []byte, ok bool) {
	start, end, ok := find(p.Bytes(), pointer)
	if !ok {
		return nil, false
	}
	return p.Bytes()[start:end], true
}

// Text returns the string at a JSON Pointer into the payload. ok is false when
// there is no value there, or one that is not a string.
func (p Payload) Text(pointer string) (text string, ok bool) {
	value, ok := p.Field(pointer)
	if !ok || value[0] != '"' {
		return "", false
	}
	unquoted, err := jsontext.AppendUnquote(nil, value)
	return string(unquoted), err == nil
}

// WithoutPositions returns the payload without its source text. Use it for a payload
// that a program has changed, whose lines and columns would mean nothing to the user.
func (p Payload) WithoutPositions() Payload { return Payload{canonical: p.canonical} }

// Position returns the position of the value at a JSON Pointer into the payload, in
// the text that the payload was read from. If there is no such value, it is the
// position of the nearest object or array around it; its Pointer is still the one
// asked for, from the top of the text. A payload without a source text, such as the
// zero one, has Line and Column 0.
func (p Payload) Position(pointer string) Position {
	if p.source.text == nil {
		return Position{Pointer: pointer}
	}
	at := p.source.start
	for nearest := jsontext.Pointer(pointer); ; nearest = nearest.Parent() {
		if start, _, ok := find(p.source.text[p.source.start:], string(nearest)); ok {
			at += start
			break
		}
		if nearest == "" {
			break
		}
	}
	pos := positionAt(p.source.text, at)
	pos.Pointer = p.source.prefix + pointer
	return pos
}
