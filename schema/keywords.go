package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/licseal/licseal"
)

// Warning is something in a vendor's schema that is allowed, but probably not meant.
type Warning struct {
	// File is the name of the schema, or the path of a file that a "$ref" in it
	// leads to.
	File string

	// Position is where it is in the file. It is zero for something missing.
	licseal.Position

	Message    string // what was found, and what would be right
	DidYouMean string // the keyword that was probably meant; "" if none is alike
	Hint       string // lines to add to the schema; "" if none are needed
}

// String returns the file, the place and the message, such as
// `schema acme.json: 3:5 /requierd: unknown keyword "requierd", …`.
func (w Warning) String() string {
	if w.Position == (licseal.Position{}) {
		return fmt.Sprintf("schema %s: %s", w.File, w.Message)
	}
	return fmt.Sprintf("schema %s: %s: %s", w.File, w.Position, w.Message)
}

// Warnings returns what is doubtful about a vendor's schema: keywords that have no
// effect, since JSON Schema ignores those that it does not know, and roles that are
// not named. It returns nil for a built-in schema.
func (s *Schema) Warnings() []Warning { return slices.Clone(s.warnings) }

// keywords are the keywords of JSON Schema, and the drafts in which they have an
// effect. One that has an effect in all of them has no drafts.
var keywords = map[string][]*jsonschema.Draft{
	"$schema": nil, "$id": nil, "$ref": nil, "$comment": nil, "$defs": nil, "definitions": nil,
	"title": nil, "description": nil, "default": nil, "examples": nil, "deprecated": nil, "readOnly": nil, "writeOnly": nil,
	"type": nil, "enum": nil, "const": nil, "format": nil,
	"multipleOf": nil, "minimum": nil, "maximum": nil, "exclusiveMinimum": nil, "exclusiveMaximum": nil,
	"minLength": nil, "maxLength": nil, "pattern": nil, "contentEncoding": nil, "contentMediaType": nil, "contentSchema": nil,
	"items": nil, "contains": nil, "minItems": nil, "maxItems": nil, "uniqueItems": nil,
	"properties": nil, "patternProperties": nil, "additionalProperties": nil, "propertyNames": nil,
	"required": nil, "minProperties": nil, "maxProperties": nil, "dependencies": nil,
	"allOf": nil, "anyOf": nil, "oneOf": nil, "not": nil, "if": nil, "then": nil, "else": nil,

	"$anchor":               {jsonschema.Draft2019, jsonschema.Draft2020},
	"$vocabulary":           {jsonschema.Draft2019, jsonschema.Draft2020},
	"$recursiveRef":         {jsonschema.Draft2019, jsonschema.Draft2020},
	"$recursiveAnchor":      {jsonschema.Draft2019, jsonschema.Draft2020},
	"$dynamicRef":           {jsonschema.Draft2020},
	"$dynamicAnchor":        {jsonschema.Draft2020},
	"prefixItems":           {jsonschema.Draft2020},
	"additionalItems":       {jsonschema.Draft7, jsonschema.Draft2019},
	"minContains":           {jsonschema.Draft2019, jsonschema.Draft2020},
	"maxContains":           {jsonschema.Draft2019, jsonschema.Draft2020},
	"dependentRequired":     {jsonschema.Draft2019, jsonschema.Draft2020},
	"dependentSchemas":      {jsonschema.Draft2019, jsonschema.Draft2020},
	"unevaluatedItems":      {jsonschema.Draft2019, jsonschema.Draft2020},
	"unevaluatedProperties": {jsonschema.Draft2019, jsonschema.Draft2020},
}

// annotations are the keywords that say nothing about a value. Draft 07 ignores all
// others next to a "$ref".
var annotations = []string{"$ref", "$schema", "$id", "$comment", "definitions", "$defs", "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"}

// keywordReview finds keywords without effect in one schema file.
type keywordReview struct {
	file  string
	draft *jsonschema.Draft
	doc   licseal.Payload
	found []Warning
}

