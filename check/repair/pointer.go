package repair

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/licseal/licseal"
)

// readPointers finds what stands in for a licence in YAML documents that hold none: a
// manifest that a controller makes a Secret of, a reference to a Secret, and the value of
// a member whose name is that of a licence.
func readPointers(documents []*yaml.Node) *reading {
	for _, m := range manifests(documents) {
		if r := m.pointer(); r != nil {
			return r
		}
	}
	looked := 0
	for _, d := range documents {
		if fault, ok := findYAMLStandIn(d, "", 0, &looked); ok {
			return &reading{fault: fault}
		}
	}
	return nil
}

// pointer returns the fault of a manifest of which a controller makes a Secret.
func (m manifest) pointer() *reading {
	if m.kind == "Secret" || !strings.Contains(m.kind, "Secret") && m.kind != "OnePasswordItem" || member(m.node, "spec") == nil {
		return nil
	}
	if m.kind == "SealedSecret" {
		return unreadable(SealedSecret, nodePosition(m.node), m.name, m.made().flags())
	}
	return unreadable(SecretPointer, nodePosition(m.node), m.kind, m.name, m.made().flags())
}

// made returns a manifest with the name of the Secret that a controller makes of m.
func (m manifest) made() manifest {
	spec := member(m.node, "spec")
	for _, holder := range []string{"target", "destination"} {
		if name := scalar(member(spec, holder), "name"); name != "" {
			m.name = name
		}
	}
	if objects := member(spec, "secretObjects"); objects != nil && len(objects.Content) > 0 {
		m.name = scalar(objects.Content[0], "secretName")
	}
	return m
}

// flags returns what kubectl needs to find the object of a kind.
func (m manifest) flags() string {
	if secretName().MatchString(m.namespace) {
		return m.word() + " -n " + m.namespace
	}
	return m.word()
}

// findYAMLStandIn returns the stand-in for a licence that is under a node, if the name of
// the node, or of one around it, is that of a licence. It counts the values looked at.
func findYAMLStandIn(n *yaml.Node, name string, depth int, looked *int) (Fault, bool) {
	isNamed := licenseName().MatchString(name)
	switch {
	case depth > licseal.MaxDepth, *looked == maxNamed:
		return Fault{}, false
	case n.Kind == yaml.ScalarNode && isNamed:
		*looked++
		fault, ok := findStandIn([]byte(n.Value))
		if n.Value == "" || n.Tag == "!!null" {
			fault, ok = Fault{Kind: Empty}, true
		}
		fault.Position = nodePosition(n)
		return fault, ok
	case n.Kind == yaml.MappingNode && isNamed && member(n, "secretKeyRef") != nil:
		ref := manifest{name: scalar(member(n, "secretKeyRef"), "name")}
		return Fault{SecretKeyRef, nodePosition(n), []string{scalar(member(n, "secretKeyRef"), "key"), ref.flags()}}, true
	}
	if own := scalar(n, "name"); !isNamed && own != "" {
		name = own // of a variable in a list
	}
	for i, child := range n.Content {
		childName := name
		if n.Kind == yaml.MappingNode {
			if i%2 == 0 {
				continue // a name itself
			}
			if key := n.Content[i-1].Value; !licenseName().MatchString(name) {
				childName = key
			} else if key == "name" || key == "key" || key == "metadata" || key == "kind" {
				continue
			}
		}
		if fault, ok := findYAMLStandIn(child, childName, depth+1, looked); ok {
			return fault, true
		}
	}
	return Fault{}, false
}
