package schema

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/datename"
)

// Doubts returns all that is doubtful about a vendor's schema: its Warnings, rules that no
// value can keep, keywords without effect on values of the type, and roles and dates
// whose fields are not described as such. It returns nil for a built-in schema.
func (s *Schema) Doubts() []Warning {
	if s.builtin {
		return nil
	}
	d := &doubts{schema: s}
	d.doc, _ = licseal.Parser{MaxBytes: 2 * maxSchemaBytes}.ParsePayload(s.text) // it was parsed before
	for _, one := range reachable(s.compiled.root) {
		d.never(one)
		d.withoutEffect(one)
	}
	d.roles()
	d.dates()
	slices.SortStableFunc(d.found, func(a, b Warning) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Message, b.Message))
	})
	return append(s.Warnings(), d.found...)
}

// doubts collects what is doubtful.
type doubts struct {
	schema *Schema
	doc    licseal.Payload // the text of the schema
	found  []Warning
}

// at adds a doubt about a place of the schema file.
func (d *doubts) at(pointer, format string, args ...any) {
	d.add(Warning{File: d.schema.name, Position: d.doc.Position(pointer), Message: fmt.Sprintf(format, args...)})
}

// about adds a doubt about a schema, which may be in another file.
func (d *doubts) about(s *jsonschema.Schema, keyword, format string, args ...any) {
	file, place, _ := strings.Cut(s.Location, "#")
	pointer := unescapeLocation(place)
	if keyword != "" {
		pointer += "/" + keyword
	}
	if file == (&loader{}).entryURL(d.schema.name) {
		d.at(pointer, format, args...)
		return
	}
	d.add(Warning{File: d.schema.name, Message: fmt.Sprintf("%s#%s: ", strings.TrimPrefix(file, besideBase), printable(pointer)) + fmt.Sprintf(format, args...)})
}

func (d *doubts) add(w Warning) {
	if len(d.found) < maxViolations {
		d.found = append(d.found, w)
	}
}

// never finds rules that no value can keep.
func (d *doubts) never(s *jsonschema.Schema) {
	if types := fieldTypes(s, maxFieldDepth); types != nil && len(types) == 0 {
		d.about(s, "type", "no value is of all the types that the schema requires here")
	}
	d.bounds(s)
	d.values(s)
	described := describedBy(inPlace(s))
	for _, name := range s.Required {
		switch p := s.Properties[name]; {
		case p != nil && p.Always != nil && !*p.Always:
			d.about(s, "required", "%s is required, but its schema is false, which allows no value", quote(name))
		case described[name] == nil && isClosed([]*jsonschema.Schema{s}) && !matchesAny(s, name):
			message := fmt.Sprintf("%s is required, but the schema has no such property and allows no others", quote(name))
			if meant := nearest(name, sortedNames(described)); meant != "" {
				message += fmt.Sprintf("; did you mean %s?", quote(meant))
			}
			d.about(s, "required", "%s", message)
		}
	}
}

// bounds finds bounds between which there is nothing.
func (d *doubts) bounds(s *jsonschema.Schema) {
	for _, b := range []struct {
		least, most string
		min, max    int
	}{
		{"minLength", "maxLength", s.MinLength, s.MaxLength},
		{"minItems", "maxItems", s.MinItems, s.MaxItems},
		{"minProperties", "maxProperties", s.MinProperties, s.MaxProperties},
	} {
		if b.max >= 0 && b.min > b.max {
			d.about(s, b.least, "%s is %d and %s is %d, so no value is allowed", b.least, b.min, b.most, b.max)
		}
	}
	for _, b := range []struct {
		least, most string
		min, max    *big.Rat
		orEqual     bool
	}{
		{"minimum", "maximum", s.Minimum, s.Maximum, true},
		{"exclusiveMinimum", "maximum", s.ExclusiveMinimum, s.Maximum, false},
		{"minimum", "exclusiveMaximum", s.Minimum, s.ExclusiveMaximum, false},
		{"exclusiveMinimum", "exclusiveMaximum", s.ExclusiveMinimum, s.ExclusiveMaximum, false},
	} {
		if b.min == nil || b.max == nil {
			continue
		}
		if order := b.min.Cmp(b.max); order > 0 || order == 0 && !b.orEqual {
			d.about(s, b.least, "%s is %s and %s is %s, so no number is allowed", b.least, b.min.RatString(), b.most, b.max.RatString())
		}
	}
}

