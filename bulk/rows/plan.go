package rows

import (
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/schema"
)

// Plan is how rows become payloads. The zero value signs payloads as they are.
type Plan struct {
	Template licseal.Payload // the fields that a row lacks
	Schema   *schema.Schema  // what the payloads must look like; if nil, fields are not checked
	Created  string          // the creation date of all rows; "" if each row has its own
	Expires  string          // the expiration date of all rows, as [edit.Expiry] takes it; "" likewise

	// DefaultExpires is the expiration date of rows that have none, if Expires is empty.
	DefaultExpires string

	// Complete gives a row without a creation date the date Today, even if rows
	// are whole payloads. Rows of a table always get it.
	Complete bool

	// Make lets a table lack the columns of what [schema.Schema.Generated] lists, such as
	// an id. [Builder.PayloadWith] then sets these fields.
	Make bool

	// AllowOddID accepts ids that nobody could type; see [licseal.CheckID].
	AllowOddID bool

	// AllowShortTerm accepts licences that are valid for a day or less.
	AllowShortTerm bool

	// How the text of the batch is read. The zero values are found out, or are an
	// error if they are in doubt.
	Encoding   Encoding   // of the text
	Delimiter  Delimiter  // between the cells of a table
	DateFormat DateFormat // of the cells that are dates
	Map        []Mapping  // names of columns, and the fields that they set

	// Found is what [Look] found in the whole batch. If nil, only the beginning of the
	// batch decides, and each date is read without a look at the others.
	Found *Found
}

// Check returns an error, an [*edit.Error], if the dates cannot be set in any payload.
func (p *Plan) Check() error {
	return edit.Dates{Created: p.Created, Expires: p.Expires, DefaultExpires: p.DefaultExpires}.Check()
}

// Roles returns which fields have the id and the dates.
func (p *Plan) Roles() licseal.Roles {
	var roles licseal.Roles
	if p.Schema != nil {
		roles = p.Schema.Roles()
	}
	return roles.WithDefaults()
}
