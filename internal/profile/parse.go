package profile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/licseal/licseal/bulk/rows"
	"github.com/licseal/licseal/edit"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/schema"
	"github.com/xrash/smetrics"
	"go.yaml.in/yaml/v3"
)

// Parse reads a profile. Files that it names are relative to the folder of path. A
// misspelt setting is an error: otherwise it would be dropped without a word.
//
// An error about the text is an [*Error]. It quotes no value of a file that does not
// look like a profile, because that may hold a secret.
func Parse(path string, data []byte) (*Profile, error) {
	p := &Profile{Path: path, Digest: digest(data), lines: map[string]int{}}
	root, err := parseYAML(data)
	if err != nil || root == nil {
		return p, err
	}
	err = members(root, settingNames(settings), func(name string, value *yaml.Node) error {
		p.lines[name] = value.Line
		return settings[slices.Index(settingNames(settings), name)].read(p, name, value)
	})
	if err != nil {
		return nil, err
	}
	return p, p.check()
}

// setting is one member of a profile.
type setting struct {
	name string
	read func(p *Profile, name string, value *yaml.Node) error
}

var settings = []setting{
	{"product", text1(func(p *Profile, s string) { p.Product = s })},
	{"schema", text1(func(p *Profile, s string) { p.Schema = schemaPath(p.Path, s) })},
	{"roles", readRoles},
	{"key", file1(func(p *Profile, s string) { p.Key = s })},
	{"trust", readTrust},
	{"revocations", file1(func(p *Profile, s string) { p.Revocations = s })},
	{"register", file1(func(p *Profile, s string) { p.Register = s })},
	{"expires", readExpires},
	{"variable", matching(isVariable, "the name of an environment variable, such as ACME_LICENSE", func(p *Profile, s string) { p.Variable = s })},
	{"secret", matching(text.IsObjectName, "the name of a Kubernetes Secret, such as acme-license", func(p *Profile, s string) { p.Secret = s })},
	{"plans", readPlans},
	{"map", readMap},
}

var (
	isVariable = names(`^[A-Za-z_][A-Za-z0-9_]*$`, 128)
	isPlan     = names(`^[A-Za-z0-9][-._A-Za-z0-9]*$`, 64)
)

// names returns a func that accepts names that match a pattern, of at most so many bytes.
func names(pattern string, most int) func(string) bool {
	compiled := text.Pattern(pattern)
	return func(name string) bool { return len(name) <= most && compiled().MatchString(name) }
}

func settingNames(settings []setting) []string {
	all := make([]string, len(settings))
	for i, s := range settings {
		all[i] = s.name
	}
	return all
}

// check refuses settings that need another one.
func (p *Profile) check() error {
	for _, rule := range []struct{ name, needs, why string }{
		{"key", "trust", "the public key that verifies what the key signs"},
		{"revocations", "trust", "the keys that verify the list"},
		{"roles", "schema", "the schema whose fields they are"},
	} {
		if p.lines[rule.name] > 0 && p.lines[rule.needs] == 0 {
			return &Error{p.lines[rule.name], fmt.Sprintf("%s requires %s: %s", rule.name, rule.needs, rule.why), ""}
		}
	}
	if p.lines["roles"] > 0 && slices.Contains(schema.Names(), p.Schema) {
		return &Error{p.lines["roles"], fmt.Sprintf("the built-in schema %s has roles of its own", p.Schema), "delete the roles, or name a schema file"}
	}
	return nil
}

// parseYAML returns the mapping that a text is, nil if it is empty.
func parseYAML(data []byte) (*yaml.Node, error) {
	if len(data) > MaxBytes {
		return nil, &Error{0, fmt.Sprintf("the profile has %d bytes; at most %d are read", len(data), MaxBytes), ""}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, syntaxError(err)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, &Error{0, "the profile has a second document; write one", ""}
	}
	if len(doc.Content) != 1 {
		return nil, nil
	}
	if root := doc.Content[0]; root.Kind == yaml.MappingNode {
		return root, nil
	} else if root.Tag == "!!null" {
		return nil, nil
	}
	return nil, &Error{doc.Content[0].Line, "this is not a profile; a profile has lines such as 'schema: mine.json'", ""}
}

