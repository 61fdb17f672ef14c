package schema

import (
	"fmt"

	"github.com/licseal/licseal"
)

// maxViolations bounds the violations that are reported for one document.
const maxViolations = 100

// Error says that a document breaks its schema, and how.
type Error struct {
	// Schema is the name of the schema.
	Schema string

	// Violations are in the order of their places in the text. There are 1 to
	// 100 of them; if there are more, unknown members are left out first.
	Violations []licseal.Violation

	// Omitted is the number of those left out.
	Omitted int

	// Foreign is set if the payload was made for another schema: at least half of its
	// members are unknown, and at least half of those that are required are missing.
	Foreign bool
}

// Error names the first violation, and how many more there are. Of a payload that was
// made for another schema, it says that.
func (e *Error) Error() string {
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
