package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk/rows"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/schema"
)

// rowParser makes payloads of the rows of a batch. Several goroutines use one.
type rowParser struct {
	rows     rows.Reader
	columns  []column   // of a table; nil if rows are payloads
	defaults jsonObject // the fields of the template
	rules    *schema.Schema
	roles    licseal.Roles
	created  string // "" if the rows state it
	expires  string // "" if the rows state it
	today    string // the creation date of a row that has none; "" if it must
}

// column is what a column of a CSV sets.
type column struct {
	pointer string
	member  string // the member of the payload, "" for a field within one
	isJSON  bool   // its cells are JSON
	old     []byte // the JSON text that the template has there; nil if none
}

// jsonObject is a JSON object's members, in the order of their names.
type jsonObject []jsonMember

type jsonMember struct {
	name  string
	value []byte // JSON text
}

// splitObject returns the members of an object.
func splitObject(text []byte) (jsonObject, error) {
	d := jsontext.NewDecoder(bytes.NewReader(text))
	if _, err := d.ReadToken(); err != nil {
		return nil, err
	}
	var o jsonObject
	for d.PeekKind() == '"' {
		token, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		name := token.String()
		value, err := d.ReadValue()
		if err != nil {
			return nil, err
		}
		o = append(o, jsonMember{name, bytes.Clone(value)})
	}
	return o, nil
}

func (o jsonObject) find(name string) (int, bool) {
	i := slices.IndexFunc(o, func(m jsonMember) bool { return m.name == name })
	return i, i >= 0
}

// text returns the string that is the value of a member.
func (o jsonObject) text(name string) string {
	i, ok := o.find(name)
	if !ok || o[i].value[0] != '"' {
		return ""
	}
	unquoted, _ := jsontext.AppendUnquote(nil, o[i].value)
	return string(unquoted)
}

// set returns o with a member set.
func (o jsonObject) set(name string, value []byte) jsonObject {
	if i, ok := o.find(name); ok {
		o[i].value = value
		return o
	}
	return append(o, jsonMember{name, value})
}

// withDefaults returns o with the members of defaults that it lacks; where both have
// an object, that is looked into.
func (o jsonObject) withDefaults(defaults jsonObject) (jsonObject, error) {
	for _, m := range defaults {
		i, ok := o.find(m.name)
		if !ok {
			o = append(o, m)
			continue
		}
		if m.value[0] != '{' || o[i].value[0] != '{' {
			continue
		}
		mine, err1 := splitObject(o[i].value)
		others, err2 := splitObject(m.value)
		both, err3 := mine.withDefaults(others)
		if err := firstError(err1, err2, err3); err != nil {
			return nil, err
		}
		o[i].value = both.json()
	}
	return o, nil
}

// payload returns the object as a payload.
func (o jsonObject) payload() (licseal.Payload, error) { return licseal.ParsePayload(o.json()) }

// json returns the text of the object. That its members are in order spares the
// parser from ordering them.
func (o jsonObject) json() []byte {
	slices.SortFunc(o, func(a, b jsonMember) int { return strings.Compare(a.name, b.name) })
	text := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			text = append(text, ',')
		}
		text, _ = jsontext.AppendQuote(text, m.name)
		text = append(append(text, ':'), m.value...)
	}
	return append(text, '}')
}

// errNoText stands for a row that the reader of rows has refused: it has no text.
var errNoText = errors.New("no text")

var errIsLicense = errors.New("this is a licence; 'licseal sign' signs a payload")

// parse makes the payload of one row.
func (r *rowParser) parse(text []byte) (licseal.Payload, error) {
	if len(text) == 0 {
		return licseal.Payload{}, errNoText
	}
	content, err := r.rows.Content(text)
	if field := (*rows.FieldError)(nil); errors.As(err, &field) {
		return licseal.Payload{}, rowError("%v", err)
	} else if err != nil {
		return licseal.Payload{}, err
	}
	if r.columns != nil {
		return r.parseCells(content.Cells)
	}
	p := content.Payload
	if _, isLicense := p.Field("/license/payload"); isLicense {
		return licseal.Payload{}, errIsLicense
	}
	if len(r.defaults) == 0 && r.created == "" && r.expires == "" && r.today == "" {
		return p, nil
	}
	o, err := splitObject(p.Bytes())
	if err == nil {
		o, err = o.withDefaults(r.defaults)
	}
	if err != nil {
		return licseal.Payload{}, err
	}
	return r.complete(o, nil, nil)
}

// parseCells makes the payload of one row of a table. An empty cell leaves the field
// as the template has it.
func (r *rowParser) parseCells(cells []rows.Cell) (licseal.Payload, error) {
	o := slices.Clone(r.defaults)
	var within []edit.Change
	var bad []badCell
	for i, c := range r.columns {
		if cells[i].Unset {
			continue
		}
		value, err := c.json(cells[i].Text)
		if err != nil {
			bad = append(bad, badCell{c.pointer, err})
			continue
		}
		if c.member == "" {
			within = append(within, edit.Change{Pointer: c.pointer, Value: string(value), JSON: true})
			continue
		}
		o = o.set(c.member, value)
	}
	return r.complete(o, within, bad)
}

// badCell is a field that cannot be set as the row or a flag says.
type badCell struct {
	pointer string
	err     error
}

