package schema

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/entitlement"
)

// Schema is what a kind of document must look like. It comes from [Builtin],
// [Load] or [Compile]. Several goroutines may use one at the same time.
type Schema struct {
	name    string
	text    []byte // unused for a built-in schema, which has its own file
	builtin bool
	licseal func() annotation // what its "x-licseal" object says

	// cross finds what JSON Schema has no words for; nil if there is nothing.
	cross func(licseal.Payload) []entitlement.Fault

	generated  []Generated // see the method
	timeLayout string      // see TimeLayout
	warnings   []Warning   // see Warnings

	once     sync.Once // guards compiled
	compiled *compiled
}

// Load reads a vendor's schema file. A "$ref" in it may lead to files in the same
// folder or below.
//
// An error of the file system matches [os.ErrNotExist] and the like.
func Load(path string) (*Schema, error) { return LoadChecked(path, nil) }

// LoadChecked is Load for a caller that allows only certain files, or certain
// contents. check gets the path and the bytes of each file that is read, the schema
// itself first, before the bytes are used; an error of check is returned. A nil check
// allows all.
func LoadChecked(path string, check func(path string, text []byte) error) (*Schema, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading a schema: %w", err)
	}
	defer f.Close()
	text, err := readBounded(f)
	if err != nil {
		return nil, fmt.Errorf("reading the schema %s: %w", path, err)
	}
	if check != nil {
		if err := check(path, text); err != nil {
			return nil, err
		}
	}
	return newVendor(path, text, &loader{dir: filepath.Dir(path), check: check})
}

// Compile reads a vendor's schema from memory. Messages call it by the name. A
// "$ref" in it cannot lead to a file.
func Compile(name string, text []byte) (*Schema, error) {
	return newVendor(name, bytes.Clone(text), &loader{})
}

func newVendor(name string, text []byte, l *loader) (*Schema, error) {
	doc, err := l.read(name, text)
	if err != nil {
		return nil, err
	}
	c, err := l.compile(name, doc)
	if err != nil {
		return nil, err
	}
	if !looksLikeSchema(doc) {
		return nil, fmt.Errorf("schema %s: none of its members is a keyword of JSON Schema, so that it would allow anything; is it the right file?", name)
	}
	if err := checkAnnotation(name, doc, c); err != nil {
		return nil, err
	}
	note := readAnnotation(doc)
	l.warnMissingRoles(name, note.roles, c)
	s := &Schema{name: name, text: text, compiled: c, licseal: func() annotation { return note }, warnings: l.warnings}
	s.once.Do(func() {}) // it is compiled
	return s, nil
}

// looksLikeSchema reports whether an object has any effect as a schema. JSON Schema
// ignores unknown members, so that a licence given by mistake would be a schema that
// everything matches.
func looksLikeSchema(doc licseal.Payload) bool {
	keywords := []string{
		"$schema", "$defs", "definitions", "$ref", "$dynamicRef", "type", "enum", "const", "properties", "patternProperties",
		"additionalProperties", "unevaluatedProperties", "propertyNames", "required", "dependentRequired",
		"dependentSchemas", "minProperties", "maxProperties", "allOf", "anyOf", "oneOf", "not", "if",
	}
	return slices.ContainsFunc(keywords, func(keyword string) bool {
		_, ok := doc.Field("/" + keyword)
		return ok
	})
}

// Name returns the name of a built-in schema, the path of a vendor's file, or
// the name given to [Compile].
func (s *Schema) Name() string { return s.name }

// JSON returns the schema's text, as it was read. The caller may change the bytes.
func (s *Schema) JSON() []byte {
	if !s.builtin {
		return bytes.Clone(s.text)
	}
	text, _ := builtinText(s.name) // a copy: a test reads each of them
	return text
}

// Validate checks a payload. If it breaks the schema, the error is an [*Error] that
// lists the violations. Any other error means that the check could not be finished,
// since a vendor's schema makes too much work.
func (s *Schema) Validate(p licseal.Payload) error {
	s.once.Do(s.compileBuiltin)
	err := s.compiled.validate(s.name, p, s.cross)
	if broken, ok := err.(*Error); ok {
		s.markForeign(broken, p)
	}
	return err
}

// MaxDocumentBytes is the size of the largest document that [Schema.ValidateJSON]
// reads.
const MaxDocumentBytes = 4 << 20

// ValidateJSON checks a JSON document such as a licence or an Admin API record. It is
// as strict as for a payload: an object, without duplicate names or numbers that a
// double cannot represent.
//
// The error is a [*licseal.ParseError], or one of [Schema.Validate].
func (s *Schema) ValidateJSON(text []byte) error {
	p, err := licseal.Parser{MaxBytes: MaxDocumentBytes}.ParsePayload(text)
	if err != nil {
		return err
	}
	return s.Validate(p)
}

// maxSchemaBytes is the size of the largest schema file that is read.
const maxSchemaBytes = 256 << 10

// readBounded reads a file, and returns an error if it is too large.
func readBounded(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxSchemaBytes+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxSchemaBytes {
		return nil, fmt.Errorf("it has more than %d bytes, the most that a schema may have", maxSchemaBytes)
	}
	return text, nil
}
