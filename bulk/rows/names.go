package rows

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/internal/fieldname"
	"github.com/licseal/licseal/schema"
)

// Mapping says which field the cells of a column set.
type Mapping struct {
	Column   string // the name in the header; case, blanks and underscores do not matter
	Field    string // as 'licseal sign --set' names it; "" if the column is left out
	Optional bool   // a table may lack the column
}

// ParseMapping reads a mapping such as "Company Name=customer". "Notes=" leaves the
// column out.
func ParseMapping(text string) (Mapping, error) {
	i := strings.LastIndexByte(text, '=')
	if strings.TrimSpace(text[:max(i, 0)]) == "" {
		return Mapping{}, fmt.Errorf("%q: write it as COLUMN=FIELD, or as COLUMN= to leave the column out", text)
	}
	m := Mapping{Column: strings.TrimSpace(text[:i]), Field: strings.TrimSpace(text[i+1:])}
	field := strings.TrimSuffix(m.Field, ":")
	if _, ok := fieldname.Pointer(field); !ok || !utf8.ValidString(text) || field == "" && m.Field != "" {
		return Mapping{}, fmt.Errorf("%q: %q is not the name of a field", text, m.Field)
	}
	return m, nil
}

// fieldNames finds the fields that the names in a header mean.
type fieldNames struct {
	rules    *schema.Schema // may be nil
	schema   string
	known    []string            // the pointers of all fields that are known
	folded   map[string][]string // the same by their names in lower case, without separators
	mappings []Mapping
	required []string // the pointers that columns must set
}

func newFieldNames(plan *Plan) *fieldNames {
	n := &fieldNames{rules: plan.Schema, mappings: plan.Map, folded: map[string][]string{}}
	if plan.Schema != nil {
		n.schema, n.known = plan.Schema.Name(), plan.Schema.Fields()
	}
	for name := range edit.Members(plan.Template.Bytes()) {
		n.known = append(n.known, string(jsontext.Pointer("").AppendToken(name)))
	}
	roles := plan.Roles()
	if plan.Schema == nil {
		n.known = append(n.known, roles.ID, roles.NotBefore, roles.NotAfter)
	}
	for _, pointer := range n.known {
		key := n.fold(pointer)
		if !slices.Contains(n.folded[key], pointer) {
			n.folded[key] = append(n.folded[key], pointer)
		}
	}
	if plan.Schema != nil {
		n.required = slices.DeleteFunc(plan.Schema.Required(), func(pointer string) bool {
			_, inTemplate := plan.Template.Field(pointer)
			return inTemplate || plan.makes(pointer) || isWithin(roles.NotBefore, pointer) || plan.Expires+plan.DefaultExpires != "" && isWithin(roles.NotAfter, pointer)
		})
	}
	return n
}

// isWithin reports whether a pointer is that of a field, or of a field within it.
func isWithin(pointer, field string) bool {
	return pointer == field || strings.HasPrefix(pointer, field+"/")
}

// fold makes names equal that differ in case, blanks, underscores, dots and the like.
func (n *fieldNames) fold(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || strings.ContainsRune("_-./", r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

// find returns the pointers of the fields that a name may mean: the one that it names
// exactly, or else all whose names are equal but for case, blanks and underscores.
func (n *fieldNames) find(name string) []string {
	if pointer, ok := fieldname.Pointer(name); ok && slices.Contains(n.known, pointer) {
		return []string{pointer}
	}
	return n.folded[n.fold(name)]
}

// mapping returns the mapping of a column. One that is not optional has precedence.
func (n *fieldNames) mapping(column string) (Mapping, bool) {
	for _, same := range []func(m Mapping) bool{
		func(m Mapping) bool { return !m.Optional && m.Column == column },
		func(m Mapping) bool { return !m.Optional && n.fold(m.Column) == n.fold(column) },
		func(m Mapping) bool { return m.Column == column },
		func(m Mapping) bool { return n.fold(m.Column) == n.fold(column) },
	} {
		if i := slices.IndexFunc(n.mappings, same); i >= 0 {
			return n.mappings[i], true
		}
	}
	return Mapping{}, false
}

func (n *fieldNames) isMapped(column string) bool {
	_, ok := n.mapping(column)
	return ok
}

// refuses reports whether the schema refuses a field by its name.
func (n *fieldNames) refuses(pointer string) bool {
	return n.rules != nil && n.rules.Refuses(pointer)
}

// nearest returns the field that a misspelt name probably means, "" if none is alike.
func (n *fieldNames) nearest(name string) string {
	var names []string
	for _, pointer := range n.known {
		names = append(names, strings.ReplaceAll(strings.TrimPrefix(pointer, "/"), "/", "."))
	}
	return schema.Nearest(name, names)
}