// syntaxError returns an error of the YAML library without the text that it quotes.
func syntaxError(err error) error {
	var line int
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	if _, scanErr := fmt.Sscanf(message, "line %d:", &line); scanErr != nil {
		line = 0
	}
	return &Error{line, "this cannot be read as YAML", "names end with a colon and a blank, lists have the same indent, and texts with special characters are in quotes"}
}

// members calls read for each member of a mapping, in their order. It refuses a member
// whose name is not known, unless known is nil, and one that is given twice.
func members(n *yaml.Node, known []string, read func(name string, value *yaml.Node) error) error {
	if n.Kind != yaml.MappingNode || n.Anchor != "" {
		return &Error{n.Line, "a mapping is expected: lines of NAME: VALUE", ""}
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		switch {
		case name.Kind != yaml.ScalarNode || name.Value == "" || name.Anchor != "":
			return &Error{name.Line, "the name of a setting is expected", ""}
		case known != nil && !slices.Contains(known, name.Value):
			return unknown(name, known)
		case seen[name.Value]:
			return &Error{name.Line, fmt.Sprintf("%s is set twice", name.Value), "delete one of the lines"}
		case value.Kind == yaml.AliasNode || value.Anchor != "":
			return &Error{value.Line, "anchors and aliases are not used in a profile", "write the value itself"}
		}
		seen[name.Value] = true
		if err := read(name.Value, value); err != nil {
			return err
		}
	}
	return nil
}

// unknown returns the error for a member that does not exist. It quotes the name only
// if that is a misspelling.
func unknown(name *yaml.Node, known []string) error {
	nearest, similarity := "", 0.8 // below that, they are different words
	for _, k := range known {
		if s := smetrics.JaroWinkler(k, strings.ToLower(name.Value), 0.7, 4); s > similarity {
			nearest, similarity = k, s
		}
	}
	if nearest == "" {
		return &Error{name.Line, "unknown setting", "there are " + strings.Join(known, ", ")}
	}
	return &Error{name.Line, fmt.Sprintf("unknown setting %q", name.Value), fmt.Sprintf("did you mean %q?", nearest)}
}

// scalar returns a text on one line.
func scalar(name string, n *yaml.Node) (string, error) {
	tag := n.ShortTag()
	switch {
	case n.Kind == yaml.ScalarNode && tag == "!!null" || n.Kind == yaml.ScalarNode && n.Value == "":
		return "", &Error{n.Line, name + " is empty", "give it a value, or leave it out"}
	case n.Kind != yaml.ScalarNode:
		return "", &Error{n.Line, name + " is one text, not a list or a mapping", ""}
	case tag != "!!str" && tag != "!!timestamp":
		return "", &Error{n.Line, fmt.Sprintf("%s is a text; %s is not", name, n.Value), fmt.Sprintf("put it in quotes: %s: %q", name, n.Value)}
	case strings.ContainsFunc(n.Value, unicode.IsControl):
		return "", &Error{n.Line, name + " has more than one line, or control characters", "name a file instead of its text"}
	}
	return n.Value, nil
}

func text1(set func(*Profile, string)) func(*Profile, string, *yaml.Node) error {
	return func(p *Profile, name string, n *yaml.Node) error {
		s, err := scalar(name, n)
		if err == nil {
			set(p, s)
		}
		return err
	}
}

func matching(accepts func(string) bool, what string, set func(*Profile, string)) func(*Profile, string, *yaml.Node) error {
	return func(p *Profile, name string, n *yaml.Node) error {
		s, err := scalar(name, n)
		if err == nil && !accepts(s) {
			err = &Error{n.Line, fmt.Sprintf("%s: %q is not %s", name, s, what), ""}
		}
		if err == nil {
			set(p, s)
		}
		return err
	}
}

