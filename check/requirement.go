package check

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/fieldname"
	"github.com/licseal/licseal/internal/text"
)

// Requirement is something that a field of the payload must be.
// [ParseRequirement] makes one.
type Requirement struct {
	text    string
	pointer string // into the payload
	op      string // "", =, !=, <, <=, >, >=, in
	values  []string
}

// String returns the requirement as it was written.
func (r Requirement) String() string { return r.text }

// Pointer returns the JSON Pointer of the field in the payload.
func (r Requirement) Pointer() string { return r.pointer }

var (
	comparison = text.Pattern(`^\s*([^=!<>]*?)\s*(!=|<=|>=|=|<|>)\s*(.*?)\s*$`)
	membership = text.Pattern(`^\s*(\S+)\s+in\s+(.*?)\s*$`)
	wholeName  = text.Pattern(`^\s*(\S+)\s*$`)
)

// ParseRequirement reads a requirement:
//
//	FIELD              the field is there
//	FIELD=VALUE        it is VALUE; also !=
//	FIELD>=VALUE       it is a number, or a date, of at least VALUE; also >, <=, <
//	FIELD in A,B       it is one of them; a JSON array where a value has a comma
//
// FIELD is a member's name, whose dots lead into objects, or a JSON Pointer. A
// number may be written in a string, as Kong's are. Where VALUE is a date, so
// must the field be.
func ParseRequirement(text string) (Requirement, error) {
	r := Requirement{text: text}
	name := ""
	switch c, in, whole := comparison().FindStringSubmatch(text), membership().FindStringSubmatch(text), wholeName().FindStringSubmatch(text); {
	case in != nil && (c == nil || !strings.ContainsAny(in[1], "=!<>")):
		values, err := listValues(in[2])
		if err != nil {
			return Requirement{}, fmt.Errorf("%q: %v", text, err)
		}
		name, r.op, r.values = in[1], "in", values
	case c != nil:
		if err := plainValue(c[3]); err != nil {
			return Requirement{}, fmt.Errorf("%q: %v", text, err)
		}
		name, r.op, r.values = c[1], c[2], []string{c[3]}
	case whole != nil:
		name = whole[1]
	}
	if name == "" || strings.ContainsAny(name, " \t") {
		return Requirement{}, fmt.Errorf("%q is not a requirement; write it as FIELD=VALUE, FIELD>=VALUE, FIELD in A,B, or FIELD", text)
	}
	pointer, ok := fieldname.Pointer(name)
	if !ok {
		return Requirement{}, fmt.Errorf("%q: %s is not a JSON Pointer", text, name)
	}
	r.pointer = pointer
	if r.isOrder() {
		if _, isDate := dateValue(r.values[0], nil); !isDate && number(r.values[0]) == nil {
			return Requirement{}, fmt.Errorf("%q: %q is neither a number nor a date, so nothing can be less or more", text, r.values[0])
		}
	}
	return r, nil
}

// plainValue refuses what is likely meant for an operator, or for quotes that a shell
// takes off: read as a part of the value, it would meet every !=.
func plainValue(value string) error {
	if value != "" && strings.ContainsAny(value[:1], "=!<>~") {
		return fmt.Errorf("the value %q begins with an operator; the operators are =, !=, >=, >, <=, < and in", value)
	}
	for _, quote := range []string{`"`, "'"} {
		if len(value) > 1 && strings.HasPrefix(value, quote) && strings.HasSuffix(value, quote) {
			return fmt.Errorf("the value %s is in quotes, which no licence has; write it without them", value)
		}
	}
	return nil
}

func listValues(text string) ([]string, error) {
	if strings.HasPrefix(text, "[") {
		var values []string
		if err := json.Unmarshal([]byte(text), &values); err != nil {
			return nil, errors.New(`the text after "in" is not a JSON array of strings`)
		}
		return values, nil
	}
	values := strings.Split(text, ",")
	for i, v := range values {
		if values[i] = strings.TrimSpace(v); values[i] == "" {
			return nil, errors.New(`a value after "in" is empty`)
		}
		if err := plainValue(values[i]); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func (r Requirement) isOrder() bool { return strings.ContainsAny(r.op, "<>") }

// unmet says what is wrong, "" if the payload meets the requirement.
func (r Requirement) unmet(p licseal.Payload, loc *time.Location) string {
	field, ok := p.Field(r.pointer)
	switch {
	case !ok:
		return fmt.Sprintf("the field %s is missing", plain(r.pointer))
	case r.op == "":
		return ""
	}
	value, isText := p.Text(r.pointer)
	if !isText {
		value = string(field)
	}
	met, problem := r.compare(value, loc)
	switch {
	case problem != "":
		return fmt.Sprintf("%s is %s, %s", plain(r.pointer), text.Quote(value), problem)
	case !met:
		return fmt.Sprintf("%s is %s", plain(r.pointer), text.Quote(value))
	}
	return ""
}

func (r Requirement) compare(text string, loc *time.Location) (met bool, problem string) {
	equal := func(value string) bool {
		a, b := number(text), number(value)
		return text == value || a != nil && b != nil && a.Cmp(b) == 0
	}
	switch r.op {
	case "=":
		return equal(r.values[0]), ""
	case "!=":
		return !equal(r.values[0]), ""
	case "in":
		return slices.ContainsFunc(r.values, equal), ""
	}
	order, problem := r.order(text, loc)
	if problem != "" {
		return false, problem
	}
	switch r.op {
	case "<":
		return order < 0, ""
	case "<=":
		return order <= 0, ""
	case ">":
		return order > 0, ""
	}
	return order >= 0, "" // >=
}

// order compares the field with the value, as numbers or as dates.
func (r Requirement) order(text string, loc *time.Location) (order int, problem string) {
	if want := number(r.values[0]); want != nil {
		have := number(text)
		if have == nil {
			return 0, "which is not a number"
		}
		return have.Cmp(want), ""
	}
	want, _ := dateValue(r.values[0], loc)
	have, ok := dateValue(text, loc)
	if !ok {
		return 0, "which is not a date"
	}
	return have.Compare(want), ""
}

var decimalNumber = text.Pattern(`^-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?$`)

// number reads a decimal number, as JSON writes it, exactly. It returns nil if text is not one.
func number(text string) *big.Rat {
	if !decimalNumber().MatchString(text) {
		return nil
	}
	n, _ := new(big.Rat).SetString(text)
	return n
}

func dateValue(text string, loc *time.Location) (time.Time, bool) {
	t, err := licseal.ParseDate(text, loc)
	return t, err == nil
}
