package edit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/fieldname"
)

// Input is the kind of input that an [Error] is about.
type Input string

// The inputs, named after the flags of the command line that take them.
const (
	InputSet     Input = "set"     // a Change that sets a field
	InputUnset   Input = "unset"   // a Change that removes one
	InputCreated Input = "created" // Dates.Created
	InputExpires Input = "expires" // Dates.Expires
	InputExtend  Input = "extend"  // Dates.Extend
)

// Error says why a payload cannot be changed as asked. Where the payload itself
// is at fault, the error is a [*schema.Error] or a [*licseal.DateError] instead.
type Error struct {
	Input  Input
	Detail string // what was found, and what is expected
}

func (e *Error) Error() string { return string(e.Input) + " " + e.Detail }

func setError(format string, args ...any) error {
	return &Error{InputSet, fmt.Sprintf(format, args...)}
}

func unsetError(format string, args ...any) error {
	return &Error{InputUnset, fmt.Sprintf(format, args...)}
}

// Change is one field to set, or to remove.
type Change struct {
	Pointer string // JSON Pointer (RFC 6901) into the payload
	Value   string // as [Value] reads it
	JSON    bool   // Value is JSON text of any type
	Unset   bool   // remove the field if it exists, but no array element; Value and JSON are ignored
}

// ParseChange reads a change: NAME=VALUE sets a string, or a value of the type
// that the field has already; NAME:=VALUE sets any JSON value. NAME is a JSON
// Pointer if it begins with '/'; otherwise its dots lead into objects.
//
// An error is always an [*Error].
func ParseChange(text string) (Change, error) {
	name, value, ok := strings.Cut(text, "=")
	name, isJSON := strings.CutSuffix(name, ":")
	if !ok || name == "" {
		return Change{}, setError("%q: write it as NAME=VALUE", text)
	}
	pointer, isPointer := fieldname.Pointer(name)
	switch {
	case !isPointer:
		return Change{}, setError("%q: %s is not a JSON Pointer", text, pointer)
	case !utf8.ValidString(text):
		return Change{}, setError("%q: the text is not UTF-8", text)
	}
	return Change{Pointer: pointer, Value: value, JSON: isJSON}, nil
}

// ParseUnset reads the name of a field to remove. It is a JSON Pointer if it begins
// with '/'; otherwise its dots lead into objects.
//
// An error is always an [*Error].
func ParseUnset(name string) (Change, error) {
	pointer, isPointer := fieldname.Pointer(name)
	switch {
	case name == "":
		return Change{}, unsetError("%q: name a field", name)
	case !isPointer:
		return Change{}, unsetError("%q: %s is not a JSON Pointer", name, pointer)
	case !utf8.ValidString(name):
		return Change{}, unsetError("%q: the name is not UTF-8", name)
	}
	return Change{Pointer: pointer, Unset: true}, nil
}

// ParseChanges reads fields to remove, as [ParseUnset] does, and fields to set, as
// [ParseChange] does. The changes that it returns remove fields first, so that
// an object can be replaced. No field may be named twice.
//
// An error is always an [*Error].
func ParseChanges(unset, set []string) ([]Change, error) {
	changes := make([]Change, 0, len(unset)+len(set))
	named := func(pointer string, unset bool) bool {
		return slices.ContainsFunc(changes, func(c Change) bool { return c.Pointer == pointer && c.Unset == unset })
	}
	for _, name := range unset {
		change, err := ParseUnset(name)
		if err != nil {
			return nil, err
		}
		if named(change.Pointer, true) {
			return nil, unsetError("%q: the field is removed twice", name)
		}
		changes = append(changes, change)
	}
	for _, text := range set {
		change, err := ParseChange(text)
		if err != nil {
			return nil, err
		}
		switch {
		case named(change.Pointer, false):
			return nil, setError("%q: the field is set twice", text)
		case named(change.Pointer, true):
			return nil, setError("%q: the field is also removed", text)
		}
		changes = append(changes, change)
	}
	return changes, nil
}

// Apply returns the payload with the changes made, in their order. Objects that a
// pointer leads through are created if missing; arrays are not extended. Unless
// the result equals p, it has no positions: it was read from no text.
//
// An error is always an [*Error].
func Apply(p licseal.Payload, changes []Change) (licseal.Payload, error) {
	if len(changes) == 0 {
		return p, nil
	}
	fields, err := decode(p.Bytes())
	if err != nil {
		return licseal.Payload{}, err
	}
	for _, c := range changes {
		if fields, err = c.apply(p, fields); err != nil {
			return licseal.Payload{}, err
		}
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return licseal.Payload{}, err
	}
	changed, err := licseal.ParsePayload(text)
	if parse := (*licseal.ParseError)(nil); errors.As(err, &parse) {
		return licseal.Payload{}, setError("%s: %s", parse.Pointer, parse.Detail)
	}
	if err != nil || changed.Equal(p) {
		return p, err
	}
	return changed.WithoutPositions(), nil
}

// apply makes a change in fields, the decoded payload. p is the payload before
// any change; its values decide which type NAME=VALUE sets.
func (c Change) apply(p licseal.Payload, fields any) (any, error) {
	if c.Unset {
		fields, err := unset(fields, jsontext.Pointer(c.Pointer))
		if err != nil {
			return nil, unsetError("%s: %v", c.Pointer, err)
		}
		return fields, nil
	}
	old, _ := p.Field(c.Pointer)
	text, err := Value(c.Value, c.JSON, old)
	switch {
	case errors.Is(err, ErrNotJSON):
		return nil, setError("%s: %q is not JSON; put strings in quotes, or set them with = instead of :=", c.Pointer, c.Value)
	case errors.Is(err, ErrOtherType):
		return nil, setError("%s: %q is not of the type that the field has (%s); := sets any JSON value", c.Pointer, c.Value, old)
	}
	var value any
	if err == nil {
		value, err = decode(text)
	}
	if err == nil {
		fields, err = set(fields, jsontext.Pointer(c.Pointer), value)
	}
	if err != nil {
		return nil, setError("%s: %v", c.Pointer, err)
	}
	return fields, nil
}

var (
	// ErrNotJSON is the error of [Value] for a text that is not JSON.
	ErrNotJSON = errors.New("the value is not JSON")
	// ErrOtherType is the error of [Value] for a text that is not JSON of the
	// type that the field has.
	ErrOtherType = errors.New("the value is not of the type that the field has")
)

// Value returns the JSON text that a field is set to. If isJSON, that is text
// itself. Otherwise it depends on old, the JSON text of the field: if that is nil
// or a string, text becomes a string; if not, text must be JSON of the same type.
//
// An error matches [ErrNotJSON] or [ErrOtherType], or says that text is not UTF-8.
func Value(text string, isJSON bool, old []byte) ([]byte, error) {
	value := jsontext.Value(text)
	switch {
	case isJSON && !value.IsValid():
		return nil, ErrNotJSON
	case isJSON:
		return value, nil
	case len(old) == 0 || old[0] == '"':
		return jsontext.AppendQuote(nil, text)
	case !value.IsValid() || kind(value) != kind(old):
		return nil, ErrOtherType
	}
	return value, nil
}

// kind returns the type of a JSON text; true and false are of one type.
func kind(text jsontext.Value) jsontext.Kind {
	if text.Kind() == 'f' {
		return 't'
	}
	return text.Kind()
}

func decode(text []byte) (value any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // numbers keep their digits
	err = decoder.Decode(&value)
	return value, err
}
