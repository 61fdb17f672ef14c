package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/fieldname"
)

// change is one field to set.
type change struct {
	pointer string
	value   string
	isJSON  bool // value is JSON text; otherwise a string, or what the field is already
}

func parseChanges(args []string) ([]change, error) {
	changes := make([]change, 0, len(args))
	for _, arg := range args {
		name, value, ok := strings.Cut(arg, "=")
		name, isJSON := strings.CutSuffix(name, ":")
		if !ok || name == "" {
			return nil, usagef("--set %q: write it as NAME=VALUE", arg)
		}
		pointer, isPointer := fieldname.Pointer(name)
		switch {
		case !isPointer:
			return nil, usagef("--set %q: %s is not a JSON Pointer", arg, pointer)
		case !utf8.ValidString(arg):
			return nil, usagef("--set %q: the text is not UTF-8", arg)
		case slices.ContainsFunc(changes, func(ch change) bool { return ch.pointer == pointer }):
			return nil, usagef("--set %q: the field is set twice", arg)
		}
		changes = append(changes, change{pointer, value, isJSON})
	}
	return changes, nil
}

// applyChanges returns the payload with fields set.
func applyChanges(p licseal.Payload, changes []change) (licseal.Payload, error) {
	if len(changes) == 0 {
		return p, nil
	}
	fields, err := decode(p.Bytes())
	if err != nil {
		return licseal.Payload{}, err
	}
	for _, ch := range changes {
		value, err := ch.json(p)
		if err != nil {
			return licseal.Payload{}, err
		}
		if fields, err = set(fields, jsontext.Pointer(ch.pointer), value); err != nil {
			return licseal.Payload{}, usagef("--set %s: %v", ch.pointer, err)
		}
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return licseal.Payload{}, err
	}
	changed, err := licseal.ParsePayload(text)
	if parse := (*licseal.ParseError)(nil); errors.As(err, &parse) {
		return licseal.Payload{}, usagef("--set %s: %s", plain(parse.Pointer), parse.Detail)
	}
	return changed, err
}

// json returns the value to set.
func (ch change) json(p licseal.Payload) (any, error) {
	old, exists := p.Field(ch.pointer)
	if !ch.isJSON && (!exists || old[0] == '"') {
		return ch.value, nil
	}
	text := jsontext.Value(ch.value)
	switch {
	case ch.isJSON && !text.IsValid():
		return nil, usagef("--set %s: %q is not JSON; a string has quotes, or is set with = in place of :=", ch.pointer, ch.value)
	case !ch.isJSON && (!text.IsValid() || kindOf(text) != kindOf(old)):
		return nil, usagef("--set %s: %q is not of the kind that is there (%s); := sets any JSON value", ch.pointer, ch.value, old)
	}
	return decode(text)
}

// kindOf returns the kind of a JSON text; true and false are of one.
func kindOf(text jsontext.Value) jsontext.Kind {
	if text.Kind() == 'f' {
		return 't'
	}
	return text.Kind()
}

func decode(text []byte) (value any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // a number stays as it is written
	err = decoder.Decode(&value)
	return value, err
}

// set returns value with the member or element at pointer set to v. Objects on
// the way are made where there are none.
func set(value any, pointer jsontext.Pointer, v any) (any, error) {
	if pointer == "" {
		return v, nil
	}
	token, rest := firstToken(pointer)
	switch value := value.(type) {
	case nil:
		child, err := set(nil, rest, v)
		return map[string]any{token: child}, err
	case map[string]any:
		child, err := set(value[token], rest, v)
		value[token] = child
		return value, err
	case []any:
		i, err := strconv.Atoi(token)
		if err != nil || i < 0 || i >= len(value) || strconv.Itoa(i) != token { // RFC 6901: no leading zero
			return nil, fmt.Errorf("%q is not an index of the array there, which has %d elements", token, len(value))
		}
		value[i], err = set(value[i], rest, v)
		return value, err
	}
	return nil, fmt.Errorf("what should hold %q is not an object", token)
}

func firstToken(pointer jsontext.Pointer) (token string, rest jsontext.Pointer) {
	for token = range pointer.Tokens() {
		break
	}
	head := jsontext.Pointer("").AppendToken(token)
	return token, pointer[len(head):]
}

// applyDates sets the two dates as --created and --expires say.
func applyDates(p licseal.Payload, roles licseal.Roles, created, expires string) (licseal.Payload, error) {
	roles = roles.WithDefaults()
	if created == "today" {
		created = time.Now().UTC().Format(time.DateOnly)
	}
	var changes []change
	if created != "" {
		if _, err := licseal.ParseDate(created, nil); err != nil {
			return p, usagef("--created %q is not a date; write it as 2026-01-31 or as an RFC 3339 time", created)
		}
		changes = append(changes, change{pointer: roles.NotBefore, value: created})
	}
	p, err := applyChanges(p, changes)
	if err != nil || expires == "" {
		return p, err
	}
	expires, err = expiry(p, roles, expires)
	if err != nil {
		return p, err
	}
	return applyChanges(p, []change{{pointer: roles.NotAfter, value: expires}})
}

// expiry returns a date that --expires gives, in the form in which the payload
// writes its creation date.
func expiry(p licseal.Payload, roles licseal.Roles, s string) (string, error) {
	created, _ := p.Text(roles.NotBefore)
	return expiryFrom(created, s)
}

func expiryFrom(created, s string) (string, error) {
	length, isRelative := strings.CutPrefix(s, "+")
	if !isRelative {
		if _, err := licseal.ParseDate(s, nil); err != nil {
			return "", usagef("--expires %q is not a date; write it as 2027-12-31, as an RFC 3339 time, or as +365d", s)
		}
		return s, nil
	}
	d, err := parseLength(length)
	if err != nil {
		return "", fmt.Errorf("--expires: %w", err)
	}
	start, err := licseal.ParseDate(created, nil)
	if err != nil {
		return "", usagef("--expires %s counts from the creation date, and %q is not a date", s, created)
	}
	layout := time.RFC3339Nano
	if end := start.Add(d); len(created) == len(time.DateOnly) && end.Equal(end.Truncate(24*time.Hour)) {
		layout = time.DateOnly
	}
	return start.Add(d).Format(layout), nil
}
