package licseal

// Violation is one fault of a payload: one rule of its schema that it breaks.
type Violation struct {
	// Position is where the value is in the text that was read. For a
	// member that is missing, its Pointer names the member, and Line and
	// Column are those of the object that lacks it.
	Position

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
