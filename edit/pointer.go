package edit

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// set returns value with the member or element at pointer set to v. Objects on
// the way are created if missing.
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
		i, ok := index(token, len(value))
		if !ok {
			return nil, fmt.Errorf("%q is not an index of the array there, which has %d elements", token, len(value))
		}
		child, err := set(value[i], rest, v)
		value[i] = child
		return value, err
	}
	return nil, fmt.Errorf("the value that should contain %q is not an object", token)
}

// unset returns value without the member at pointer. An element of an array is not
// removed, which is an error: those after it would change their pointers.
func unset(value any, pointer jsontext.Pointer) (_ any, err error) {
	token, rest := firstToken(pointer)
	switch value := value.(type) {
	case map[string]any:
		child, exists := value[token]
		switch {
		case rest == "":
			delete(value, token)
		case exists:
			value[token], err = unset(child, rest)
		}
	case []any:
		i, exists := index(token, len(value))
		switch {
		case !exists:
		case rest == "":
			return nil, errors.New("an element of an array cannot be removed; set the whole array")
		default:
			value[i], err = unset(value[i], rest)
		}
	}
	return value, err
}

// index returns the index of an element of an array that has n of them. RFC 6901 allows
// no leading zero.
func index(token string, n int) (i int, ok bool) {
	i, err := strconv.Atoi(token)
	return i, err == nil && 0 <= i && i < n && strconv.Itoa(i) == token
}

func firstToken(pointer jsontext.Pointer) (token string, rest jsontext.Pointer) {
	for token = range pointer.Tokens() {
		break
	}
	head := jsontext.Pointer("").AppendToken(token)
	return token, pointer[min(len(head), len(pointer)):]
}
