package schema

import (
	"slices"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Field is what a schema says about one field of a payload.
type Field struct {
	Known  bool     // the schema describes the field
	Types  []string // the JSON types that it may have, such as "integer"; nil if any
	IsDate bool     // its format is date or date-time
}

// Is reports whether the field has one of some types, or is null.
func (f Field) Is(types ...string) bool {
	ok := false
	for _, t := range f.Types {
		if t == "null" {
			continue
		}
		if !slices.Contains(types, t) {
			return false
		}
		ok = true
	}
	return ok
}

// Field returns what the schema says about the field at a JSON Pointer.
func (s *Schema) Field(pointer string) Field {
	schemas := s.at(pointer)
	f := Field{Known: len(schemas) > 0}
	for _, one := range schemas {
		f.Types = bothTypes(f.Types, fieldTypes(one, maxFieldDepth))
		for _, part := range inPlace(one) {
			f.IsDate = f.IsDate || part.Format == "date" || part.Format == "date-time"
		}
	}
	return f
}

// Refuses reports whether the schema refuses a field at a JSON Pointer because it does
// not describe it and allows no others.
func (s *Schema) Refuses(pointer string) bool {
	p := jsontext.Pointer(pointer)
	if len(s.at(pointer)) > 0 {
		return false
	}
	for p != "" {
		p = p.Parent()
		if parents := s.at(string(p)); len(parents) > 0 {
			return isClosed(parents)
		}
	}
	return false
}

// Fields returns the JSON Pointers of the fields that the schema describes by name,
// sorted. Fields of fields come after the fields that they are in. It looks a few
// objects deep, and returns at most a few hundred.
func (s *Schema) Fields() []string {
	s.once.Do(s.compileBuiltin)
	return fieldsOf(nil, "", inPlace(s.compiled.root), maxFieldDepth)
}

// Required returns the JSON Pointers of the fields at the top level that every payload
// must have.
func (s *Schema) Required() []string {
	s.once.Do(s.compileBuiltin)
	var all []string
	for _, one := range always(s.compiled.root) {
		for _, name := range one.Required {
			if p := "/" + escape(name); !slices.Contains(all, p) {
				all = append(all, p)
			}
		}
	}
	return all
}

// Nearest returns the one of names that a misspelt name probably means, "" if none is
// alike.
func Nearest(misspelt string, names []string) string { return nearest(misspelt, names) }

// at returns the schemas that describe the value at a pointer, nil if none does.
func (s *Schema) at(pointer string) []*jsonschema.Schema {
	s.once.Do(s.compileBuiltin)
	found := []*jsonschema.Schema{s.compiled.root}
	for token := range jsontext.Pointer(pointer).Tokens() {
		schemas := inPlace(found...)
		if found = describedBy(schemas)[token]; found == nil {
			found = additionalOf(schemas)
		}
	}
	return found
}

// additionalOf returns the schemas of members that are not described by name.
func additionalOf(schemas []*jsonschema.Schema) (all []*jsonschema.Schema) {
	for _, s := range schemas {
		all = append(all, asSchemas(s.AdditionalProperties)...)
	}
	return all
}

const (
	maxFieldDepth = 4
	maxFields     = 500
)

func fieldsOf(all []string, at jsontext.Pointer, schemas []*jsonschema.Schema, depth int) []string {
	described := describedBy(schemas)
	for _, name := range sortedNames(described) {
		if len(all) >= maxFields {
			return all
		}
		place := at.AppendToken(name)
		all = append(all, string(place))
		if depth > 1 {
			all = fieldsOf(all, place, inPlace(described[name]...), depth-1)
		}
	}
	return all
}

// always returns s and the schemas that every value of s must match as well.
func always(s *jsonschema.Schema) []*jsonschema.Schema {
	return closure([]*jsonschema.Schema{s}, func(s *jsonschema.Schema) []*jsonschema.Schema {
		return append([]*jsonschema.Schema{s.Ref, s.RecursiveRef, s.DynamicRef}, s.AllOf...)
	})
}

// isClosed reports whether schemas of one value refuse members that they do not describe.
func isClosed(schemas []*jsonschema.Schema) bool {
	for _, outer := range schemas {
		for _, s := range always(outer) {
			if s.AdditionalProperties == false {
				return true
			}
			if u := s.UnevaluatedProperties; u != nil && u.Always != nil && !*u.Always {
				return true
			}
		}
	}
	return false
}

// fieldTypes returns the types that a schema allows, nil if it allows all.
func fieldTypes(s *jsonschema.Schema, depth int) []string {
	if depth == 0 {
		return nil
	}
	var types []string
	for _, one := range always(s) {
		types = bothTypes(types, typesOf(one))
		for _, either := range [][]*jsonschema.Schema{one.AnyOf, one.OneOf} {
			types = bothTypes(types, eitherTypes(either, depth-1))
		}
	}
	return types
}

// eitherTypes returns the types that one of some schemas allows, nil if all are allowed.
func eitherTypes(schemas []*jsonschema.Schema, depth int) (all []string) {
	for _, s := range schemas {
		types := fieldTypes(s, depth)
		if types == nil {
			return nil
		}
		for _, t := range types {
			if !slices.Contains(all, t) {
				all = append(all, t)
			}
		}
	}
	return all
}

// bothTypes returns the types that are in a and in b, where nil means all. An integer is
// also a number.
func bothTypes(a, b []string) []string {
	if a == nil || b == nil {
		return append(a, b...)
	}
	both := []string{}
	for _, t := range a {
		switch {
		case slices.Contains(b, t), t == "integer" && slices.Contains(b, "number"):
			both = append(both, t)
		case t == "number" && slices.Contains(b, "integer"):
			both = append(both, "integer")
		}
	}
	return both
}
