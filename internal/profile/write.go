package profile

import (
	"bytes"
	"path/filepath"
	"strings"

	"github.com/licseal/licseal/internal/text"
	"go.yaml.in/yaml/v3"
)

// New is what a new profile says. Paths are relative to its folder.
type New struct {
	Product, Schema, Key, Revocations, Expires, Variable, Secret string
	Trust                                                        []string
}

// Text returns the text of a new profile.
func (n *New) Text() ([]byte, error) {
	root := &yaml.Node{Kind: yaml.MappingNode}
	add := func(name string, values ...string) {
		var nodes []*yaml.Node
		for _, value := range values {
			if value != "" {
				nodes = append(nodes, textNode(value))
			}
		}
		switch len(nodes) {
		case 0:
		case 1:
			root.Content = append(root.Content, textNode(name), nodes[0])
		default:
			root.Content = append(root.Content, textNode(name), &yaml.Node{Kind: yaml.SequenceNode, Content: nodes})
		}
	}
	add("product", n.Product)
	add("schema", filepath.ToSlash(n.Schema))
	add("key", filepath.ToSlash(n.Key))
	add("trust", mapSlash(n.Trust)...)
	add("revocations", filepath.ToSlash(n.Revocations))
	add("expires", n.Expires)
	add("variable", n.Variable)
	add("secret", n.Secret)
	var b bytes.Buffer
	b.WriteString(intro)
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(root); err != nil {
		return nil, err
	}
	b.WriteString(planExample)
	return b.Bytes(), nil
}

const intro = `# The settings of one kind of licence, for licseal. 'licseal config' shows them.
# Paths are relative to this folder. After a change: licseal config approve
`

const planExample = `
# A plan is a template: licseal sign --plan gold --set customer='Example Inc'
# plans:
#   gold:
#     expires: +365d
#     set:
#       seats: 50
`

func textNode(value string) *yaml.Node {
	node := new(yaml.Node)
	node.SetString(value)
	return node
}

func mapSlash(paths []string) []string {
	var all []string
	for _, path := range paths {
		all = append(all, filepath.ToSlash(path))
	}
	return all
}

// Names returns the environment variable and the Kubernetes Secret that hold the licence
// of a product, by the usual conventions; "" if its name has nothing to make them of.
func Names(product string) (variable, secret string) {
	words := strings.FieldsFunc(strings.ToLower(product), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	if len(words) == 0 || words[0][0] <= '9' {
		return "", ""
	}
	variable, secret = strings.ToUpper(strings.Join(words, "_"))+"_LICENSE", strings.Join(words, "-")+"-license"
	if !isVariable(variable) || !text.IsObjectName(secret) {
		return "", ""
	}
	return variable, secret
}
