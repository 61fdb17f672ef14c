package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/datename"
)

// Draft is a schema made from an example payload. What it says about the fields is a
// guess, to be read and corrected by whoever knows them.
type Draft struct {
	Fields []DraftField // at the top level, sorted by name
	Roles  licseal.Roles
	Added  []string // the pointers of the dates that the example lacks
	root   *node
}

// DraftField is one field of a draft.
type DraftField struct {
	Pointer string
	Type    string // of JSON; "" for any
	IsDate  bool
	Role    string // such as "id"; "" if the field has none
}

// node is a JSON Schema as it is written.
type node struct {
	Schema     string           `json:"$schema,omitempty"`
	Type       string           `json:"type,omitempty"`
	Format     string           `json:"format,omitempty"`
	MinLength  int              `json:"minLength,omitempty"`
	Items      *node            `json:"items,omitempty"`
	Required   []string         `json:"required,omitempty"`
	Closed     *bool            `json:"additionalProperties,omitempty"`
	Properties map[string]*node `json:"properties,omitempty"`
	Licseal    *nodeLicseal     `json:"x-licseal,omitempty"`
}

type nodeLicseal struct {
	Roles map[string]string `json:"roles"`
}

// NewDraft makes a schema from an example of a payload. All its fields are required, and
// no others are allowed. roles has the roles that are known; the id and the dates are
// guessed from the names of the fields if it does not name them. A date that the example
// lacks is added. The error says that a role is not a field, or that none looks like the
// id, which is [ErrNoID].
func NewDraft(example licseal.Payload, roles licseal.Roles) (*Draft, error) {
	value, err := decode(example.Bytes())
	if err != nil {
		return nil, err
	}
	d := &Draft{root: nodeOf(value), Roles: roles}
	for _, role := range roleNames {
		pointer := *role.in(&d.Roles)
		if _, ok := example.Field(pointer); pointer != "" && !ok {
			return nil, fmt.Errorf("the example has no field %s", quote(pointer))
		}
	}
	d.guessRoles()
	if d.Roles.ID == "" {
		return nil, ErrNoID
	}
	d.addDate(&d.Roles.NotBefore, "created")
	d.addDate(&d.Roles.NotAfter, "expires")
	d.root.Schema = drafts[0].URL()
	d.root.Licseal = &nodeLicseal{map[string]string{}}
	for _, role := range roleNames {
		if pointer := *role.in(&d.Roles); pointer != "" {
			d.root.Licseal.Roles[role.name] = pointer
		}
	}
	d.list()
	return d, nil
}

// ErrNoID means that no field of an example looks like the id of a licence.
var ErrNoID = fmt.Errorf("no field has a name that looks like the id of the licence")

// JSON returns the text of the schema.
func (d *Draft) JSON() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(d.root); err != nil { // never: it has only texts
		panic(err)
	}
	return b.Bytes()
}

// nodeOf returns a schema that a value matches, and others of its kind.
func nodeOf(value any) *node {
	switch v := value.(type) {
	case map[string]any:
		closed := false
		n := &node{Type: "object", Required: sortedNames(v), Closed: &closed, Properties: map[string]*node{}}
		for name, member := range v {
			n.Properties[name] = nodeOf(member)
		}
		return n
	case []any:
		return &node{Type: "array", Items: itemsOf(v)}
	case string:
		return &node{Type: "string", Format: dateFormat(v)}
	case bool:
		return &node{Type: "boolean"}
	case json.Number:
		if f, err := v.Float64(); err == nil && f == math.Trunc(f) {
			return &node{Type: "integer"}
		}
		return &node{Type: "number"}
	}
	return &node{} // null: it may be anything
}

// itemsOf returns the schema of the elements of an array if they are all of one type.
func itemsOf(elements []any) *node {
	var all *node
	for _, e := range elements {
		n := nodeOf(e)
		if n.Type == "" || n.Type == "object" || n.Type == "array" || all != nil && all.Type != n.Type {
			return nil
		}
		all = &node{Type: n.Type}
	}
	return all
}

// dateFormat returns the format of a text that is a date.
func dateFormat(text string) string {
	if _, err := licseal.ParseDate(text, nil); err != nil {
		return ""
	}
	if len(text) == len("2006-01-02") {
		return "date"
	}
	return "date-time"
}

// The names of fields that say what a licence is, and whose it is, as fold writes them.
var (
	idNames       = []string{"licenseid", "licenceid", "licensekey", "licencekey", "licensenumber", "licencenumber", "serial", "serialnumber", "serialno", "id", "key", "number", "uuid"}
	customerNames = []string{"customer", "customername", "licensee", "licencee", "company", "companyname", "organization", "organisation", "client", "owner"}
	productNames  = []string{"product", "productname", "application", "app"}
	graceNames    = []string{"gracedays", "graceperioddays", "daysofgrace"}
)

// guessRoles finds the roles that are not known by the names of the fields at the top
// level.
func (d *Draft) guessRoles() {
	is := func(types ...string) func(*node) bool {
		return func(n *node) bool { return slices.Contains(types, n.Type) }
	}
	isDate := func(n *node) bool { return n.Format != "" }
	d.guess(&d.Roles.ID, idNames, is("string", "integer"))
	d.guess(&d.Roles.Customer, customerNames, is("string"))
	d.guess(&d.Roles.Product, productNames, is("string"))
	d.guess(&d.Roles.NotBefore, datename.BeginNames, isDate)
	d.guess(&d.Roles.NotAfter, datename.EndNames, isDate)
	d.guess(&d.Roles.GraceDays, graceNames, is("integer"))
	if n := d.root.Properties[strings.TrimPrefix(d.Roles.ID, "/")]; n != nil && n.Type == "string" {
		n.MinLength = 1
	}
}

// guess sets a role that is not known to the field with the first of some names.
func (d *Draft) guess(role *string, names []string, allows func(*node) bool) {
	for _, wanted := range names {
		for _, name := range sortedNames(d.root.Properties) {
			if *role == "" && datename.IsNamed(name, []string{wanted}) && allows(d.root.Properties[name]) {
				*role = "/" + escape(name)
			}
		}
	}
}

// addDate adds a date that the example lacks.
func (d *Draft) addDate(role *string, name string) {
	if *role != "" {
		return
	}
	*role = "/" + name
	d.Added = append(d.Added, *role)
	d.root.Properties[name] = &node{Type: "string", Format: "date"}
	d.root.Required = append(slices.DeleteFunc(d.root.Required, func(s string) bool { return s == name }), name)
	slices.Sort(d.root.Required)
}

func (d *Draft) list() {
	for _, name := range sortedNames(d.root.Properties) {
		n := d.root.Properties[name]
		f := DraftField{Pointer: "/" + escape(name), Type: n.Type, IsDate: n.Format != ""}
		for _, role := range roleNames {
			if *role.in(&d.Roles) == f.Pointer {
				f.Role = role.name
			}
		}
		d.Fields = append(d.Fields, f)
	}
}