// complete makes a payload. Where something of the row could not be set, the error says
// all that is wrong with it: of the payload without that, what is not due to it.
func (r *rowParser) complete(o jsonObject, within []edit.Change, bad []badCell) (licseal.Payload, error) {
	p, err := r.finish(o, within)
	if err == nil {
		p, err = edit.NormalizeDates(p, r.rules)
	}
	if err == nil && len(bad) == 0 {
		return p, nil
	}
	if err != nil {
		bad = append(bad, badCell{r.roles.NotAfter, err})
	}
	var all []error
	for _, cell := range bad {
		all = append(all, cell.err)
	}
	if !p.Equal(licseal.Payload{}) {
		all = append(all, r.otherFaults(p, bad)...)
	}
	return p, errors.Join(all...)
}

// otherFaults returns what is wrong with a payload, but for the fields that were left out.
func (r *rowParser) otherFaults(p licseal.Payload, out []badCell) (all []error) {
	known := func(pointer string) bool {
		return slices.ContainsFunc(out, func(c badCell) bool { return c.pointer == pointer })
	}
	var broken *schema.Error
	if errors.As(r.rules.Validate(p), &broken) {
		for _, v := range broken.Violations {
			if !known(v.Pointer) {
				all = append(all, rowError("%s: %s", plain(v.Pointer), v.Message))
				out = append(out, badCell{v.Pointer, nil})
			}
		}
	}
	var date *licseal.DateError
	if _, err := p.Period(r.roles, nil); errors.As(err, &date) && !known(date.Pointer) {
		all = append(all, date)
	}
	return all
}

// json returns the JSON text of a cell.
func (c *column) json(cell string) ([]byte, error) {
	text := jsontext.Value(cell)
	switch {
	case !utf8.ValidString(cell):
		return nil, rowError("%s: the text is not UTF-8; save the file as UTF-8", plain(c.pointer))
	case c.isJSON && !text.IsValid():
		return nil, rowError("%s: %s is not JSON; a string has quotes, or stands in a column without ':'", plain(c.pointer), quoteCell(cell))
	case c.isJSON:
		return text, nil
	}
	value, err := edit.Value(cell, false, c.old)
	if err != nil {
		return nil, rowError("%s: %s is not of the kind that the template has there", plain(c.pointer), quoteCell(cell))
	}
	return value, nil
}

func quoteCell(cell string) string {
	const limit = 60
	if len(cell) > limit {
		return fmt.Sprintf("%q…", strings.ToValidUTF8(cell[:limit], ""))
	}
	return fmt.Sprintf("%q", cell)
}

// finish sets the fields within members and the dates. If the expiry alone cannot be
// set, there is a payload without it.
func (r *rowParser) finish(o jsonObject, within []edit.Change) (licseal.Payload, error) {
	notBefore, ok1 := memberOf(r.roles.NotBefore)
	notAfter, ok2 := memberOf(r.roles.NotAfter)
	if len(within) > 0 || !ok1 || !ok2 {
		return r.finishNested(o, within)
	}
	_, exists := o.find(notBefore)
	if created := r.createdOf(exists); created != "" {
		o = o.set(notBefore, quoteJSON(created))
	}
	if r.expires != "" {
		expires, err := edit.Expiry(o.text(notBefore), r.expires)
		if err != nil {
			p, parseErr := o.payload()
			return p, cmp.Or(parseErr, rowEditError(err))
		}
		o = o.set(notAfter, quoteJSON(expires))
	}
	return o.payload()
}

// finishNested does the same for fields at any depth, at more cost.
func (r *rowParser) finishNested(o jsonObject, within []edit.Change) (licseal.Payload, error) {
	p, err := o.payload()
	if err != nil {
		return licseal.Payload{}, err
	}
	if p, err = edit.Apply(p, within); err == nil {
		_, exists := p.Field(r.roles.NotBefore)
		p, err = edit.SetDates(p, r.roles, edit.Dates{Created: r.createdOf(exists), Expires: r.expires})
	}
	return p, rowEditError(err)
}

// createdOf returns the creation date to set, "" for none.
func (r *rowParser) createdOf(exists bool) string {
	if r.created == "" && !exists {
		return r.today
	}
	return r.created
}

func quoteJSON(s string) []byte {
	text, _ := jsontext.AppendQuote(nil, s)
	return text
}

// memberOf returns the member of the payload that a pointer names, and whether it
// names one, and not a field within one.
func memberOf(pointer string) (string, bool) {
	p := jsontext.Pointer(pointer)
	return p.LastToken(), p != "" && p.Parent() == ""
}

// rowError is an error of a row's fields.
func rowError(format string, args ...any) error {
	return fault.New(licseal.ReasonSchema, format, args...)
}

// rowEditError words an error of package edit as one of a row's fields.
func rowEditError(err error) error {
	var e *edit.Error
	switch {
	case !errors.As(err, &e):
		return err
	case e.Input == edit.InputSet:
		return rowError("%s", plain(e.Detail))
	}
	return rowError("--%s", plain(e.Error()))
}

// withTemplate returns the columns of a table, with what the template has in each.
func withTemplate(header []rows.Column, template licseal.Payload) []column {
	var columns []column
	for _, h := range header {
		c := column{pointer: h.Pointer, isJSON: h.JSON}
		if member, ok := memberOf(h.Pointer); ok {
			c.member = member
		}
		c.old, _ = template.Field(h.Pointer)
		columns = append(columns, c)
	}
	return columns
}
