// Package fieldname converts the names of payload fields that people type to JSON
// Pointers.
package fieldname

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Pointer returns the JSON Pointer (RFC 6901) of a field: the name itself if it begins
// with '/'; otherwise its dots lead into objects, so that limits.seats is
// /limits/seats. ok is false if the result is not a valid JSON Pointer.
func Pointer(name string) (pointer string, ok bool) {
	if strings.HasPrefix(name, "/") {
		return name, jsontext.Pointer(name).IsValid()
	}
	p := jsontext.Pointer("")
	for part := range strings.SplitSeq(name, ".") {
		p = p.AppendToken(part)
	}
	return string(p), p.IsValid()
}
