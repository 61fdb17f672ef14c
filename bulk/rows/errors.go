package rows

import "strings"

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

// Setting is something that is found out about a batch unless it is given.
type Setting string

// The settings, named after the flags of the command line that take them.
const (
	SettingEncoding   Setting = "encoding"    // Plan.Encoding
	SettingDelimiter  Setting = "delimiter"   // Plan.Delimiter
	SettingDateFormat Setting = "date-format" // Plan.DateFormat
)

// DoubtError says that a batch can be read in two ways. Nothing has been made of it.
type DoubtError struct {
	Setting Setting  // what decides; "" if only a change of the file does
	Values  []string // the values of the setting that are possible
	Detail  string   // both readings
}

func (e *DoubtError) Error() string { return e.Detail }

// HeaderError lists everything that is wrong with the header of a table.
type HeaderError struct {
	Problems []string
	Unknown  []string // the names of columns that are not fields
}

func (e *HeaderError) Error() string { return "the header: " + strings.Join(e.Problems, "; ") }

// WorkbookError says that a batch is a workbook and not a text.
type WorkbookError struct{ Kind string }

func (e *WorkbookError) Error() string {
	return "this is a workbook (" + e.Kind + "), not a text; export the sheet as CSV"
}
