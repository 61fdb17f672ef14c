package rows

// FieldError is an error in the fields of a row.
type FieldError struct {
	Pointer string // the field, or "" if the error is about the row
	Detail  string
}

func (e *FieldError) Error() string {
	if e.Pointer == "" {
		return e.Detail
	}
	return e.Pointer + ": " + e.Detail
}
