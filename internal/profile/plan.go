package profile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/internal/fieldname"
	"go.yaml.in/yaml/v3"
)

func readPlans(p *Profile, _ string, n *yaml.Node) error {
	return members(n, nil, func(name string, value *yaml.Node) error {
		if !isPlan(name) {
			return &Error{value.Line, "the name of a plan has letters, digits and -._ only, at most 64", ""}
		}
		plan, err := readPlan(name, value)
		p.Plans = append(p.Plans, plan)
		return err
	})
}

func readPlan(name string, n *yaml.Node) (Plan, error) {
	plan := Plan{Name: name, Line: n.Line}
	err := members(n, []string{"about", "expires", "set"}, func(member string, value *yaml.Node) (err error) {
		switch member {
		case "about":
			plan.About, err = scalar(member, value)
		case "expires":
			plan.Expires, err = expiry(member, value)
		case "set":
			plan.Fields, err = readFields(value)
		}
		return err
	})
	if err == nil && plan.Expires == "" && len(plan.Fields) == 0 {
		err = &Error{n.Line, fmt.Sprintf("the plan %s sets nothing", name), "give it fields under set, or expires"}
	}
	return plan, err
}

// readFields reads the fields that a plan sets, named as --set names them, with values
// of any type.
func readFields(n *yaml.Node) ([]edit.Change, error) {
	var fields []edit.Change
	err := members(n, nil, func(name string, value *yaml.Node) error {
		pointer, ok := fieldname.Pointer(name)
		if !ok {
			return &Error{value.Line, fmt.Sprintf("%q is not the name of a field, nor a JSON Pointer", name), ""}
		}
		if slices.ContainsFunc(fields, func(c edit.Change) bool { return c.Pointer == pointer }) {
			return &Error{value.Line, fmt.Sprintf("the field %s is set twice", name), "delete one of the lines"}
		}
		json, err := appendJSON(nil, value)
		fields = append(fields, edit.Change{Pointer: pointer, Value: string(json), JSON: true})
		return err
	})
	return fields, err
}

// appendJSON appends a value as JSON text. A date that is not in quotes is a string, as
// in a payload.
func appendJSON(b []byte, n *yaml.Node) ([]byte, error) {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		return b, &Error{n.Line, "anchors and aliases are not used in a profile", "write the value itself"}
	}
	switch n.Kind {
	case yaml.MappingNode:
		return appendObject(b, n)
	case yaml.SequenceNode:
		return appendArray(b, n)
	}
	switch n.ShortTag() {
	case "!!str", "!!timestamp":
		return jsontext.AppendQuote(b, n.Value)
	case "!!bool":
		return append(b, strings.ToLower(n.Value)...), nil
	case "!!null":
		return append(b, "null"...), nil
	case "!!int", "!!float":
		if jsontext.Value(n.Value).IsValid() {
			return append(b, n.Value...), nil
		}
	}
	return b, &Error{n.Line, fmt.Sprintf("%q is not a number as in JSON, and not a text", n.Value), "put it in quotes, or write it as 25 or 2.5"}
}

func appendObject(b []byte, n *yaml.Node) ([]byte, error) {
	b = append(b, '{')
	first := true
	err := members(n, nil, func(name string, value *yaml.Node) (err error) {
		if !first {
			b = append(b, ',')
		}
		first = false
		if b, err = jsontext.AppendQuote(b, name); err == nil {
			b, err = appendJSON(append(b, ':'), value)
		}
		return err
	})
	return append(b, '}'), err
}

func appendArray(b []byte, n *yaml.Node) (_ []byte, err error) {
	b = append(b, '[')
	for i, element := range n.Content {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = appendJSON(b, element); err != nil {
			return b, err
		}
	}
	return append(b, ']'), nil
}
