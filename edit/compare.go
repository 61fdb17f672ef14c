package edit

import (
	"iter"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/licseal/licseal"
)

// Difference is a value that differs between two payloads, A and B.
type Difference struct {
	Pointer string // JSON Pointer into the payloads
	A, B    string // JSON text in canonical form; "" if the value is missing there
}

// Compare returns the values that differ, in the order of their pointers' names,
// nil if the payloads are equal. It looks into objects; arrays are compared as a
// whole.
func Compare(a, b licseal.Payload) []Difference {
	return compareObjects(nil, "", a.Bytes(), b.Bytes())
}

func compareObjects(found []Difference, pointer jsontext.Pointer, a, b []byte) []Difference {
	inA, inB := map[string]string{}, map[string]string{}
	var names []string
	for name, value := range Members(a) {
		inA[name] = value
		names = append(names, name)
	}
	for name, value := range Members(b) {
		inB[name] = value
		if _, both := inA[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		place, va, vb := pointer.AppendToken(name), inA[name], inB[name]
		switch {
		case va == vb:
		case strings.HasPrefix(va, "{") && strings.HasPrefix(vb, "{"):
			found = compareObjects(found, place, []byte(va), []byte(vb))
		default:
			found = append(found, Difference{string(place), va, vb})
		}
	}
	return found
}

// Members yields the names and the JSON texts of an object's members, in their
// order. It stops at the first syntax error.
func Members(object []byte) iter.Seq2[string, string] {
	return func(yield func(name, value string) bool) {
		d := jsontext.NewDecoder(strings.NewReader(string(object)))
		d.ReadToken()
		for d.PeekKind() == '"' {
			name, err := d.ReadToken()
			text := name.String()
			value, valueErr := d.ReadValue()
			if err != nil || valueErr != nil || !yield(text, string(value)) {
				return
			}
		}
	}
}