// reviewKeywords finds the keywords without effect in a schema file that has passed
// its other checks.
func reviewKeywords(file string, doc licseal.Payload, value any, draft *jsonschema.Draft) []Warning {
	r := keywordReview{file: file, draft: draft, doc: doc}
	r.schema(value, "")
	slices.SortStableFunc(r.found, func(a, b Warning) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return r.found
}

// schema reviews a value where JSON Schema has a schema.
func (r *keywordReview) schema(value any, pointer string) {
	object, ok := value.(map[string]any)
	if !ok {
		return // true or false
	}
	names := sortedNames(object)
	var unknown []string
	for _, name := range names {
		drafts, known := keywords[name]
		at := pointer + "/" + escape(name)
		switch _, hasRef := object["$ref"]; {
		case name == "x-licseal":
			if pointer != "" {
				r.warn(at, `"x-licseal" has an effect only at the top of the schema file that is used`, "")
			}
		case !known:
			unknown = append(unknown, name)
		case drafts != nil && !slices.Contains(drafts, r.draft):
			r.warn(at, fmt.Sprintf("the keyword %s has no effect in %s", quote(name), draftName(r.draft)), "")
		case (name == "then" || name == "else") && object["if"] == nil:
			r.warn(at, fmt.Sprintf(`the keyword %s has no effect without "if"`, quote(name)), "")
		case hasRef && r.draft == jsonschema.Draft7 && !slices.Contains(annotations, name):
			r.warn(at, fmt.Sprintf(`the keyword %s has no effect next to "$ref" in %s; put both in an "allOf"`, quote(name), draftName(r.draft)), "")
		}
		if known {
			r.below(name, object[name], at)
		}
	}
	r.unknown(unknown, object, pointer)
}

// below reviews the value of a keyword: the schemas in it, if it has any.
func (r *keywordReview) below(name string, value any, pointer string) {
	switch name {
	case "const", "enum", "examples", "default", "required", "type", "$vocabulary", "dependentRequired":
	case "properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies":
		members, _ := value.(map[string]any)
		for _, name := range sortedNames(members) {
			r.schema(members[name], pointer+"/"+escape(name))
		}
	default:
		if list, ok := value.([]any); ok {
			for i, element := range list {
				r.schema(element, pointer+"/"+strconv.Itoa(i))
			}
			return
		}
		r.schema(value, pointer)
	}
}

// unknown warns of the members of a schema object that are no keywords. Names that
// begin with "x-" are for other programs, unless they are a misspelt x-licseal.
func (r *keywordReview) unknown(names []string, object map[string]any, pointer string) {
	var free []string
	for _, name := range append(sortedNames(keywords), "x-licseal") {
		if _, taken := object[name]; !taken {
			free = append(free, name)
		}
	}
	names = names[:min(len(names), maxViolations)] // comparing them takes time
	meant := pairUp(names, free)
	for _, name := range names {
		if strings.HasPrefix(name, "x-") && meant[name] != "x-licseal" {
			continue
		}
		message := fmt.Sprintf("unknown keyword %s, which has no effect", quote(name))
		if meant[name] != "" {
			message += fmt.Sprintf("; did you mean %s?", quote(meant[name]))
		}
		r.warn(pointer+"/"+escape(name), message, meant[name])
	}
}

func (r *keywordReview) warn(pointer, message, meant string) {
	if len(r.found) < maxViolations {
		r.found = append(r.found, Warning{File: r.file, Position: r.doc.Position(pointer), Message: message, DidYouMean: meant})
	}
}

// warnMissingRoles warns if the schema neither names the fields that licseal needs
// nor describes those of Kong's payload, which stand for roles that are not named.
func (l *loader) warnMissingRoles(name string, roles licseal.Roles, c *compiled) {
	var missing []string
	defaults := licseal.Roles{}.WithDefaults()
	for _, role := range roleNames {
		place := *role.in(&defaults)
		if *role.in(&roles) == "" && slices.Contains(neededRoles, role.name) && !c.describes(place) {
			missing = append(missing, role.name)
		}
	}
	if len(missing) == 0 {
		return
	}
	w := Warning{File: name, Message: "this schema names no role " + strings.Join(missing, ", "), Hint: rolesHint}
	if len(missing) == len(neededRoles) {
		w.Message = "this schema names no roles"
	}
	w.Message += ": which field is the id, and which are the dates, is taken from Kong's payload"
	l.warnings = append(l.warnings, w)
}

// neededRoles are the roles without which a licence has no id or no dates.
var neededRoles = []string{"id", "not_before", "not_after"}

// rolesHint is what to add to a schema without roles.
const rolesHint = `  "x-licseal": {
    "roles": {"id": "/serial", "not_before": "/from", "not_after": "/until"}
  },`
