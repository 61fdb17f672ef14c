package schema

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/licseal/licseal"
)

// review checks the keywords of a schema file on which licseal is stricter than JSON
// Schema.
type review struct {
	refs    []keyword
	formats []keyword
	ids     []string // every "$id" in the file
}

// keyword is the text of one keyword and its JSON Pointer in the file.
type keyword struct{ text, pointer string }

// walk reviews a value that is a schema, or may hold one.
func (r *review) walk(value any, pointer string) {
	switch v := value.(type) {
	case map[string]any:
		for _, name := range sortedNames(v) {
			r.keyword(name, v[name], pointer+"/"+escape(name))
		}
	case []any:
		for i, element := range v {
			r.walk(element, pointer+"/"+strconv.Itoa(i))
		}
	}
}

func (r *review) keyword(name string, value any, pointer string) {
	text, _ := value.(string)
	switch name {
	case "const", "enum", "examples", "default", "x-licseal": // data, whose members are no keywords
	case "$ref", "$dynamicRef", "$recursiveRef":
		r.refs = append(r.refs, keyword{text, pointer})
	case "format":
		r.formats = append(r.formats, keyword{text, pointer})
	case "$id":
		r.ids = append(r.ids, strings.TrimSuffix(text, "#"))
	case "properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies":
		members, _ := value.(map[string]any) // their names are no keywords
		for _, name := range sortedNames(members) {
			r.walk(members[name], pointer+"/"+escape(name))
		}
	default:
		r.walk(value, pointer)
	}
}

// check returns an error for the first fault in the text.
func (r *review) check(name string, doc licseal.Payload) error {
	var first error
	var at licseal.Position
	note := func(k keyword, err error) {
		p := doc.Position(k.pointer)
		if first == nil || p.Line < at.Line || p.Line == at.Line && p.Column < at.Column {
			first, at = err, p
		}
	}
	for _, ref := range r.refs {
		if err := r.checkTarget(ref.text); err != nil {
			note(ref, err)
		}
	}
	for _, format := range r.formats {
		if err := checkFormat(format.text); err != nil {
			note(format, err)
		}
	}
	if first == nil {
		return nil
	}
	return fmt.Errorf("schema %s: %s: %v", name, at, first)
}

// checkFormat refuses a format that would not be checked.
func checkFormat(format string) error {
	names := sortedNames(jsonschema.Formats)
	if slices.Contains(names, format) {
		return nil
	}
	hint := "there are " + strings.Join(names, ", ")
	if meant := nearest(format, names); meant != "" {
		hint = fmt.Sprintf("did you mean %q?", meant)
	}
	return fmt.Errorf("the format %s is unknown, so it would not be checked; %s", quote(format), hint)
}

// checkTarget returns an error for a reference that cannot be allowed. readFile makes
// further checks on the others.
func (r *review) checkTarget(target string) error {
	u, err := url.Parse(target)
	if err != nil {
		return refusal(target)
	}
	whole, _, _ := strings.Cut(target, "#")
	switch {
	case whole == "" || slices.Contains(r.ids, whole):
		return nil // in this file
	case strings.HasPrefix(whole, "https://json-schema.org/draft/") || strings.HasPrefix(whole, "http://json-schema.org/draft-"):
		return nil // JSON Schema's own, which the library has
	case u.IsAbs():
		if _, ok := builtinByURL(whole); ok {
			return nil
		}
		return refusal(target)
	case u.Host != "", u.RawQuery != "", path.IsAbs(u.Path), strings.Contains(u.Path, `\`),
		slices.Contains(strings.Split(u.Path, "/"), ".."):
		return refusal(target)
	}
	return nil
}

// refusal returns the error for a reference that is not followed.
func refusal(target string) error {
	return fmt.Errorf("the $ref %s is not followed: it may lead to a place in this file (#/$defs/…), to a built-in schema, or to a file in the same folder or below, by a relative path without \"..\"; nothing else is read, and nothing is fetched", quote(target))
}

// escape returns a name as a reference token of a JSON Pointer (RFC 6901).
func escape(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
