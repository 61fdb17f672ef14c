package schema

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

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

// undescribed says why a pointer leads to no field that the schema describes;
// such a role is a typo that would make every licence unreadable. It returns ""
// where all is well, also below an object whose members the schema leaves open.
func (c *compiled) undescribed(pointer string) string {
	schemas := inPlace(c.root)
	for token := range jsontext.Pointer(pointer).Tokens() {
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

// faultIn makes an error about a schema of an error that another schema, which
// describes schemas, gave about its text. It is no [*Error], which would read as
// if a payload were at fault.
func faultIn(name string, err error) error {
	var broken *Error
	if !errors.As(err, &broken) {
		return fmt.Errorf("schema %s: %v", name, err)
	}
	named := *broken
	named.Schema = name
	return errors.New(named.Error())
}
