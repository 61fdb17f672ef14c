package rows

import (
	"slices"

	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/schema"
)

// made returns the fields that are made for each row of a table: no column sets them,
// and neither does the template.
func (p *Plan) made(columns []Column) []schema.Generated {
	if !p.Make || p.Schema == nil {
		return nil
	}
	return slices.DeleteFunc(p.Schema.Generated(), func(f schema.Generated) bool {
		_, inTemplate := p.Template.Field(f.Pointer)
		return inTemplate || slices.ContainsFunc(columns, func(c Column) bool { return isWithin(c.Pointer, f.Pointer) })
	})
}

// makes reports whether a field is made if no column sets it.
func (p *Plan) makes(pointer string) bool {
	return slices.ContainsFunc(p.made(nil), func(f schema.Generated) bool { return f.Pointer == pointer })
}

// Made returns the fields that [Builder.PayloadWith] makes for each row; nil if there are none.
func (b *Builder) Made() []schema.Generated { return slices.Clone(b.made) }

// setMade sets the fields that are made.
func (b *Builder) setMade(o object, nested []edit.Change, value func(schema.Generated) string) (object, []edit.Change) {
	if value == nil {
		return o, nested
	}
	for _, f := range b.made {
		if member, ok := memberOf(f.Pointer); ok {
			o = o.setText(member, value(f))
		} else {
			nested = append(nested, edit.Change{Pointer: f.Pointer, Value: value(f)})
		}
	}
	return o, nested
}
