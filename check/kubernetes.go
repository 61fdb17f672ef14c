package check

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/licseal/licseal"
)

// MaxDumpBytes is the size of the largest dump of a namespace, or list of
// records, that is read.
const MaxDumpBytes = 32 << 20

// secretKeys says under which key the charts and operators look for the licence
// in the Secrets that they know by name.
var secretKeys = map[string]string{
	"kong-enterprise-license": "license",
	"kong-mesh-license":       "license.json",
}

// anyLicenseKeys are the keys under which a licence is looked for in a Secret of
// another name.
var anyLicenseKeys = []string{"license", "license.json"}

// kindMember is in every manifest, and yamlLine begins most YAML documents.
var kindMember = lazy(`\bkind["']?\s*:`)
var yamlLine = lazy(`^(?:---.*\n|#.*\n|\s*\n)*[A-Za-z_"'][\w."'/-]*:(?:\s|$)`)

// detectYAML knows manifests, and other YAML documents that hold a licence as
// a value.
func detectYAML(text []byte, _ *licseal.ParseError) *breakage {
	isManifest := kindMember().Match(text)
	if !isManifest && !yamlLine().Match(text) || !mentionsLicence(string(text)) && !isManifest {
		return nil
	}
	documents, err := yamlDocuments(text)
	if err != nil || len(documents) == 0 {
		return nil
	}
	var all []Installed
	for _, m := range manifests(documents) {
		all = append(all, m.licences()...)
	}
	if len(all) > 0 {
		found := all[0].Findings[0]
		found.Severity = Error
		if len(all) > 1 {
			found.Found += fmt.Sprintf(", and the file holds %d licences", len(all))
			found.Remedy = "check it with --namespace-dump, which reads all of them"
		}
		b := &breakage{finding: found}
		for _, in := range all {
			b.repaired = append(b.repaired, in.Data)
		}
		return b
	}
	return yamlValue(documents)
}

