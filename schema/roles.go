package schema

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/licseal/licseal"
)

// annotation is what the "x-licseal" object of a schema says.
type annotation struct {
	exists bool
	roles  licseal.Roles
}

// roleNames are the names of the roles in a schema, and where each is kept.
var roleNames = []struct {
	name string
	in   func(*licseal.Roles) *string
}{
	{"id", func(r *licseal.Roles) *string { return &r.ID }},
	{"customer", func(r *licseal.Roles) *string { return &r.Customer }},
	{"product", func(r *licseal.Roles) *string { return &r.Product }},
	{"not_before", func(r *licseal.Roles) *string { return &r.NotBefore }},
	{"not_after", func(r *licseal.Roles) *string { return &r.NotAfter }},
	{"grace_days", func(r *licseal.Roles) *string { return &r.GraceDays }},
}

// rolePlace is where a schema names the field of a role.
func rolePlace(name string) string { return "/x-licseal/roles/" + name }

// readAnnotation reads the "x-licseal" object of a schema as it is. A vendor's has
// yet to be checked.
func readAnnotation(doc licseal.Payload) annotation {
	var a annotation
	_, a.exists = doc.Field("/x-licseal")
	for _, role := range roleNames {
		*role.in(&a.roles), _ = doc.Text(rolePlace(role.name))
	}
	return a
}

// checkAnnotation checks the "x-licseal" object of a vendor's schema: its shape, and
// that each role is a field that the schema describes.
func checkAnnotation(name string, doc licseal.Payload, c *compiled) error {
	if err := mustBuiltin("x-licseal").Validate(doc); err != nil {
		return faultIn(name, err)
	}
	for _, role := range roleNames {
		place := rolePlace(role.name)
		pointer, ok := doc.Text(place)
		if !ok {
			continue
		}
		if detail := c.undescribed(pointer); detail != "" {
			return fmt.Errorf("schema %s: %s: the role %s is %s, but %s", name, doc.Position(place), role.name, quote(pointer), detail)
		}
	}
	return nil
}

// Roles returns the fields of a payload that the schema's "x-licseal" object gives
// a role. A role that it does not name is empty, which stands for the field of
// Kong's payload.
func (s *Schema) Roles() licseal.Roles { return s.licseal().roles }

// WithRoles returns the schema with the roles given, instead of those that its
// "x-licseal" object names. A role that is not given keeps its field. A built-in
// schema has roles of its own, which are not changed. It is an error if a role leads to
// a field that the schema does not describe.
func (s *Schema) WithRoles(roles licseal.Roles) (*Schema, error) {
	if s.builtin {
		return nil, fmt.Errorf("the built-in schema %s has roles of its own", s.name)
	}
	for _, role := range roleNames {
		pointer := *role.in(&roles)
		if pointer == "" {
			continue
		}
		if detail := s.compiled.undescribed(pointer); detail != "" {
			return nil, fmt.Errorf("the role %s is %s, but in the schema %s %s", role.name, quote(pointer), s.name, detail)
		}
	}
	note := annotation{exists: true, roles: roles.Or(s.Roles())}
	t := &Schema{name: s.name, text: s.text, compiled: s.compiled, licseal: func() annotation { return note }}
	for _, w := range s.warnings {
		if w.Hint != rolesHint {
			t.warnings = append(t.warnings, w)
		}
	}
	var l loader
	l.warnMissingRoles(s.name, note.roles, s.compiled)
	t.warnings = append(t.warnings, l.warnings...)
	t.once.Do(func() {}) // it is compiled
	return t, nil
}

