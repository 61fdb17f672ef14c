package schema

import (
	"fmt"

	"github.com/licseal/licseal"
)

// Violation is one fault of a document: one rule of its schema that it breaks.
type Violation struct {
	// Position is where the value stands in the text that was read. For a
	// member that is missing, its Pointer names the member, and Line and
	// Column are those of the object that lacks it.
	licseal.Position

	// Keyword is the JSON Schema keyword of the rule, such as "required"; it is
	// "x-licseal" for a rule between the fields of a built-in schema.
	Keyword string

	// Value is the value found, as JSON text that is cut where it is long and
	// safe to print on a terminal. It is empty where there is none.
	Value string

	// Allowed is what would be right, such as: a string. It is empty where
	// the schema says only what is wrong.
	Allowed string

	// Message says in one sentence what was found and what would be right.
	Message string

	// DidYouMean is the name that was probably meant, for a misspelt member.
	DidYouMean string

	// UnknownMember is set for a member that the schema does not know. It is
	// a lesser fault: a typo when a licence is being made, but perhaps a newer
	// field in a licence that somebody else has made. A misspelt member
	// that must be there is not among these.
	UnknownMember bool
}

// String returns the place and the message, such as
// `3:15 /customer: found the number 5; a string is expected`.
func (v Violation) String() string { return v.Position.String() + ": " + v.Message }

// maxViolations bounds the violations that are reported for one document.
const maxViolations = 100

// Error says that a document breaks its schema, and lists how.
type Error struct {
	// Schema is the name of the schema.
	Schema string

	// Violations are in the order of their places in the text. There is at
	// least one, and at most 100; the lesser ones are left out first.
	Violations []Violation

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
