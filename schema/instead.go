package schema

import (
	"slices"

	"github.com/licseal/licseal"
)

// Instead returns the built-in schema that a payload was probably made for, judging
// by the names of its members, if that is another one than s. It returns nil if no
// other one fits better, and for a vendor's own schema unless most of the members are
// unknown to it. It is for hints: which schema a payload must match is never for the
// payload to say.
func (s *Schema) Instead(p licseal.Payload) *Schema {
	members, ok := memberNames(p)
	if !ok || !s.ForPayloads() || !s.builtin && !s.isForeign(members) {
		return nil
	}
	best := s
	fewest, fits := 0, false
	if s.builtin {
		fewest, fits = s.misfits(members)
	}
	for _, other := range builtins {
		if other == s || !other.ForPayloads() {
			continue
		}
		if n, ok := other.misfits(members); ok && (!fits || n < fewest) {
			best, fewest, fits = other, n, true
		}
	}
	if best == s {
		return nil
	}
	return best
}

func memberNames(p licseal.Payload) (map[string]bool, bool) {
	value, err := decode(p.Bytes())
	object, ok := value.(map[string]any)
	if err != nil || !ok {
		return nil, false
	}
	names := make(map[string]bool, len(object))
	for name := range object {
		names[name] = true
	}
	return names, true
}

// misfits returns how many members a payload lacks for a built-in schema, plus how
// many it has that the schema does not know. A misspelt one counts once. fits is
// false if the payload has at most half of the members that the schema requires.
func (s *Schema) misfits(members map[string]bool) (n int, fits bool) {
	s.once.Do(s.compileBuiltin)
	known, required := s.compiled.root.Properties, s.compiled.root.Required
	var unknown, absent, lacking []string
	for _, name := range sortedNames(members) {
		if known[name] == nil {
			unknown = append(unknown, name)
		}
	}
	for _, name := range sortedNames(known) {
		if !members[name] {
			absent = append(absent, name)
			if slices.Contains(required, name) {
				lacking = append(lacking, name)
			}
		}
	}
	n = len(unknown) + len(lacking)
	for _, meant := range pairUp(unknown, absent) {
		if slices.Contains(lacking, meant) {
			n--
		}
	}
	return n, 2*len(lacking) < len(required)
}