// undescribed says why a pointer leads to no field that the schema describes; such
// a role is a typo that would make every licence unreadable. It returns "" if all
// is well, also below an object whose members the schema leaves open.
func (c *compiled) undescribed(pointer string) string {
	tokens := slices.Collect(jsontext.Pointer(pointer).Tokens())
	if b := make(barriers).find(c.root, tokens); b.schema != nil {
		return fmt.Sprintf("%s is %s, which has no members", quote(pointerOf(tokens[:b.depth])), typeWords(typesOf(b.schema)))
	}
	schemas := inPlace(c.root)
	for _, token := range tokens {
		fields := describedBy(schemas)
		if len(fields) == 0 {
			return ""
		}
		next, ok := fields[token]
		if !ok {
			if meant := nearest(token, sortedNames(fields)); meant != "" {
				return fmt.Sprintf("the schema has no property %s there; did you mean %q?", quote(token), meant)
			}
			return fmt.Sprintf("the schema has no property %s there; add it to the properties or correct the pointer", quote(token))
		}
		schemas = inPlace(next...)
	}
	return ""
}

// describes reports whether the schema describes the field at a pointer by name.
func (c *compiled) describes(pointer string) bool {
	schemas := inPlace(c.root)
	for token := range jsontext.Pointer(pointer).Tokens() {
		next, ok := describedBy(schemas)[token]
		if !ok {
			return false
		}
		schemas = inPlace(next...)
	}
	return true
}

// barrier is a schema that excludes members, since it allows only a string, say. The
// zero value means that there is none.
type barrier struct {
	schema *jsonschema.Schema
	depth  int // how many tokens lead to the value
}

// barriers finds barriers on the way to a place, each schema and way once.
type barriers map[barriersKey]barrier

type barriersKey struct {
	schema *jsonschema.Schema
	tokens int // how many are left
}

// find returns the barrier on the way that tokens lead from a value that s judges.
func (b barriers) find(s *jsonschema.Schema, tokens []string) barrier {
	if s == nil || len(tokens) == 0 {
		return barrier{}
	}
	key := barriersKey{s, len(tokens)}
	if _, ok := b[key]; !ok {
		b[key] = barrier{} // for a schema that applies itself
		b[key] = b.look(s, tokens)
	}
	return b[key]
}

func (b barriers) look(s *jsonschema.Schema, tokens []string) barrier {
	if types := typesOf(s); len(types) > 0 && !slices.Contains(types, "object") && !slices.Contains(types, "array") {
		return barrier{schema: s}
	}
	for _, all := range append([]*jsonschema.Schema{s.Ref, s.RecursiveRef}, s.AllOf...) {
		if found := b.find(all, tokens); found.schema != nil {
			return found
		}
	}
	for _, either := range [][]*jsonschema.Schema{s.AnyOf, s.OneOf} {
		var found barrier
		for _, one := range either {
			if found = b.find(one, tokens); found.schema == nil {
				break
			}
		}
		if found.schema != nil {
			return found
		}
	}
	found := b.find(s.Properties[tokens[0]], tokens[1:])
	found.depth++
	return found
}

func pointerOf(tokens []string) string {
	var p strings.Builder
	for _, token := range tokens {
		p.WriteString("/" + escape(token))
	}
	return p.String()
}

// typesOf returns the types that one schema allows by its own keywords; nil if it
// allows all.
func typesOf(s *jsonschema.Schema) []string {
	if len(s.Types) > 0 {
		return s.Types
	}
	var types []string
	for _, v := range slices.Concat(s.Constant, s.Enum) {
		if t := typeOf(v); !slices.Contains(types, t) {
			types = append(types, t)
		}
	}
	return types
}

func typeOf(v any) string {
	switch v.(type) {
	case map[string]any:
		return "object"
	case []any:
		return "array"
	case string:
		return "string"
	case bool:
		return "boolean"
	case nil:
		return "null"
	}
	return "number"
}

// faultIn turns an error of a schema that describes schemas into an error about the
// schema of a name. It is not an [*Error], since those are about payloads.
func faultIn(name string, err error) error {
	var broken *Error
	if !errors.As(err, &broken) {
		return fmt.Errorf("schema %s: %v", name, err)
	}
	named := *broken
	named.Schema = name
	return errors.New(named.Error())
}
