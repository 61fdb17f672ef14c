package schema

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// decode returns the value of canonical JSON text for the validator: numbers are
// json.Numbers. It takes a fraction of the time of a general decoder, which matters
// for millions of licences: canonical text has no white space and has been checked
// before, and all strings without escapes share one copy of it.
func decode(canonical []byte) (any, error) {
	d := decoder{string(canonical)}
	value, err := d.value()
	if err == nil && d.rest != "" {
		err = errNotCanonical
	}
	return value, err
}

// errNotCanonical is never returned for the text of a payload.
var errNotCanonical = errors.New("the text is not JSON in canonical form")

// decoder holds the text that is not decoded yet.
type decoder struct{ rest string }

func (d *decoder) value() (any, error) {
	switch {
	case d.take("{"):
		return d.object()
	case d.take("["):
		return d.array()
	case strings.HasPrefix(d.rest, `"`):
		return d.text()
	case d.take("true"):
		return true, nil
	case d.take("false"):
		return false, nil
	case d.take("null"):
		return nil, nil
	}
	return d.number()
}

// take removes a prefix from the rest, and reports whether it was there.
func (d *decoder) take(prefix string) (ok bool) {
	d.rest, ok = strings.CutPrefix(d.rest, prefix)
	return ok
}

func (d *decoder) object() (any, error) {
	object := make(map[string]any)
	for !d.take("}") {
		d.take(",")
		name, err := d.text()
		if err != nil {
			return nil, err
		}
		if !d.take(":") {
			return nil, errNotCanonical
		}
		if object[name], err = d.value(); err != nil {
			return nil, err
		}
	}
	return object, nil
}

func (d *decoder) array() (any, error) {
	array := []any{}
	for !d.take("]") {
		d.take(",")
		value, err := d.value()
		if err != nil {
			return nil, err
		}
		array = append(array, value)
	}
	return array, nil
}

func (d *decoder) text() (string, error) {
	if !d.take(`"`) {
		return "", errNotCanonical
	}
	text, rest, _ := strings.Cut(d.rest, `"`)
	if strings.Contains(text, `\`) {
		return d.escapedText()
	}
	d.rest = rest
	return text, nil
}

// escapedText is text, after the quote, for a string with escapes.
func (d *decoder) escapedText() (string, error) {
	for end := 0; end < len(d.rest); end++ {
		switch d.rest[end] {
		case '\\':
			end++
		case '"':
			text, err := jsontext.AppendUnquote(nil, `"`+d.rest[:end+1])
			d.rest = d.rest[end+1:]
			return string(text), err
		}
	}
	return "", errNotCanonical
}

func (d *decoder) number() (any, error) {
	end := strings.IndexAny(d.rest, ",]}")
	if end < 0 {
		end = len(d.rest)
	}
	if end == 0 {
		return nil, errNotCanonical
	}
	number := json.Number(d.rest[:end])
	d.rest = d.rest[end:]
	return number, nil
}
