package repair

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/text"
)

// kindMember is in every manifest, and yamlLine begins most YAML documents.
var (
	kindMember = text.Pattern(`\bkind["']?\s*:`)
	yamlLine   = text.Pattern(`^(?:---.*\n|#.*\n|\s*\n)*[A-Za-z_"'][\w."'/-]*:(?:\s|$)`)
)

var mentionsName = text.Pattern(`(?i)licen[cs]e`)

// detectYAML finds manifests, and other YAML documents that hold a licence as a value.
func detectYAML(text []byte, _ *licseal.ParseError) *reading {
	if !kindMember().Match(text) && (!yamlLine().Match(text) || !mentionsName().Match(text)) {
		return nil
	}
	documents, err := yamlDocuments(text)
	if err != nil || len(documents) == 0 {
		return nil
	}
	var all []Embedded
	for _, m := range manifests(documents) {
		all = append(all, m.licences()...)
	}
	if len(all) == 0 {
		if r := readYAMLValues(documents); r != nil {
			return r
		}
		return readPointers(documents)
	}
	r := new(reading)
	for _, e := range all {
		fault := e.Faults[0]
		if len(all) > 1 {
			name := ""
			if fault.Kind != KongLicense {
				name = fault.Values[0]
			}
			fault.Kind, fault.Values = SeveralManifests, []string{strconv.Itoa(len(all)), name}
		}
		r.add(fault, e.Text)
	}
	return r
}

// readYAMLValues finds the values of a document, such as a chart's values, that look
// like a licence.
func readYAMLValues(documents []*yaml.Node) *reading {
	var values []*yaml.Node
	var walk func(n *yaml.Node, depth int)
	walk = func(n *yaml.Node, depth int) {
		if n.Kind == yaml.ScalarNode && MentionsLicense(n.Value) {
			values = append(values, n)
		}
		if depth < licseal.MaxDepth {
			for _, child := range n.Content {
				walk(child, depth+1)
			}
		}
	}
	for _, d := range documents {
		walk(d, 0)
	}
	if len(values) == 0 {
		return nil
	}
	r := new(reading)
	for _, v := range values {
		r.add(Fault{Kind: YAMLValue, Position: nodePosition(v)}, []byte(v.Value))
	}
	return r
}

// yamlDocuments parses all documents of a YAML or JSON text. Aliases are not
// expanded, so a small text stays small.
func yamlDocuments(text []byte) (documents []*yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil { // the parser is not ours
			documents, err = nil, fmt.Errorf("not YAML: %v", r)
		}
	}()
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var n yaml.Node
		switch err := decoder.Decode(&n); {
		case errors.Is(err, io.EOF):
			return documents, nil
		case err != nil:
			return nil, err
		}
		if n.Kind == yaml.DocumentNode && len(n.Content) == 1 {
			documents = append(documents, n.Content[0])
		}
	}
}

// member returns the value of a member of a mapping, nil if not found.
func member(n *yaml.Node, name string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1]
		}
	}
	return nil
}

// scalar returns the text of a member that is a scalar, "" if not found.
func scalar(n *yaml.Node, name string) string {
	if value := member(n, name); value != nil && value.Kind == yaml.ScalarNode {
		return value.Value
	}
	return ""
}

func nodePosition(n *yaml.Node) licseal.Position {
	return licseal.Position{Line: n.Line, Column: n.Column}
}
