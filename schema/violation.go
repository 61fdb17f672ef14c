package schema

import (
	"fmt"

	"github.com/licseal/licseal"
)

// maxViolations bounds the violations that are reported for one document.
const maxViolations = 100

// Error says that a document breaks its schema, and lists how.
type Error struct {
	// Schema is the name of the schema.
	Schema string

	// Violations are in the order of their places in the text. There is at
	// least one, and at most 100; the lesser ones are left out first.
	Violations []licseal.Violation

	// Omitted is how many more there are.
	Omitted int
}

// Error names the first violation, and how many more there are.
func (e *Error) Error() string {
	text := fmt.Sprintf("schema %s: %s", e.Schema, e.Violations[0])
	switch more := len(e.Violations) - 1 + e.Omitted; more {
	case 0:
		return text
	case 1:
		return text + " (and 1 more violation)"
	default:
		return fmt.Sprintf("%s (and %d more violations)", text, more)
	}
}

// UnknownOnly reports whether all that is wrong is members that the schema does
// not know. Who makes a licence refuses these too; who judges a licence that
// somebody else has made may choose to mention them only.
func (e *Error) UnknownOnly() bool {
	for _, v := range e.Violations {
		if !v.UnknownMember {
			return false
		}
	}
	return true
}
