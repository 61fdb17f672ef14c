package rows

import (
	"errors"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/schema"
)

// Builder makes payloads of rows. It is safe for concurrent use, except for
// SetToday.
type Builder struct {
	reader   Reader
	columns  []column       // nil if rows are whole payloads
	defaults object         // the fields of the template
	rules    *schema.Schema // may be nil
	roles    licseal.Roles
	created  string // the creation date of all rows, or ""
	missing  string // the creation date of a row without one, or ""
	expires  string // the expiration date of all rows, or ""
	lacking  string // the expiration date of a row without one, or ""
	complete bool
	made     []schema.Generated // what each row gets anew
}

// column is what the cells of a column set.
type column struct {
	Column
	member  string // the member of the payload, or "" for a field within one
	old     []byte // the JSON text that the template has there, or nil
	kind    cellKind
	formats []DateFormat // that its dates may have; nil if any
	isID    bool         // an id is looked at for mistakes
}

// NewBuilder returns a builder for the rows of r.
func NewBuilder(r Reader, plan *Plan) (*Builder, error) {
	b := &Builder{
		reader: r, rules: plan.Schema, roles: plan.Roles(),
		created: plan.Created, expires: plan.Expires, lacking: plan.DefaultExpires,
		complete: plan.Complete || r.Columns() != nil,
	}
	if r.Columns() != nil {
		b.made = plan.made(r.Columns())
	}
	var err error
	if b.defaults, err = parseObject(plan.Template.Bytes()); err != nil {
		return nil, err
	}
	for _, c := range r.Columns() {
		b.columns = append(b.columns, newColumn(c, plan))
	}
	return b, nil
}

func newColumn(c Column, plan *Plan) column {
	name, _ := memberOf(c.Pointer)
	col := column{Column: c, member: name, kind: kindOf(c, plan)}
	col.old, _ = plan.Template.Field(c.Pointer)
	col.isID = c.Pointer == plan.Roles().ID && !plan.AllowOddID
	switch {
	case plan.DateFormat != "":
		col.formats = []DateFormat{plan.DateFormat}
	case plan.Found != nil:
		col.formats = plan.Found.formats[c.Pointer]
	}
	return col
}

// UsesToday reports whether a payload may get the date given to SetToday.
func (b *Builder) UsesToday() bool {
	return b.created == edit.Today || b.created == "" && b.complete
}

// SetToday sets the date, such as 2026-12-31, that a creation date of "today"
// means. It must be called before Payload if UsesToday.
func (b *Builder) SetToday(date string) {
	if b.created == edit.Today {
		b.created = date
	} else if b.created == "" && b.complete {
		b.missing = date
	}
}

// memberOf returns the member of the payload that a pointer names. It returns
// false if the pointer names a field within a member.
func memberOf(pointer string) (string, bool) {
	p := jsontext.Pointer(pointer)
	if p == "" || p.Parent() != "" {
		return "", false
	}
	return p.LastToken(), true
}

// ErrUnreadable is the error of a row without text: [Row] Err says why.
var ErrUnreadable = errors.New("the row cannot be read")

// Payload returns the payload of a row. If the row cannot become a payload, the
// error joins everything that is wrong with it, each a [*FieldError] or a
// [*licseal.DateError]; the payload then has the fields that could be set.
func (b *Builder) Payload(text []byte) (licseal.Payload, error) { return b.PayloadWith(text, nil) }

// PayloadWith does the same, and sets the fields of Made to what value returns. If value
// is nil, they are left out.
func (b *Builder) PayloadWith(text []byte, value func(schema.Generated) string) (licseal.Payload, error) {
	if len(text) == 0 {
		return licseal.Payload{}, ErrUnreadable
	}
	content, err := b.reader.Content(text)
	if err != nil {
		return licseal.Payload{}, err
	}
	if b.columns != nil {
		return b.fromCells(content.Cells, value)
	}
	return b.fromPayload(content.Payload)
}

func (b *Builder) fromPayload(p licseal.Payload) (licseal.Payload, error) {
	if err := edit.CheckPayload(p); err != nil {
		return licseal.Payload{}, err
	}
	if len(b.defaults) == 0 && b.created == "" && b.expires == "" && b.lacking == "" && b.missing == "" {
		return p, nil
	}
	o, err := parseObject(p.Bytes())
	if err != nil {
		return licseal.Payload{}, err
	}
	if o, err = o.withDefaults(b.defaults); err != nil {
		return licseal.Payload{}, err
	}
	return b.finish(o, nil, nil)
}

