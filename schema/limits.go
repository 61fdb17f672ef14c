package schema

import (
	"errors"
	"fmt"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// The bounds of the work that a vendor's schema may cause. A schema for a
// licence payload stays a hundred times below them.
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
// compiler, which calls it once per schema object, and of what that compiles,
// which calls it once for each value that the object is applied to.
type meter struct {
	mu   sync.Mutex // held for a validation
	left int
}

// tooMuchWork is the one panic that jsonschema.Schema.Validate turns into an error.
const tooMuchWork = jsonschema.InfiniteLoopError("licseal: too much work")

// Compile implements [jsonschema.ExtCompiler].
func (m *meter) Compile(_ jsonschema.CompilerContext, object map[string]any) (jsonschema.ExtSchema, error) {
	size := 1
	for _, v := range object {
		switch v := v.(type) {
		case map[string]any:
			size += len(v)
		case []any:
			size += len(v)
		}
	}
	if m.left -= size; m.left < 0 {
		return nil, errors.New("it makes too much work to compile; refer to each part of it in one way, and split it")
	}
	return &charge{m, size}, nil
}

// charge is the cost of one schema object.
type charge struct {
	meter *meter
	size  int
}

// Validate implements [jsonschema.ExtSchema].
func (c *charge) Validate(ctx jsonschema.ValidationContext, _ any) error {
	// Each error that the library makes holds these paths, so a long path
	// costs memory too.
	here := ctx.Error("", "")
	paths := len(here.KeywordLocation) + len(here.AbsoluteKeywordLocation) + len(here.InstanceLocation)
	if c.meter.left -= c.size + paths/16; c.meter.left < 0 {
		panic(tooMuchWork)
	}
	return nil
}

// run validates value, within bounds where the schema is a vendor's.
func (c *compiled) run(value any) error {
	if c.meter == nil {
		return c.root.Validate(value)
	}
	if pointersBytes(value, 0) > maxPointersBytes {
		return errors.New("the document's names are too long for the depth that they stand at")
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
