package rows

import (
	"bytes"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/licseal/licseal"
)

// object is the members of a JSON object.
type object []member

type member struct {
	name  string
	value []byte // JSON text
}

// parseObject returns the members of a JSON object.
func parseObject(text []byte) (object, error) {
	d := jsontext.NewDecoder(bytes.NewReader(text))
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	var o object
	for d.PeekKind() == '"' {
		token, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		name := token.String()
		value, err := d.ReadValue()
		if err != nil {
			return nil, err
		}
		o = append(o, member{name, bytes.Clone(value)})
	}
	return o, nil
}

// find returns the index of a member.
func (o object) find(name string) (int, bool) {
	i := slices.IndexFunc(o, func(m member) bool { return m.name == name })
	return i, i >= 0
}

// text returns the string that a member contains, or "" if it is no string.
func (o object) text(name string) string {
	i, ok := o.find(name)
	if !ok || o[i].value[0] != '"' {
		return ""
	}
	unquoted, _ := jsontext.AppendUnquote(nil, o[i].value)
	return string(unquoted)
}

// set returns o with a member set.
func (o object) set(name string, value []byte) object {
	if i, ok := o.find(name); ok {
		o[i].value = value
		return o
	}
	return append(o, member{name, value})
}

// setText returns o with a member set to a string.
func (o object) setText(name, text string) object {
	value, _ := jsontext.AppendQuote(nil, text)
	return o.set(name, value)
}

// withDefaults returns o with the members of defaults that it lacks. If both have
// an object in the same member, the two objects are merged in the same way.
func (o object) withDefaults(defaults object) (object, error) {
	for _, m := range defaults {
		i, ok := o.find(m.name)
		if !ok {
			o = append(o, m)
			continue
		}
		if m.value[0] != '{' || o[i].value[0] != '{' {
			continue
		}
		merged, err := mergeObjects(o[i].value, m.value)
		if err != nil {
			return nil, err
		}
		o[i].value = merged
	}
	return o, nil
}

// mergeObjects returns the JSON object text with the members of defaults that it
// lacks.
func mergeObjects(text, defaults []byte) ([]byte, error) {
	mine, err := parseObject(text)
	if err != nil {
		return nil, err
	}
	others, err := parseObject(defaults)
	if err != nil {
		return nil, err
	}
	merged, err := mine.withDefaults(others)
	if err != nil {
		return nil, err
	}
	return merged.json(), nil
}

// payload returns the object as a payload. It has no positions, because its text was
// never written by anybody.
func (o object) payload() (licseal.Payload, error) {
	p, err := licseal.ParsePayload(o.json())
	if err != nil {
		return p, err
	}
	return p.WithoutPositions(), nil
}

// json returns the text of the object, with its members sorted: that spares the
// parser from sorting them.
func (o object) json() []byte {
	slices.SortFunc(o, func(a, b member) int { return strings.Compare(a.name, b.name) })
	text := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			text = append(text, ',')
		}
		text, _ = jsontext.AppendQuote(text, m.name)
		text = append(append(text, ':'), m.value...)
	}
	return append(text, '}')
}
