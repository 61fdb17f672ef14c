package repair

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/text"
)

// node is a value of a JSON text.
type node struct {
	text       []byte // the whole JSON text
	start, end int    // of the value in it
	kind       jsontext.Kind
	name       string // of the member or, in an array, the index
	parent     *node  // nil at the top
	children   []*node
}

// maxNesting is how deeply a JSON text may be nested that is searched for a licence.
const maxNesting = 100

// parseJSON returns the value of a text that is one JSON value, nil if it is not. It
// is lenient with duplicate names: they are a fault only inside of a licence.
func parseJSON(text []byte) *node {
	d := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true))
	top := readNode(d, &node{text: text}, 0)
	if top == nil || len(trim(text[top.end:])) > 0 {
		return nil
	}
	return top
}

// readNode reads the value that comes next into n, and returns nil if it cannot.
func readNode(d *jsontext.Decoder, n *node, depth int) *node {
	n.kind = d.PeekKind()
	if n.kind != '{' && n.kind != '[' || depth == maxNesting {
		value, err := d.ReadValue()
		n.end = int(d.InputOffset())
		n.start = n.end - len(value)
		if err != nil {
			return nil
		}
		return n
	}
	if _, err := d.ReadToken(); err != nil {
		return nil
	}
	n.start = int(d.InputOffset()) - 1
	for d.PeekKind() != '}' && d.PeekKind() != ']' {
		child := &node{text: n.text, name: strconv.Itoa(len(n.children)), parent: n}
		if n.kind == '{' {
			name, err := d.ReadToken()
			if err != nil {
				return nil
			}
			child.name = name.String()
		}
		if readNode(d, child, depth+1) == nil {
			return nil
		}
		n.children = append(n.children, child)
	}
	if _, err := d.ReadToken(); err != nil {
		return nil
	}
	n.end = int(d.InputOffset())
	return n
}

// raw returns the JSON text of the value.
func (n *node) raw() []byte { return n.text[n.start:n.end] }

// string returns the value of a string, "" for any other value.
func (n *node) string() string {
	if n.kind != '"' {
		return ""
	}
	value, _ := jsontext.AppendUnquote(nil, n.raw())
	return string(value)
}

// member returns the first member of that name and kind, nil if not found.
func (n *node) member(name string, kind jsontext.Kind) *node {
	if n.kind != '{' {
		return nil
	}
	for _, c := range n.children {
		if c.name == name && c.kind == kind {
			return c
		}
	}
	return nil
}

// pointer returns the JSON Pointer of the value.
func (n *node) pointer() jsontext.Pointer {
	if n.parent == nil {
		return ""
	}
	return n.parent.pointer().AppendToken(n.name)
}

// position returns the place of the value.
func (n *node) position() licseal.Position {
	pos := at(n.text, n.start)
	pos.Pointer = string(n.pointer())
	return pos
}

// path returns the value's path as the program jq writes it.
func (n *node) path() string {
	if n.parent == nil {
		return "."
	}
	path := n.parent.path()
	switch {
	case n.parent.kind == '[':
		return path + "[" + n.name + "]"
	case !plainName().MatchString(n.name):
		name, _ := jsontext.AppendQuote(nil, n.name)
		return path + "[" + string(name) + "]"
	case path == ".":
		return path + n.name
	}
	return path + "." + n.name
}

// shellPath returns the path in single quotes.
func (n *node) shellPath() string { return "'" + strings.ReplaceAll(n.path(), "'", `'\''`) + "'" }

var plainName = text.Pattern(`^[A-Za-z_][A-Za-z0-9_]*$`)

// walk calls visit for the value and all values in it, until visit returns false for
// one, whose children are then left out.
func (n *node) walk(visit func(*node) bool) {
	if !visit(n) {
		return
	}
	for _, c := range n.children {
		c.walk(visit)
	}
}

// isLicense reports whether the value is the object that belongs under "license".
func (n *node) isLicense() bool {
	return n.member("payload", '{') != nil && n.member("signature", '"') != nil
}

// isDocument reports whether the text was meant to be a licence document and nothing
// else: its one member is the object license, in whatever case it is written.
func (n *node) isDocument() bool {
	if n.kind != '{' || len(n.children) != 1 || !strings.EqualFold(n.children[0].name, "license") {
		return false
	}
	return slices.ContainsFunc(n.children[0].children, func(c *node) bool { return c.name == "payload" || c.name == "signature" })
}

// detectJSONValue finds a licence that is a value in a JSON document: an answer of a
// secrets manager, the description of a container, a Terraform state.
func detectJSONValue(text []byte, _ *licseal.ParseError) *reading {
	top := parseJSON(text)
	if top == nil || top.isDocument() {
		return nil
	}
	r := new(reading)
	add := func(n *node, licence []byte, command string) {
		r.add(Fault{JSONValue, n.position(), []string{command}}, licence)
	}
	top.walk(func(n *node) bool {
		switch {
		case n.parent == nil:
		case n.kind == '"' && MentionsLicense(n.string()):
			add(n, []byte(n.string()), "jq -r "+n.shellPath())
		case n.isLicense():
			add(n, append(append([]byte(`{"license":`), n.raw()...), '}'), "jq -c "+n.shellPath()+" | jq -c '{license: .}'")
			return false
		}
		return true
	})
	if len(r.texts) == 0 {
		return nil
	}
	return r
}

// detectOtherJSON finds a JSON document that has nothing to do with a licence, as far
// as the names of its members go.
func detectOtherJSON(text []byte, _ *licseal.ParseError) *reading {
	top := parseJSON(text)
	if top == nil || top.kind == '"' || bytes.Contains(bytes.ToLower(text), []byte("license")) {
		return nil
	}
	return unreadable(OtherJSON, top.position())
}
