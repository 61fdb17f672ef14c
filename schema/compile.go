package schema

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/licseal/licseal"
)

// compiled is a schema that is ready to judge documents.
type compiled struct {
	root  *jsonschema.Schema
	meter *meter // nil for a built-in schema

	// byLocation finds a schema by its Location. It has nil if several have the same.
	byLocation func() map[string]*jsonschema.Schema
}

func newCompiled(root *jsonschema.Schema, m *meter) *compiled {
	return &compiled{root, m, sync.OnceValue(func() map[string]*jsonschema.Schema {
		found := make(map[string]*jsonschema.Schema)
		for _, s := range reachable(root) {
			if _, taken := found[s.Location]; taken {
				found[s.Location] = nil
				continue
			}
			found[s.Location] = s
		}
		return found
	})}
}

// newCompiler returns a compiler that reads other schemas only through load. Its
// date formats accept what [licseal.Payload.Period] can read, so that no payload
// matches its schema and then fails on a leap second, say.
func newCompiler(load func(url string) (io.ReadCloser, error)) *jsonschema.Compiler {
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft2020
	c.AssertFormat = true
	c.ExtractAnnotations = true // the examples
	c.LoadURL = load
	c.Formats["date"] = func(v any) bool { return isDate(v, true) }
	c.Formats["date-time"] = func(v any) bool { return isDate(v, false) }
	return c
}

// isDate reports whether v is a date or, if day is false, a time. A value that is
// not a string passes: the keyword type is for that.
func isDate(v any, day bool) bool {
	text, ok := v.(string)
	if !ok {
		return true
	}
	_, err := licseal.ParseDate(text, nil)
	return err == nil && (len(text) == len("2006-01-02")) == day
}

// compileBuiltin compiles a built-in schema. A test compiles each of them.
func (s *Schema) compileBuiltin() {
	root := builtinRoot(s.name)
	skipRefs(root)
	shortenDates(root)
	s.compiled = newCompiled(root, nil)
}

// builtinRoot returns a built-in schema as the library compiles it.
func builtinRoot(name string) *jsonschema.Schema {
	c := newCompiler(func(url string) (io.ReadCloser, error) {
		text, ok := builtinByURL(url)
		if !ok {
			return nil, fmt.Errorf("no built-in schema is %s", url)
		}
		return io.NopCloser(bytes.NewReader(text)), nil
	})
	return c.MustCompile(builtinBase + name + ".json")
}

// skipRefs replaces each property that is a $ref by what it refers to, which saves a
// step of the validator. Next to a $ref, a built-in schema has only a title and a
// description; a test checks that.
func skipRefs(s *jsonschema.Schema) {
	for name, property := range s.Properties {
		if property.Ref != nil {
			s.Properties[name] = property.Ref
		}
	}
}

// shortenDates saves two steps of the validator for each date, which are a tenth of the
// work of verifying a licence in bulk: schemas that choose the format of a date by its
// length get a dateChoice instead of their "if".
func shortenDates(root *jsonschema.Schema) {
	for _, s := range reachable(root) {
		if s.If != nil && s.Then != nil && s.Else != nil &&
			s.If.MaxLength == len(time.DateOnly) && s.Then.Format == "date" && s.Else.Format == "date-time" {
			s.Extensions = map[string]jsonschema.ExtSchema{"dates": dateChoice{s.Then, s.Else}}
			s.If = nil // Then and Else without it have no meaning for the library
		}
	}
}

// dateChoice judges a string by the format "date" if it has at most ten characters, and
// otherwise by "date-time". What is neither goes to the library, which finds the words.
type dateChoice struct{ short, long *jsonschema.Schema }

func (d dateChoice) Validate(ctx jsonschema.ValidationContext, value any) error {
	text, isString := value.(string)
	switch {
	case !isString || isDate(text, true) || isDate(text, false):
		return nil
	case utf8.RuneCountInString(text) <= len(time.DateOnly):
		return ctx.Validate(d.short, "then", value, "")
	}
	return ctx.Validate(d.long, "else", value, "")
}

// compile compiles a vendor's schema that read has accepted.
func (l *loader) compile(name string, doc licseal.Payload) (c *compiled, err error) {
	defer func() {
		// The library should not panic after the checks of read, but a schema
		// may come from anywhere.
		if r := recover(); r != nil {
			c, err = nil, fmt.Errorf("schema %s: the JSON Schema compiler failed on it: %v", name, r)
		}
	}()
	m := &meter{left: maxCompileWork, sizes: &l.patterns}
	compiler := newCompiler(l.open)
	compiler.Formats["regex"] = m.isRegex
	compiler.RegisterExtension("licseal", nil, m)
	entry := l.entryURL(name)
	if err := compiler.AddResource(entry, bytes.NewReader(doc.Bytes())); err != nil {
		return nil, fmt.Errorf("schema %s: %v", name, err)
	}
	root, err := compiler.Compile(entry)
	if err != nil {
		return nil, compileError(name, err)
	}
	m.takePatterns(root)
	return newCompiled(root, m), nil
}

// compileError rewords an error of the library.
func compileError(name string, err error) error {
	var outer *jsonschema.SchemaError
	if errors.As(err, &outer) && outer.Err != nil {
		err = outer.Err
	}
	if own := (*loadError)(nil); errors.As(err, &own) {
		return fmt.Errorf("schema %s: %w", name, own.err)
	}
	text := strings.TrimPrefix(err.Error(), "jsonschema: ")
	if loop, ok := strings.CutPrefix(text, "infinite loop "); ok {
		text = "a $ref leads back to itself: " + loop
	}
	return fmt.Errorf("schema %s: %s", name, printable(strings.ReplaceAll(text, besideBase, "")))
}

// drafts are the drafts of JSON Schema that a vendor's file may be written in.
var drafts = []*jsonschema.Draft{jsonschema.Draft2020, jsonschema.Draft2019, jsonschema.Draft7}

// draftName returns the name of a draft as people know it.
func draftName(d *jsonschema.Draft) string {
	switch d {
	case jsonschema.Draft7:
		return "draft 07"
	case jsonschema.Draft2019:
		return "draft 2019-09"
	}
	return "draft 2020-12"
}

// draftOf returns the draft that a "$schema" names.
func draftOf(uri string) (*jsonschema.Draft, bool) {
	uri = strings.TrimSuffix(uri, "#")
	i := slices.IndexFunc(drafts, func(d *jsonschema.Draft) bool {
		return strings.TrimPrefix(uri, "http://") == strings.TrimPrefix(d.URL(), "https://") || uri == d.URL()
	})
	if i < 0 {
		return nil, false
	}
	return drafts[i], true
}

// metaSchema returns the schema that the schemas of a draft must obey.
func metaSchema(d *jsonschema.Draft) (*compiled, error) {
	root, err := newCompiler(loadNothing).Compile(d.URL()) // it is in the library
	if err != nil {
		return nil, err
	}
	return newCompiled(root, nil), nil
}

func loadNothing(url string) (io.ReadCloser, error) {
	return nil, fmt.Errorf("%s is not in the library", url)
}