// values finds constants that the other rules of a schema refuse.
func (d *doubts) values(s *jsonschema.Schema) {
	for _, listed := range []struct {
		keyword string
		values  []any
	}{{"const", s.Constant}, {"enum", s.Enum}} {
		for i, v := range listed.values {
			if s.Validate(v) == nil {
				continue
			}
			keyword := listed.keyword
			if keyword == "enum" {
				keyword = fmt.Sprintf("enum/%d", i)
			}
			d.about(s, keyword, "the other rules here refuse this value, so it is never allowed")
		}
	}
}

// withoutEffect finds keywords that say nothing about values of the only types allowed.
func (d *doubts) withoutEffect(s *jsonschema.Schema) {
	if len(s.Types) == 0 {
		return
	}
	has := func(types ...string) bool {
		return slices.ContainsFunc(types, func(t string) bool { return slices.Contains(s.Types, t) })
	}
	note := func(keyword string, present bool, types ...string) {
		if present && !has(types...) {
			d.about(s, keyword, "%s has no effect on %s", keyword, typeWords(s.Types))
		}
	}
	note("format", s.Format != "", "string")
	note("pattern", s.Pattern != nil, "string")
	note("minLength", s.MinLength >= 0, "string")
	note("maxLength", s.MaxLength >= 0, "string")
	note("minimum", s.Minimum != nil, "number", "integer")
	note("maximum", s.Maximum != nil, "number", "integer")
	note("exclusiveMinimum", s.ExclusiveMinimum != nil, "number", "integer")
	note("exclusiveMaximum", s.ExclusiveMaximum != nil, "number", "integer")
	note("properties", len(s.Properties) > 0, "object")
	note("required", len(s.Required) > 0, "object")
}

// roles finds roles whose fields cannot have them.
func (d *doubts) roles() {
	roles := d.schema.Roles()
	for _, role := range roleNames {
		pointer := *role.in(&roles)
		if pointer == "" {
			continue
		}
		place := rolePlace(role.name)
		field := d.schema.Field(pointer)
		allowed := []string{"string"}
		switch role.name {
		case "id":
			allowed = []string{"string", "number", "integer"}
		case "grace_days":
			allowed = []string{"integer"}
		}
		isDate := role.name == "not_before" || role.name == "not_after"
		switch {
		case !field.Is(allowed...) && len(field.Types) > 0:
			d.at(place, "the role %s is %s, which is %s; %s is expected", role.name, quote(pointer), typeWords(field.Types), typeWords(allowed))
		case isDate && !field.IsDate:
			d.at(place, `the role %s is %s, which has no format; write {"type": "string", "format": "date"} there, or "date-time"`, role.name, quote(pointer))
		}
		if role.name == "id" && !strings.Contains(pointer[1:], "/") && !slices.Contains(d.schema.Required(), pointer) {
			d.at(place, "the role id is %s, which is not required: a licence without an id cannot be revoked", quote(pointer))
		}
	}
}

// dates finds fields that are dates by their names only.
func (d *doubts) dates() {
	roles := d.schema.Roles()
	for _, name := range sortedNames(describedBy(inPlace(d.schema.compiled.root))) {
		pointer := "/" + escape(name)
		if !datename.IsNamed(name, datename.BeginNames) && !datename.IsNamed(name, datename.EndNames) || pointer == roles.NotBefore || pointer == roles.NotAfter {
			continue
		}
		if f := d.schema.Field(pointer); f.Is("string") && !f.IsDate {
			d.at("/properties/"+escape(name), `%s looks like a date and has no format, so any text is allowed; add "format": "date"`, quote(name))
		}
	}
}