func file1(set func(*Profile, string)) func(*Profile, string, *yaml.Node) error {
	return func(p *Profile, name string, n *yaml.Node) error {
		s, err := fileName(p, name, n)
		if err == nil {
			set(p, s)
		}
		return err
	}
}

// fileName returns the path of a file that the profile names. A key in an agent is kept
// as it is.
func fileName(p *Profile, name string, n *yaml.Node) (string, error) {
	s, err := scalar(name, n)
	switch {
	case err != nil:
		return "", err
	case s == "-":
		return "", &Error{n.Line, name + " is standard input, which a profile cannot name", "name a file"}
	case name == "key" && strings.HasPrefix(s, "agent:"):
		return s, nil
	}
	return resolve(p.Path, s), nil
}

// schemaPath returns the name of a built-in schema, or the path of a file.
func schemaPath(profile, name string) string {
	if slices.Contains(schema.Names(), name) {
		return name
	}
	return resolve(profile, name)
}

func readTrust(p *Profile, name string, n *yaml.Node) error {
	if n.Kind != yaml.SequenceNode {
		n = &yaml.Node{Kind: yaml.SequenceNode, Line: n.Line, Content: []*yaml.Node{n}}
	}
	if len(n.Content) == 0 {
		return &Error{n.Line, name + " is empty", "name the file with the public keys"}
	}
	for _, element := range n.Content {
		path, err := fileName(p, name, element)
		if err != nil {
			return err
		}
		p.Trust = append(p.Trust, path)
	}
	return nil
}

func readRoles(p *Profile, name string, n *yaml.Node) error {
	places := map[string]*string{
		"id": &p.Roles.ID, "customer": &p.Roles.Customer, "product": &p.Roles.Product,
		"not_before": &p.Roles.NotBefore, "not_after": &p.Roles.NotAfter, "grace_days": &p.Roles.GraceDays,
	}
	known := []string{"id", "customer", "product", "not_before", "not_after", "grace_days"}
	return members(n, known, func(role string, value *yaml.Node) error {
		pointer, err := scalar(role, value)
		if err == nil && (!strings.HasPrefix(pointer, "/") || !jsontext.Pointer(pointer).IsValid()) {
			err = &Error{value.Line, fmt.Sprintf("the role %s: %q is not a JSON Pointer", role, pointer), "write /serial for the field serial"}
		}
		*places[role] = pointer
		return err
	})
}

// readMap reads the names of columns, and the fields that their cells set. An empty field
// leaves the column out. A table may lack any of the columns.
func readMap(p *Profile, _ string, n *yaml.Node) error {
	return members(n, nil, func(column string, value *yaml.Node) error {
		field := ""
		if isEmpty := value.Kind == yaml.ScalarNode && (value.ShortTag() == "!!null" || value.Value == ""); !isEmpty {
			var err error
			if field, err = scalar("the field of a column", value); err != nil {
				return err
			}
		}
		m, err := rows.ParseMapping(column + "=" + field)
		if err != nil || m.Field != field {
			return &Error{value.Line, fmt.Sprintf("%q is not the name of a field, nor a JSON Pointer", field), ""}
		}
		m.Optional = true
		p.Map = append(p.Map, m)
		return nil
	})
}

func readExpires(p *Profile, name string, n *yaml.Node) (err error) {
	p.Expires, err = expiry(name, n)
	return err
}

// expiry returns an expiry as --expires takes it.
func expiry(name string, n *yaml.Node) (string, error) {
	s, err := scalar(name, n)
	if err != nil {
		return "", err
	}
	if err := (edit.Dates{Expires: s}).Check(); err != nil {
		return "", &Error{n.Line, err.Error(), ""}
	}
	return s, nil
}
