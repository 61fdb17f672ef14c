package schema

import (
	"errors"
	"strings"

	"github.com/licseal/licseal"
)

// Judge judges a payload that somebody else has signed; [Schema.Validate] is for
// a payload that is about to be signed. They differ in one rule: a member of the
// payload that a built-in schema does not describe is a warning, since the
// licence may be newer than this program. A member inside another one, such as
// an entitlement, is refused, because it may restrict what the licence grants. A
// vendor's own schema means what it says.
//
// The error is as that of Validate, without what is a warning. It makes a Schema
// the Fields of package verify.
func (s *Schema) Judge(p licseal.Payload) (warnings []licseal.Violation, refusal error) {
	err := s.Validate(p)
	var broken *Error
	if !s.builtin || !errors.As(err, &broken) || broken.Foreign {
		return nil, err
	}
	kept := *broken
	kept.Violations = nil
	for _, v := range broken.Violations {
		if v.UnknownMember && isTopLevel(p, v.Pointer) {
			warnings = append(warnings, v)
		} else {
			kept.Violations = append(kept.Violations, v)
		}
	}
	if len(kept.Violations) == 0 {
		return warnings, nil
	}
	if len(warnings) > 0 {
		kept.Omitted = 0 // what is only warned of is left out first
	}
	return warnings, &kept
}

// isTopLevel reports whether a pointer into the document that p came from names a
// member of p itself.
func isTopLevel(p licseal.Payload, pointer string) bool {
	member, inside := strings.CutPrefix(pointer, p.Position("").Pointer+"/")
	return inside && !strings.Contains(member, "/")
}

// Builtin reports whether the schema is one of the built-in ones.
func (s *Schema) Builtin() bool { return s.builtin }
