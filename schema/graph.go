package schema

import (
	"maps"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// inPlace returns the schemas given and those that they apply to the same value.
func inPlace(schemas ...*jsonschema.Schema) []*jsonschema.Schema {
	return closure(schemas, applied)
}

// reachable returns a schema and all that it leads to.
func reachable(root *jsonschema.Schema) []*jsonschema.Schema {
	return closure([]*jsonschema.Schema{root}, func(s *jsonschema.Schema) []*jsonschema.Schema {
		return append(applied(s), nested(s)...)
	})
}

// closure follows next from the schemas given, to each schema once.
func closure(schemas []*jsonschema.Schema, next func(*jsonschema.Schema) []*jsonschema.Schema) []*jsonschema.Schema {
	seen := map[*jsonschema.Schema]bool{nil: true}
	var found []*jsonschema.Schema
	for todo := slices.Clone(schemas); len(todo) > 0; {
		s := todo[0]
		todo = todo[1:]
		if seen[s] {
			continue
		}
		seen[s] = true
		found = append(found, s)
		todo = append(todo, next(s)...)
	}
	return found
}

// applied returns the schemas that s applies to the value that it judges itself.
func applied(s *jsonschema.Schema) []*jsonschema.Schema {
	schemas := []*jsonschema.Schema{s.Ref, s.RecursiveRef, s.DynamicRef, s.Not, s.If, s.Then, s.Else}
	schemas = slices.Concat(schemas, s.AllOf, s.AnyOf, s.OneOf)
	for _, name := range slices.Sorted(maps.Keys(s.DependentSchemas)) {
		schemas = append(schemas, s.DependentSchemas[name])
	}
	for _, name := range slices.Sorted(maps.Keys(s.Dependencies)) {
		schemas = append(schemas, asSchemas(s.Dependencies[name])...)
	}
	return schemas
}

// nested returns the schemas that s applies to members, elements and names.
func nested(s *jsonschema.Schema) []*jsonschema.Schema {
	schemas := []*jsonschema.Schema{s.PropertyNames, s.UnevaluatedProperties, s.UnevaluatedItems, s.Items2020, s.Contains, s.ContentSchema}
	schemas = slices.Concat(schemas, s.PrefixItems,
		asSchemas(s.AdditionalProperties), asSchemas(s.Items), asSchemas(s.AdditionalItems))
	schemas = slices.AppendSeq(schemas, maps.Values(s.Properties))
	return slices.AppendSeq(schemas, maps.Values(s.PatternProperties))
}

// asSchemas returns the schemas in a field that may have one, several or none.
func asSchemas(field any) []*jsonschema.Schema {
	switch v := field.(type) {
	case *jsonschema.Schema:
		return []*jsonschema.Schema{v}
	case []*jsonschema.Schema:
		return v
	}
	return nil
}

// describedBy returns the members that schemas describe by name.
func describedBy(schemas []*jsonschema.Schema) map[string][]*jsonschema.Schema {
	fields := make(map[string][]*jsonschema.Schema)
	for _, s := range schemas {
		for name, property := range s.Properties {
			if property.Always == nil || *property.Always { // not one that is forbidden
				fields[name] = append(fields[name], property)
			}
		}
	}
	return fields
}

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
