package schema

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/licseal/licseal"
)

// readRoles reads the "x-licseal" object of a vendor's schema.
func readRoles(name string, doc licseal.Payload, c *compiled) (licseal.Roles, error) {
	shape, err := Builtin("x-licseal")
	if err != nil {
		return licseal.Roles{}, err
	}
	if err := shape.Validate(doc); err != nil {
		return licseal.Roles{}, faultIn(name, err)
	}
	var roles licseal.Roles
	for _, role := range []struct {
		name   string
		target *string
	}{
		{"id", &roles.ID},
		{"customer", &roles.Customer},
		{"product", &roles.Product},
		{"not_before", &roles.NotBefore},
		{"not_after", &roles.NotAfter},
		{"grace_days", &roles.GraceDays},
	} {
		at := "/x-licseal/roles/" + role.name
		pointer, ok := doc.Text(at)
		if !ok {
			continue
		}
		if detail := c.undescribed(pointer); detail != "" {
			return licseal.Roles{}, fmt.Errorf("schema %s: %s: the role %s is %s, but %s", name, doc.Position(at), role.name, quote(pointer), detail)
		}
		*role.target = pointer
	}
	return roles, nil
}

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
