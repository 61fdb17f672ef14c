// Package jsonread reads a JSON text that was parsed before, such as a payload in
// canonical form, into Go values. It does so without reflection: programs that verify
// stay small.
//
// As in encoding/json, null leaves a value as it is.
package jsonread

import (
	"bytes"
	"strconv"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// Error says that a value is not of the kind that is expected, or that a member is
// unknown.
type Error struct {
	Pointer string        // of the value
	Kind    jsontext.Kind // of the value; 0 for an unknown member
}

func (e *Error) Error() string {
	if e.Kind == 0 {
		return e.Pointer + ": unknown member"
	}
	return e.Pointer + ": unexpected " + e.Kind.String()
}

// Reader reads one text, from its start to its end.
type Reader struct {
	jsontext.Decoder
	text []byte
}

// readers keeps readers for reuse: a tokenizer is larger than most texts.
var readers = sync.Pool{New: func() any { return new(Reader) }}

// Read reads a text. Names that are twice in an object are not looked for again. The
// reader is of no use afterwards.
func Read(text []byte, read func(*Reader) error) error {
	r := readers.Get().(*Reader)
	r.text = text
	r.Reset(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(true))
	err := read(r)
	r.text = nil
	if len(text) < 1<<20 {
		r.Reset(new(bytes.Buffer))
		readers.Put(r)
	}
	return err
}

// begin reads the first token of an object or an array, and reports whether there is
// one: null is none.
func (r *Reader) begin(kind jsontext.Kind) (ok bool, err error) {
	token, err := r.ReadToken()
	switch {
	case err != nil:
		return false, err
	case token.Kind() == 'n':
		return false, nil
	case token.Kind() != kind:
		return false, &Error{string(r.StackPointer()), token.Kind()}
	}
	return true, nil
}

// Object reads an object. It calls member with each name, to read the value.
func (r *Reader) Object(member func(name string) error) error {
	ok, err := r.begin('{')
	if err != nil || !ok {
		return err
	}
	for r.PeekKind() == '"' {
		name, err := r.ReadToken()
		if err != nil {
			return err
		}
		if err := member(name.String()); err != nil {
			return err
		}
	}
	_, err = r.ReadToken()
	return err
}

// Unknown returns the error for a member that was named and not read.
func (r *Reader) Unknown() error { return &Error{Pointer: string(r.StackPointer())} }

// Array reads an array. It calls begin if there is one, and element to read each value.
func (r *Reader) Array(begin func(), element func() error) error {
	ok, err := r.begin('[')
	if err != nil || !ok {
		return err
	}
	begin()
	for r.PeekKind() != ']' && r.PeekKind() != 0 {
		if err := element(); err != nil {
			return err
		}
	}
	_, err = r.ReadToken()
	return err
}

// String reads a string.
func (r *Reader) String(to *string) error {
	token, err := r.ReadToken()
	switch {
	case err != nil:
		return err
	case token.Kind() == '"':
		*to = token.String()
	case token.Kind() != 'n':
		return &Error{string(r.StackPointer()), token.Kind()}
	}
	return nil
}

// Int reads a number that is an integer.
func (r *Reader) Int(to *int64) error {
	value, err := r.ReadValue()
	switch {
	case err != nil:
		return err
	case value.Kind() == 'n':
		return nil
	case value.Kind() != '0':
		return &Error{string(r.StackPointer()), value.Kind()}
	}
	if *to, err = strconv.ParseInt(string(value), 10, 64); err != nil {
		return &Error{string(r.StackPointer()), value.Kind()}
	}
	return nil
}

// Value reads any value, null too, as the part of the text that it is.
func (r *Reader) Value(to *jsontext.Value) error {
	value, err := r.ReadValue()
	if err == nil {
		end := int(r.InputOffset())
		*to = r.text[end-len(value) : end : end]
	}
	return err
}