// fromCells makes the payload of one row of a table. A cell that sets nothing
// leaves the field as the template has it.
func (b *Builder) fromCells(cells []Cell, made func(schema.Generated) string) (licseal.Payload, error) {
	o := slices.Clone(b.defaults)
	var nested []edit.Change
	var bad []*FieldError
	for i, c := range b.columns {
		if cells[i].Unset || c.Pointer == "" {
			continue
		}
		value, err := c.value(cells[i].Text)
		switch {
		case err == nil && value == nil:
		case err != nil:
			bad = append(bad, err)
		case c.member == "":
			nested = append(nested, edit.Change{Pointer: c.Pointer, Value: string(value), JSON: true})
		default:
			o = o.set(c.member, value)
		}
	}
	o, nested = b.setMade(o, nested, made)
	return b.finish(o, nested, bad)
}

// finish makes a payload of a row's members and nested fields. If some field of the
// row could not be set, the error also lists what else is wrong with the payload.
func (b *Builder) finish(o object, nested []edit.Change, bad []*FieldError) (licseal.Payload, error) {
	p, err := b.setDates(o, nested)
	if err == nil && b.rules != nil {
		p, err = edit.NormalizeDates(p, b.rules)
	}
	if err == nil && len(bad) == 0 {
		return p, nil
	}
	var all []error
	var known []string // the fields that have an error already
	for _, e := range bad {
		all, known = append(all, e), append(known, e.Pointer)
	}
	if err != nil {
		all, known = append(all, err), append(known, b.roles.NotAfter)
	}
	if !p.Equal(licseal.Payload{}) {
		all = append(all, b.otherErrors(p, known)...)
	}
	return p, errors.Join(all...)
}

// otherErrors returns what is wrong with a payload, except for the known fields.
func (b *Builder) otherErrors(p licseal.Payload, known []string) (all []error) {
	var broken *schema.Error
	if b.rules != nil && errors.As(b.rules.Validate(p), &broken) {
		for _, v := range broken.Violations {
			if !slices.Contains(known, v.Pointer) {
				all = append(all, &FieldError{v.Pointer, v.Message})
				known = append(known, v.Pointer)
			}
		}
	}
	var date *licseal.DateError
	if _, err := p.Period(b.roles, nil); errors.As(err, &date) && !slices.Contains(known, date.Pointer) {
		all = append(all, date)
	}
	return all
}

// setDates sets the nested fields and the dates. If only the expiration date cannot
// be set, it returns a payload without it, and the error.
func (b *Builder) setDates(o object, nested []edit.Change) (licseal.Payload, error) {
	notBefore, ok1 := memberOf(b.roles.NotBefore)
	notAfter, ok2 := memberOf(b.roles.NotAfter)
	if len(nested) > 0 || !ok1 || !ok2 {
		return b.setNested(o, nested)
	}
	_, exists := o.find(notBefore)
	if created := b.createdOf(exists); created != "" {
		o = o.setText(notBefore, created)
	}
	_, exists = o.find(notAfter)
	if expiry := b.expiresOf(exists); expiry != "" {
		expires, err := edit.Expiry(o.text(notBefore), expiry)
		if err != nil {
			p, parseErr := o.payload()
			if parseErr != nil {
				return p, parseErr
			}
			return p, fieldError(err)
		}
		o = o.setText(notAfter, expires)
	}
	return o.payload()
}

// setNested does the same for fields at any depth, more slowly.
func (b *Builder) setNested(o object, nested []edit.Change) (licseal.Payload, error) {
	p, err := o.payload()
	if err != nil {
		return licseal.Payload{}, err
	}
	if p, err = edit.Apply(p, nested); err == nil {
		_, exists := p.Field(b.roles.NotBefore)
		p, err = edit.SetDates(p, b.roles, edit.Dates{Created: b.createdOf(exists), Expires: b.expires, DefaultExpires: b.lacking})
	}
	return p, fieldError(err)
}

// createdOf returns the creation date to set, or "" to set none.
func (b *Builder) createdOf(exists bool) string {
	if b.created == "" && !exists {
		return b.missing
	}
	return b.created
}

// expiresOf returns the expiration date to set, or "" to set none.
func (b *Builder) expiresOf(exists bool) string {
	if b.expires == "" && !exists {
		return b.lacking
	}
	return b.expires
}

// fieldError returns an error of package edit as an error of a row's fields.
func fieldError(err error) error {
	var e *edit.Error
	switch {
	case !errors.As(err, &e):
		return err
	case e.Input == edit.InputSet:
		return &FieldError{Detail: e.Detail}
	}
	return &FieldError{Detail: e.Error()}
}
