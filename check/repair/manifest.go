package repair

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/text"
)

// MaxDumpBytes is the size of the largest dump that [Kubernetes] reads.
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

// Kubernetes reads what 'kubectl get secret,konglicense -o yaml' prints (or -o json,
// or a file of manifests), and returns the licences in it. If several KongLicense
// objects are enabled, a controller uses the one that was created last. A Secret
// is used by whatever mounts it.
func Kubernetes(text []byte) ([]Embedded, error) {
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
	var all []Embedded
	for _, m := range objects {
		all = append(all, m.licences()...)
	}
	return append(all, notYetMade(objects)...), nil
}

// notYetMade returns an empty text for each Secret that should hold a licence and is not
// among the objects, but what a controller would make it of is.
func notYetMade(objects []manifest) (all []Embedded) {
	for _, m := range objects {
		made, r := m.made(), m.pointer()
		isThere := func(o manifest) bool {
			sameNamespace := o.namespace == made.namespace || o.namespace == "" || made.namespace == ""
			return o.kind == "Secret" && o.name == made.name && sameNamespace
		}
		if r == nil || !licenseName().MatchString(made.name) || slices.ContainsFunc(objects, isThere) {
			continue
		}
		all = append(all, Embedded{Name: m.path(), Updated: m.created(), Alone: true, Faults: []Fault{r.fault}})
	}
	return all
}

// manifest is a Kubernetes object.
type manifest struct {
	node                  *yaml.Node
	kind, name, namespace string
}

// manifests returns the objects of documents, and those in lists.
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

// path names the object as kubectl does: secret/kong-enterprise-license.
func (m manifest) path() string {
	path := strings.ToLower(m.kind) + "/" + m.name
	if m.namespace != "" {
		path = m.namespace + "/" + path
	}
	return path
}

var secretName = text.Pattern(`^[a-z0-9][a-z0-9.-]*$`)

// word returns the name for a command to paste. It returns NAME for what is not a
// name in Kubernetes, and what a shell might run.
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

// licences returns the licences in an object. The first fault of each says what
// holds it.
func (m manifest) licences() []Embedded {
	switch m.kind {
	case "Secret":
		return m.secret()
	case "KongLicense":
		return m.kongLicense()
	}
	return nil
}

func (m manifest) kongLicense() []Embedded {
	value := member(m.node, "rawLicenseString")
	if value == nil {
		return nil
	}
	e := Embedded{Name: m.path(), Text: []byte(value.Value), Updated: m.created(),
		Faults: []Fault{{KongLicense, nodePosition(value), []string{m.name}}}}
	if scalar(m.node, "enabled") == "false" {
		e.Disabled = true
		e.Faults = append(e.Faults, Fault{Kind: Disabled, Position: nodePosition(member(m.node, "enabled"))})
	}
	return []Embedded{e}
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

// secret returns the licences in a Secret: the value of the key that is read,
// and what looks like a licence under any other key.
func (m manifest) secret() []Embedded {
	expected := anyLicenseKeys
	key, known := secretKeys[m.name]
	if known {
		expected = []string{key}
	}
	values := m.secretValues()
	isRead := func(v secretValue) bool { return slices.Contains(expected, v.key) }
	hasExpected := slices.ContainsFunc(values, isRead)
	var all []Embedded
	for _, v := range values {
		switch {
		case isRead(v) && !known && v.err == nil && !MentionsLicense(v.text):
			continue // a Secret about something else
		case !isRead(v) && !looksSigned(v.text) && !(known && MentionsLicense(v.text)):
			continue
		}
		fault := Fault{SecretManifest, nodePosition(v.node), []string{m.name, v.key}}
		if !isRead(v) && (known || !hasExpected) {
			fault.Kind = SecretWrongKey
			fault.Values = append(fault.Values, strings.Join(expected, " or "), m.word(), expected[0])
		}
		e := Embedded{Name: m.path() + ":" + v.key, Text: []byte(v.text), Updated: m.created(), Faults: []Fault{fault}, Alone: true}
		if v.err != nil {
			e.Faults = append(e.Faults, Fault{Kind: SecretNotBase64, Position: nodePosition(v.node)})
		}
		all = append(all, e)
	}
	if known && len(all) == 0 {
		all = []Embedded{m.withoutLicence(key, values)}
	}
	return all
}

// withoutLicence returns an empty text for a Secret that should hold a licence and does not.
func (m manifest) withoutLicence(key string, values []secretValue) Embedded {
	has := "no keys"
	if len(values) > 0 {
		keys := make([]string, len(values))
		for i, v := range values {
			keys[i] = v.key
		}
		has = "only " + strings.Join(keys, ", ")
	}
	return Embedded{Name: m.path() + ":" + key, Updated: m.created(), Alone: true,
		Faults: []Fault{{SecretMissingKey, nodePosition(m.node), []string{m.name, key, has}}}}
}
