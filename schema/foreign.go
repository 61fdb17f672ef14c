package schema

import (
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/licseal/licseal"
)

// markForeign notes in an error whether the payload was made for another schema.
func (s *Schema) markForeign(e *Error, p licseal.Payload) {
	members, ok := memberNames(p)
	e.Foreign = ok && s.ForPayloads() && s.isForeign(members)
}

// isForeign reports whether a payload with some members was made for another schema: at
// least half of them are unknown to this one, and it lacks at least half of those that are required. A
// misspelt member is not unknown.
func (s *Schema) isForeign(members map[string]bool) bool {
	f := s.fit(members)
	return f.described && f.unknown > 0 && 2*f.unknown >= len(members) && 2*f.lacking >= f.required
}

// fit says how well the names of members fit a schema.
type fit struct {
	described bool // the schema names members
	unknown   int  // members that the schema does not describe, without those that are misspelt
	lacking   int  // members that are required and not there, without those that are misspelt
	required  int
}

func (s *Schema) fit(members map[string]bool) fit {
	s.once.Do(s.compileBuiltin)
	schemas := inPlace(s.compiled.root)
	known := describedBy(schemas)
	var unknown, absent, required, lacking []string
	for _, one := range always(s.compiled.root) {
		required = append(required, one.Required...)
	}
	slices.Sort(required)
	required = slices.Compact(required)
	for _, name := range required {
		if !members[name] {
			lacking = append(lacking, name)
		}
	}
	for _, name := range sortedNames(members) {
		if known[name] == nil && !slices.Contains(required, name) && !slices.ContainsFunc(schemas, func(s *jsonschema.Schema) bool { return matchesAny(s, name) }) {
			unknown = append(unknown, name)
		}
	}
	for _, name := range sortedNames(known) {
		if !members[name] {
			absent = append(absent, name)
		}
	}
	f := fit{len(known)+len(required) > 0, len(unknown), len(lacking), len(required)}
	for _, meant := range pairUp(unknown, absent) {
		f.unknown--
		if slices.Contains(lacking, meant) {
			f.lacking--
		}
	}
	return f
}
