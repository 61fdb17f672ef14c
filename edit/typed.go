package edit

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/licseal/licseal/schema"
)

// TypedChanges returns changes whose texts are values of the types that a schema has for
// their fields: "18" is 18 for an integer. Texts for fields that may be strings, or that
// the schema does not describe, stay as they are.
//
// An error is always an [*Error].
func TypedChanges(changes []Change, rules *schema.Schema) ([]Change, error) {
	typed := slices.Clone(changes)
	for i, c := range typed {
		field := rules.Field(c.Pointer)
		if c.Unset || c.JSON || !field.Is("integer", "number", "boolean", "object", "array") {
			continue
		}
		if !isOfType(jsontext.Value(c.Value), field.Types) {
			return nil, setError("%s: %q is not of the type that the schema %s has there: %s", c.Pointer, c.Value, rules.Name(), strings.Join(field.Types, " or "))
		}
		typed[i].JSON = true
	}
	return typed, nil
}

// isOfType reports whether a JSON text has one of some types.
func isOfType(value jsontext.Value, types []string) bool {
	if !value.IsValid() {
		return false
	}
	names := map[jsontext.Kind][]string{'0': {"integer", "number"}, 't': {"boolean"}, '{': {"object"}, '[': {"array"}, 'n': {"null"}, '"': {"string"}}
	return slices.ContainsFunc(names[kind(value)], func(name string) bool { return slices.Contains(types, name) })
}
