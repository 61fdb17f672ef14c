package schema

import (
	"io"
	"slices"
)

// Generated is a field whose value is generated when a payload is made, such as a
// random id.
type Generated struct {
	Pointer string        // JSON Pointer into the payload
	New     func() string // returns a new value

	// From returns the value that random bytes make. It is an error if there are too few
	// of them; 256 are enough.
	From func(random io.Reader) (string, error)
}

// Generated returns the fields that are generated if a new payload lacks them; nil
// if there are none.
func (s *Schema) Generated() []Generated { return slices.Clone(s.generated) }

// TimeLayout returns the layout, as for [time.Time.Format], in which the schema
// requires the dates of a payload; "" if it accepts several.
func (s *Schema) TimeLayout() string { return s.timeLayout }
