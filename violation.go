package licseal

import "fmt"

// Violation is one rule of a schema that a payload breaks.
type Violation struct {
	// Position is where the value is in the text that was read. For a
	// member that is missing, its Pointer names the member, and Line and
	// Column are those of the object that lacks it.
	Position

	// Keyword is the JSON Schema keyword of the rule, such as "required"; it is
	// "x-licseal" for a rule between the fields of a built-in schema.
	Keyword string

	// Value is the value found, as JSON text that is cut if it is long and safe to
	// print on a terminal. It is empty if there is no value.
	Value string

	// Allowed is what the schema expects, such as: a string. It is empty if the
	// schema says only what is wrong.
	Allowed string

	// Message says in one sentence what was found and what is expected.
	Message string

	// DidYouMean is the name that was probably meant by a misspelt member.
	DidYouMean string

	// UnknownMember is set for a member that the schema does not define: a typo in
	// a licence that is being made, but perhaps a newer field in a licence that
	// somebody else made. It is not set for a misspelt required member.
	UnknownMember bool
}

// String returns the place and the message, such as
// `3:15 /customer: found the number 5; a string is expected`.
func (v Violation) String() string { return v.Position.String() + ": " + v.Message }

// SchemaError says that a document breaks its schema, and how. Package schema makes it.
type SchemaError struct {
	// Schema is the name of the schema.
	Schema string

	// Violations are in the order of their places in the text. There are 1 to
	// 100 of them; if there are more, unknown members are left out first.
	Violations []Violation

	// Omitted is the number of those left out.
	Omitted int

	// Foreign is set if the payload was made for another schema: at least half of its
	// members are unknown, and at least half of those that are required are missing.
	Foreign bool
}

// Error names the first violation, and how many more there are. Of a payload that was
// made for another schema, it says that.
func (e *SchemaError) Error() string {
	if e.Foreign {
		return fmt.Sprintf("its fields are not those of the schema %s", e.Schema)
	}
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
