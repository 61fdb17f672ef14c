package schema

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/entitlement"
)

// validate checks a document against the schema of a name, and against cross
// if it is not nil.
func (c *compiled) validate(name string, doc licseal.Payload, cross func(licseal.Payload) []entitlement.Fault) error {
	value, err := decode(doc.Bytes())
	if err != nil {
		return fmt.Errorf("schema %s: %v", name, err)
	}
	j := &judge{compiled: c, doc: doc, value: value}
	var faults []fault
	err = c.run(value)
	invalid, isInvalid := errors.AsType[*jsonschema.ValidationError](err)
	switch {
	case err == nil:
	case isInvalid:
		faults = j.faults(invalid)
	case err == tooMuchWork:
		return fmt.Errorf("schema %s: checking this document makes too much work: parts of the schema apply each other too often, or its regular expressions are too large for the texts", name)
	default:
		return fmt.Errorf("schema %s: the check could not be finished: %s", name, printable(strings.TrimPrefix(err.Error(), "jsonschema: ")))
	}
	if cross != nil {
		faults = append(faults, crossFaults(cross(doc))...)
	}
	if len(faults) == 0 {
		return nil
	}
	return j.report(name, faults)
}

// crossFaults returns the faults that JSON Schema cannot express.
func crossFaults(found []entitlement.Fault) []fault {
	var faults []fault
	for _, f := range found {
		faults = append(faults, fault{Violation: licseal.Violation{Position: at(f.Pointer), Keyword: "x-licseal", Message: "; " + f.Detail}})
	}
	return faults
}

// judge turns the library's tree of errors about one document into violations.
type judge struct {
	*compiled
	doc   licseal.Payload
	value any                                    // of doc
	known map[*jsonschema.Schema]map[string]bool // see knownBy
}

// fault is a violation before it is reported. Its Pointer starts at the document; its
// Message lacks the value found, which is added only if the fault is reported.
type fault struct {
	licseal.Violation
	object string             // for a member that is missing or unknown: the object's pointer
	member string             // and its name
	schema *jsonschema.Schema // and the schema that says so
	absent bool               // it is missing

	ofName bool // it is the member's name that breaks the rule, not its value

	// consequence is set if the fault may follow from another: a member also
	// counts as not evaluated if the schema that describes it has failed.
	consequence bool
}

// faults returns the faults at the leaves of a tree.
func (j *judge) faults(e *jsonschema.ValidationError) []fault {
	s, keyword := j.rule(e.AbsoluteKeywordLocation)
	switch {
	case len(e.Causes) == 0 || keyword == "minContains":
		return j.leaf(e, s, keyword)
	case e.Message != "" && (keyword == "anyOf" || keyword == "oneOf"): // without a message it is a group
		return j.alternatives(e, keyword)
	}
	var all []fault
	for _, cause := range e.Causes {
		all = append(all, j.faults(cause)...)
	}
	return all
}

// falseSchema is used instead of a keyword if the rule is the schema false.
const falseSchema = "false"

// rule returns the schema and the keyword at an absolute keyword location. The schema
// is nil if it cannot be determined.
func (j *judge) rule(location string) (s *jsonschema.Schema, keyword string) {
	index := j.byLocation()
	if s := index[location]; s != nil && s.Always != nil && !*s.Always {
		return s, falseSchema
	}
	rest := location
	for {
		slash := strings.LastIndexByte(rest, '/')
		if slash < strings.IndexByte(rest, '#') || slash < 0 {
			return nil, location[strings.LastIndexByte(location, '/')+1:]
		}
		rest = rest[:slash]
		if s := index[rest]; s != nil {
			keyword, _, _ := strings.Cut(location[slash+1:], "/")
			return s, keyword
		}
	}
}

// leaf returns the faults of one failed rule: one for each member that is
// missing or unknown, otherwise one.
func (j *judge) leaf(e *jsonschema.ValidationError, s *jsonschema.Schema, keyword string) []fault {
	pointer := unescapeLocation(e.InstanceLocation)
	var found []fault
	switch {
	case s == nil:
	case keyword == "required":
		found = j.missing(pointer, s, keyword, s.Required, "")
	case keyword == "dependentRequired":
		for _, trigger := range sortedNames(s.DependentRequired) {
			if _, ok := j.members(pointer)[trigger]; ok {
				found = append(found, j.missing(pointer, s, keyword, s.DependentRequired[trigger], trigger)...)
			}
		}
	case keyword == "additionalProperties":
		found = j.additional(pointer, s)
	case keyword == falseSchema && strings.HasSuffix(s.Location, "/unevaluatedProperties"):
		found = j.unevaluated(pointer, s)
	}
	if len(found) > 0 {
		return found
	}
	v := licseal.Violation{Position: at(pointer), Keyword: keyword, Allowed: allowed(s, keyword)}
	switch {
	case v.Allowed != "":
		v.Message = "; " + v.Allowed + " is expected"
	case keyword == falseSchema:
		v.Message = "; the schema allows nothing here"
	case keyword == "not":
		v.Message = "; the schema forbids this value"
	default:
		v.Message = ": " + printable(e.Message)
	}
	return []fault{{Violation: v, ofName: judgesName(e.KeywordLocation)}}
}