// yamlValue finds the values of a document, such as a chart's, that look like a
// licence.
func yamlValue(documents []*yaml.Node) *breakage {
	var values []*yaml.Node
	var walk func(n *yaml.Node, depth int)
	walk = func(n *yaml.Node, depth int) {
		if n.Kind == yaml.ScalarNode && mentionsLicence(n.Value) {
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
	if len(values) == 0 || len(values) == 1 && values[0].Line == 1 && values[0].Column == 1 {
		return nil
	}
	b := &breakage{finding: broken(CodeYAMLValue, licseal.Position{Line: values[0].Line, Column: values[0].Column},
		"give the value by itself", "the licence is a value inside a YAML document")}
	for _, v := range values {
		b.repaired = append(b.repaired, []byte(v.Value))
	}
	return b
}

// yamlDocuments parses all documents of a YAML or JSON text. Aliases are not
// followed, so a small text stays small.
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

// manifest is a Kubernetes object.
type manifest struct {
	node                  *yaml.Node
	kind, name, namespace string
}

// manifests returns the objects of documents, and those inside of lists.
func manifests(documents []*yaml.Node) []manifest {
	var all []manifest
	for _, d := range documents {
		kind := scalar(d, "kind")
		if items := member(d, "items"); strings.HasSuffix(kind, "List") && items != nil {
			all = append(all, manifests(items.Content)...)
			continue
		}
		if metadata := member(d, "metadata"); kind != "" {
			all = append(all, manifest{d, kind, scalar(metadata, "name"), scalar(metadata, "namespace")})
		}
	}
	return all
}

// member returns the value of a member of a mapping, nil if there is none.
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

func scalar(n *yaml.Node, name string) string {
	if value := member(n, name); value != nil && value.Kind == yaml.ScalarNode {
		return value.Value
	}
	return ""
}

// path names the object as kubectl does: secret/kong-enterprise-license.
func (m manifest) path() string {
	path := strings.ToLower(m.kind) + "/" + m.name
	if m.namespace != "" {
		path = m.namespace + "/" + path
	}
	return path
}

var secretName = lazy(`^[a-z0-9][a-z0-9.-]*$`)

// word returns the name for a command to paste, and NAME in place of what Kubernetes
// would not take, and a shell might run.
func (m manifest) word() string {
	if secretName().MatchString(m.name) {
		return m.name
	}
	return "NAME"
}

// created returns when the object was made. A Secret does not say when it was
// last changed.
func (m manifest) created() time.Time {
	t, err := licseal.ParseDate(scalar(member(m.node, "metadata"), "creationTimestamp"), nil)
	if err != nil {
		return time.Time{}
	}
	return t
}

// licences returns the licences that an object holds. The first finding of each
// says what it was found in.
func (m manifest) licences() []Installed {
	switch m.kind {
	case "Secret":
		return m.secret()
	case "KongLicense":
		return m.kongLicense()
	}
	return nil
}

func (m manifest) kongLicense() []Installed {
	value := member(m.node, "rawLicenseString")
	if value == nil {
		return nil
	}
	found := broken(CodeKongLicense, nodePosition(value), "kubectl apply this manifest, and give a gateway the text of rawLicenseString alone",
		"the text is the manifest of the KongLicense %s", m.name)
	found.Severity = Note
	in := Installed{Name: m.path(), Data: []byte(value.Value), Updated: m.created(), Findings: []Finding{found}}
	if enabled := scalar(m.node, "enabled"); enabled == "false" {
		in.Disabled = true
		in.Findings = append(in.Findings, Finding{Code: CodeDisabled, Stage: StageSource, Severity: Error, Position: nodePosition(member(m.node, "enabled")),
			Found: "the KongLicense is not enabled, so no gateway gets it", Remedy: "set enabled to true"})
	}
	return []Installed{in}
}

// secretValue is an entry of a Secret.
type secretValue struct {
	key, text string
	node      *yaml.Node
	err       error // the text is not base64
}

func (m manifest) secretValues() []secretValue {
	var values []secretValue
	for _, field := range []string{"data", "stringData"} {
		entries := member(m.node, field)
		if entries == nil || entries.Kind != yaml.MappingNode {
			continue
		}
		for i := 0; i+1 < len(entries.Content); i += 2 {
			v := secretValue{key: entries.Content[i].Value, text: entries.Content[i+1].Value, node: entries.Content[i+1]}
			if field == "data" {
				var decoded []byte
				decoded, v.err = base64.StdEncoding.DecodeString(strings.Join(strings.Fields(v.text), ""))
				if v.err == nil {
					v.text = string(decoded)
				}
			}
			values = append(values, v)
		}
	}
	return values
}

// secret returns the licences in a Secret: what is under the key that is read,
// and what looks like a licence under any other.
func (m manifest) secret() []Installed {
	expected := anyLicenseKeys
	if key, ok := secretKeys[m.name]; ok {
		expected = []string{key}
	}
	values := m.secretValues()
	isRead := func(v secretValue) bool { return slices.Contains(expected, v.key) }
	hasExpected := slices.ContainsFunc(values, isRead)
	var all []Installed
	for _, v := range values {
		_, known := secretKeys[m.name]
		if !isRead(v) && !(known && mentionsLicence(v.text) || looksSigned(v.text)) || isRead(v) && !known && v.err == nil && !mentionsLicence(v.text) {
			continue
		}
		found := broken(CodeSecretManifest, nodePosition(v.node),
			"kubectl apply this manifest, and give a gateway the decoded text of the key "+v.key+" alone",
			"the text is the manifest of the Secret %s; the licence is under its key %s", m.name, v.key)
		found.Severity = Note
		if !isRead(v) && (known || !hasExpected) {
			found.Code, found.Severity = CodeSecretWrongKey, Error
			found.Found = fmt.Sprintf("the Secret %s holds the licence under the key %s; what reads it expects %s", m.name, v.key, strings.Join(expected, " or "))
			found.Remedy = fmt.Sprintf("rename the key: kubectl create secret generic %s --from-file=%s=FILE", m.word(), expected[0])
		}
		in := Installed{Name: m.path() + ":" + v.key, Data: []byte(v.text), Updated: m.created(), Findings: []Finding{found}, Alone: true}
		if v.err != nil {
			in.Findings = append(in.Findings, Finding{Code: CodeNotBase64, Stage: StageSource, Severity: Error, Position: nodePosition(v.node),
				Found: "what stands under data is not base64, so Kubernetes refuses it", Remedy: "put plain text under stringData, or encode it: base64 -w0"})
		}
		all = append(all, in)
	}
	if _, known := secretKeys[m.name]; known && len(all) == 0 {
		all = []Installed{m.withoutLicence(expected[0], values)}
	}
	return all
}

// withoutLicence stands for a Secret that is there to hold a licence, and holds none.
func (m manifest) withoutLicence(key string, values []secretValue) Installed {
	has := "no keys"
	for i, v := range values {
		if i == 0 {
			has = "only " + v.key
		} else {
			has += ", " + v.key
		}
	}
	found := broken(CodeSecretWrongKey, nodePosition(m.node), "put the licence there: kubectl create secret generic "+m.name+" --from-file="+key+"=FILE",
		"the Secret %s has no key %s: it has %s", m.name, key, has)
	return Installed{Name: m.path() + ":" + key, Updated: m.created(), Findings: []Finding{found}, Alone: true}
}

func nodePosition(n *yaml.Node) licseal.Position {
	return licseal.Position{Line: n.Line, Column: n.Column}
}

// KubernetesDump reads what 'kubectl get secret,konglicense -o yaml' prints (or
// -o json, or a file of manifests), and returns the licences in it. Where
// there are several KongLicense objects that are enabled, a controller uses the one
// that was created last. A Secret is used by whatever mounts it.
func KubernetesDump(text []byte) ([]Installed, error) {
	if len(text) > MaxDumpBytes {
		return nil, fmt.Errorf("the dump has %d bytes; at most %d are read", len(text), MaxDumpBytes)
	}
	documents, err := yamlDocuments(text)
	if err != nil {
		return nil, fmt.Errorf("the dump is not YAML: %v", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	objects := manifests(documents)
	isList := func(d *yaml.Node) bool {
		return strings.HasSuffix(scalar(d, "kind"), "List") && member(d, "items") != nil
	}
	if len(objects) == 0 && !slices.ContainsFunc(documents, isList) {
		return nil, errors.New("the dump has no Kubernetes objects; make it with: kubectl get secret,konglicense -o yaml")
	}
	var all []Installed
	for _, m := range objects {
		all = append(all, m.licences()...)
	}
	return all, nil
}
