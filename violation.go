package licseal

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