// judgesName reports whether the path of keywords to a rule goes through
// "propertyNames".
func judgesName(location string) bool {
	tokens := strings.Split(location, "/")
	for i := 0; i < len(tokens); i++ {
		switch tokens[i] {
		case "properties", "patternProperties", "dependentSchemas", "dependencies":
			i++ // the next one is a name
		case "propertyNames":
			return true
		}
	}
	return false
}

// found returns what breaks the rule, as JSON text that is safe to print.
func (j *judge) found(f fault) string {
	switch {
	case f.absent:
		return ""
	case f.ofName:
		return quote(jsontext.Pointer(f.Pointer).LastToken())
	}
	return j.shown(f.Pointer)
}

// message returns the whole message of a fault.
func (j *judge) message(f fault) string {
	if f.schema != nil { // it is about a member that is missing or not allowed
		return f.Message
	}
	if f.ofName {
		return "found the name " + j.found(f) + f.Message
	}
	return "found " + j.described(f.Pointer) + f.Message
}

func (j *judge) missing(pointer string, s *jsonschema.Schema, keyword string, names []string, trigger string) []fault {
	members := j.members(pointer)
	var found []fault
	for _, name := range names {
		if _, ok := members[name]; ok {
			continue
		}
		message := fmt.Sprintf("member %s is missing", quote(name))
		if trigger != "" {
			message += fmt.Sprintf("; it is required with %s", quote(trigger))
		}
		found = append(found, fault{
			Violation: licseal.Violation{Position: at(pointer + "/" + escape(name)), Keyword: keyword, Message: message},
			object:    pointer, member: name, schema: s, absent: true,
		})
	}
	return found
}

// additional returns a fault for each member that "additionalProperties": false
// of s refuses.
func (j *judge) additional(pointer string, s *jsonschema.Schema) []fault {
	var found []fault
	for _, name := range sortedNames(j.members(pointer)) {
		if _, ok := s.Properties[name]; ok || matchesAny(s, name) {
			continue
		}
		found = append(found, j.unknown(pointer, name, s, "additionalProperties"))
	}
	return found
}

func matchesAny(s *jsonschema.Schema, name string) bool {
	for pattern := range s.PatternProperties {
		if pattern.MatchString(name) {
			return true
		}
	}
	return false
}

// unevaluated returns the fault of a member that "unevaluatedProperties": false
// refuses; refused is that false.
func (j *judge) unevaluated(pointer string, refused *jsonschema.Schema) []fault {
	s := j.byLocation()[strings.TrimSuffix(refused.Location, "/unevaluatedProperties")]
	if s == nil {
		return nil
	}
	p := jsontext.Pointer(pointer)
	object, name := string(p.Parent()), p.LastToken()
	f := j.unknown(object, name, s, "unevaluatedProperties")
	if j.knows(s, name) {
		f.UnknownMember, f.consequence = false, true
		f.Message = fmt.Sprintf("member %s is not allowed with the others", quote(name))
	}
	return []fault{f}
}

// knows reports whether s, or a schema that it applies to the same value,
// describes a member of that name.
func (j *judge) knows(s *jsonschema.Schema, name string) bool { return j.knownBy(s)[name] }

func (j *judge) knownBy(s *jsonschema.Schema) map[string]bool {
	if j.known == nil {
		j.known = make(map[*jsonschema.Schema]map[string]bool)
	}
	if j.known[s] == nil {
		j.known[s] = make(map[string]bool)
		for name := range describedBy(inPlace(s)) {
			j.known[s][name] = true
		}
	}
	return j.known[s]
}

func (j *judge) unknown(object, name string, s *jsonschema.Schema, keyword string) fault {
	pointer := object + "/" + escape(name)
	return fault{
		Violation: licseal.Violation{
			Position: at(pointer), Keyword: keyword, UnknownMember: true,
			Message: fmt.Sprintf("unknown member %s", quote(name)), Allowed: allowedMembers(s),
		},
		object: object, member: name, schema: s,
	}
}

// maxNamed bounds how many members a violation names.
const maxNamed = 20

// allowedMembers lists the members that the schema describes by name; "" if there
// are none, or too many.
func allowedMembers(s *jsonschema.Schema) string {
	names := sortedNames(describedBy(inPlace(s)))
	if len(names) == 0 || len(names) > maxNamed {
		return ""
	}
	for i := range names {
		names[i] = quote(names[i])
	}
	return "one of " + strings.Join(names, ", ")
}

// members returns the members of the object at a pointer.
func (j *judge) members(pointer string) map[string]any {
	value := j.value
	for token := range jsontext.Pointer(pointer).Tokens() {
		switch v := value.(type) {
		case map[string]any:
			value = v[token]
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			value = v[i]
		}
	}
	members, _ := value.(map[string]any)
	return members
}

func at(pointer string) licseal.Position { return licseal.Position{Pointer: pointer} }

// unescapeLocation returns an instance location of the library, whose tokens are
// escaped for a URL too, as a JSON Pointer.
func unescapeLocation(location string) string {
	tokens := strings.Split(location, "/")
	for i, token := range tokens {
		if plain, err := url.PathUnescape(token); err == nil {
			tokens[i] = plain
		}
	}
	return strings.Join(tokens, "/")
}
