// Package fieldname reads the names by which people speak of fields of a payload.
package fieldname

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Pointer returns the JSON Pointer (RFC 6901) that a name stands for: the name
// itself if it begins with '/'. Otherwise its dots lead into objects, so that
// limits.seats is /limits/seats. ok is false if that is no JSON Pointer.
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
