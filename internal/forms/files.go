package forms

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/unicode/norm"
)

// literal is a string that is always quoted, so that it is one for every reader.
func literal(value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value, Style: yaml.SingleQuotedStyle}
}

func yamlText(document any) (string, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(document); err != nil {
		return "", err
	}
	return strings.TrimSuffix(b.String(), "\n"), e.Close()
}

type metadata struct {
	Name      string `yaml:"name"`
	Namespace string `yaml:"namespace,omitempty"`
}

type secret struct {
	APIVersion string                `yaml:"apiVersion"`
	Kind       string                `yaml:"kind"`
	Metadata   metadata              `yaml:"metadata"`
	Type       string                `yaml:"type"`
	StringData map[string]*yaml.Node `yaml:"stringData"`
}

type kongLicenseObject struct {
	APIVersion       string     `yaml:"apiVersion"`
	Kind             string     `yaml:"kind"`
	Metadata         metadata   `yaml:"metadata"`
	Enabled          bool       `yaml:"enabled"`
	RawLicenseString *yaml.Node `yaml:"rawLicenseString"`
}

// objectName is what Kubernetes takes for a Secret: RFC 1123 labels, with dots between,
// of at most maxName characters. A namespace is one label of at most maxNamespace.
const (
	label        = `[a-z0-9]([-a-z0-9]*[a-z0-9])?`
	objectName   = `^` + label + `(\.` + label + `)*$`
	maxName      = 253
	maxNamespace = 63
)

func object(o Options, byDefault string) (metadata, error) {
	name, err := named(o.Name, byDefault, objectName, "a Kubernetes object")
	switch {
	case err != nil:
	case len(name) > maxName:
		err = fmt.Errorf("--name has %d characters; Kubernetes takes at most %d", len(name), maxName)
	case len(o.Namespace) > maxNamespace, o.Namespace != "" && !regexp.MustCompile(`^`+label+`$`).MatchString(o.Namespace):
		err = fmt.Errorf("--namespace %q is not the name of a namespace", o.Namespace)
	}
	return metadata{name, o.Namespace}, err
}

func secretWith(key, payload string, o Options, byDefault string) (string, error) {
	m, err := object(o, byDefault)
	if err != nil {
		return "", err
	}
	return yamlText(secret{"v1", "Secret", m, "Opaque", map[string]*yaml.Node{key: literal(payload)}})
}

func kubernetesSecret(payload string, o Options) (string, error) {
	return secretWith("license", payload, o, "kong-enterprise-license")
}

func meshSecret(payload string, o Options) (string, error) {
	if o.Namespace == "" {
		o.Namespace = "kong-mesh-system"
	}
	return secretWith("license.json", payload, o, "kong-mesh-license")
}

func kongLicense(payload string, o Options) (string, error) {
	m, err := object(o, "kong-license")
	if err != nil {
		return "", err
	}
	return yamlText(kongLicenseObject{"configuration.konghq.com/v1alpha1", "KongLicense", m, true, literal(payload)})
}

type state struct {
	FormatVersion *yaml.Node `yaml:"_format_version"`
	Licenses      []record   `yaml:"licenses"`
}

type record struct {
	ID      string     `yaml:"id"`
	Payload *yaml.Node `yaml:"payload"`
}

// ErrNoID means that a record needs an id: without one, every sync would make a
// new record.
var ErrNoID = errors.New("--as reconciler needs the --id of the record; without one, every sync would make a new one")

// NewID returns a random UUID (RFC 9562, version 4).
func NewID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func reconciler(payload string, o Options) (string, error) {
	if o.ID == "" {
		return "", ErrNoID
	}
	return yamlText(state{literal("3.0"), []record{{strings.ToLower(o.ID), literal(payload)}}})
}

// hclEscapes are the characters that mean something in a quoted HCL string.
var hclEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "${", "$${", "%{", "%%{", "\x7f", `\u007f`)

// hcl writes an attribute. HCL brings every string into Unicode's form NFC, which
// would change what is signed where a licence is in another form; there, the
// characters are written as JSON escapes.
func hcl(payload string, o Options) (string, error) {
	name, err := named(o.Name, "kong_license_data", `^[A-Za-z_][A-Za-z0-9_-]*$`, "an HCL attribute")
	if !norm.NFC.IsNormalString(payload) {
		payload = asciiJSON(payload)
	}
	return name + ` = "` + hclEscapes.Replace(payload) + `"`, err
}

// asciiJSON writes the characters of a JSON text that are not ASCII as escapes.
// They stand in strings only.
func asciiJSON(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r < 0x80:
			b.WriteRune(r)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
