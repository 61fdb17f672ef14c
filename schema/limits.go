package schema

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// The bounds of the work that a vendor's schema may make. A schema for a licence
// payload stays a hundred times below them.
const (
	maxSchemaFiles   = 16   // files, its own included
	maxSchemaValues  = 4000 // JSON values in all its files together
	maxSchemaName    = 256  // bytes of a member name
	maxCompileWork   = 12000
	maxValidateWork  = 300_000
	maxPointersBytes = 4 << 20
)

// checkSize counts a file's values towards the bounds.
func (l *loader) checkSize(value any) error {
	if l.files++; l.files > maxSchemaFiles {
		return fmt.Errorf("it is one file too many; a schema may have %d", maxSchemaFiles)
	}
	return l.count(value)
}

func (l *loader) count(value any) error {
	if l.values++; l.values > maxSchemaValues {
		return fmt.Errorf("it is too large; a schema may have %d JSON values in all its files", maxSchemaValues)
	}
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			if len(name) > maxSchemaName {
				return fmt.Errorf("the name %s is too long; a name may have %d bytes", quote(name), maxSchemaName)
			}
			if err := l.count(member); err != nil {
				return err
			}
		}
	case []any:
		for _, element := range v {
			if err := l.count(element); err != nil {
				return err
			}
		}
	}
	return nil
}

// meter counts the work of compiling a schema and then of each validation: a
// schema of a few lines can ask for 2^100 steps. It is an extension of the
// compiler, which calls it once for each schema object, and of what that compiles,
// which calls it once for each value that the object is applied to.
type meter struct {
	mu    sync.Mutex // held during a validation
	left  int
	sizes *patternSizes

	patterns []*charge // those of the schema objects with a "pattern"

	// The largest of what the library matches before it is paid for.
	ofNames, ofTexts patternSize
}

// tooMuchWork is the one panic that jsonschema.Schema.Validate turns into an error.
const tooMuchWork = jsonschema.InfiniteLoopError("licseal: too much work")

// Compile implements [jsonschema.ExtCompiler].
func (m *meter) Compile(_ jsonschema.CompilerContext, object map[string]any) (jsonschema.ExtSchema, error) {
	if _, ok := object["regexProperties"]; ok {
		return nil, errors.New(`"regexProperties" is not a keyword of JSON Schema; use propertyNames with the format regex`)
	}
	c := &charge{meter: m, size: 1}
	for _, v := range object {
		switch v := v.(type) {
		case map[string]any:
			c.size += len(v)
		case []any:
			c.size += len(v)
		}
	}
	for _, pattern := range namePatternsOf(object) {
		c.names = c.names.plus(m.sizes.of(pattern))
	}
	if c.names.steps > m.ofNames.steps {
		m.ofNames = c.names
	}
	if pattern, ok := object["pattern"].(string); ok {
		c.text = m.sizes.of(pattern)
		m.patterns = append(m.patterns, c)
	}
	if m.left -= c.size + c.names.compileWork() + c.text.compileWork(); m.left < 0 {
		return nil, errors.New("it makes too much work to compile; refer to each part of it in one way, and split it")
	}
	return c, nil
}

// spend takes work off what is left, and ends the validation if nothing is.
func (m *meter) spend(work int) {
	if m.left -= work; m.left < 0 {
		panic(tooMuchWork)
	}
}

// charge is the cost of one schema object.
type charge struct {
	meter       *meter
	size        int
	names, text patternSize // of "patternProperties" and "pattern"

	// pattern is matched here if it was taken over from the library, which
	// matches first and counts later. It is nil if not.
	pattern *regexp.Regexp
}

// Validate implements [jsonschema.ExtSchema].
func (c *charge) Validate(ctx jsonschema.ValidationContext, value any) error {
	// Each error of the library contains these paths, so a long path costs
	// memory too.
	here := ctx.Error("", "")
	paths := len(here.KeywordLocation) + len(here.AbsoluteKeywordLocation) + len(here.InstanceLocation)
	c.meter.spend(c.size + paths/16)
	switch v := value.(type) {
	case map[string]any:
		for name := range v {
			c.meter.spend(c.names.matchWork(len(name)))
		}
	case string:
		c.meter.spend(len(v)/64 + c.text.matchWork(len(v)))
		if c.pattern != nil && !c.pattern.MatchString(v) {
			return ctx.Error("pattern", "does not match pattern %s", c.pattern)
		}
	}
	return nil
}

// chargeOf returns the charge of a vendor's schema object; nil if it is not one.
func chargeOf(s *jsonschema.Schema) *charge {
	c, _ := s.Extensions["licseal"].(*charge)
	return c
}

// takePatterns moves the patterns of all schemas that a compiled one leads to from
// the library to the charges. The library keeps those that only a $dynamicRef finds.
func (m *meter) takePatterns(root *jsonschema.Schema) {
	for _, s := range reachable(root) {
		if c := chargeOf(s); c != nil && s.Pattern != nil {
			c.pattern, s.Pattern = s.Pattern, nil
		}
	}
	for _, c := range m.patterns {
		if c.pattern == nil && c.text.steps > m.ofTexts.steps {
			m.ofTexts = c.text
		}
	}
}

// checkUnpaid refuses a document on which the library could match an expression for
// longer than all of a validation may take.
func (m *meter) checkUnpaid(value any) error {
	names, longest := textBytes(value)
	if m.ofNames.matchWork(names) > maxValidateWork || m.ofTexts.matchWork(longest) > maxValidateWork {
		return errors.New("the document's texts are too long for the regular expressions that they are matched with")
	}
	return nil
}

// textBytes returns how long all names of members are together, and the longest string.
func textBytes(value any) (names, longest int) {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			n, l := textBytes(member)
			names, longest = names+len(name)+1+n, max(longest, l, len(name))
		}
	case []any:
		for _, element := range v {
			n, l := textBytes(element)
			names, longest = names+n, max(longest, l)
		}
	case string:
		longest = len(v)
	}
	return names, longest
}

// isRegex reports whether a value is a regular expression, or not a string. It only
// parses the expression: nothing is matched with it.
func (m *meter) isRegex(value any) bool {
	text, ok := value.(string)
	if !ok {
		return true
	}
	if len(text) > maxRegexValue {
		return false
	}
	m.spend(20 * len(text))
	_, err := syntax.Parse(text, syntax.Perl)
	return err == nil
}

// run validates value. For a vendor's schema, the work is bounded.
func (c *compiled) run(value any) error {
	if c.meter == nil {
		return c.root.Validate(value)
	}
	if pointersBytes(value, 0) > maxPointersBytes {
		return errors.New("the document's names are too long for the depth that they are at")
	}
	if err := c.meter.checkUnpaid(value); err != nil {
		return err
	}
	c.meter.mu.Lock()
	defer c.meter.mu.Unlock()
	c.meter.left = maxValidateWork
	return c.root.Validate(value)
}

// pointersBytes returns how long the JSON Pointers of all values are together.
func pointersBytes(value any, length int) int {
	total := length
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			total += pointersBytes(member, length+1+len(name))
		}
	case []any:
		for _, element := range v {
			total += pointersBytes(element, length+4)
		}
	}
	return total
}
