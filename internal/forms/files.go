package forms

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/text"
	"go.yaml.in/yaml/v3"
	"golang.org/x/text/unicode/norm"
)

// literal returns a YAML string that is always quoted, so that every reader takes it
// for a string.
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

// checkObject returns the check for the name and the namespace of an object.
func checkObject(name, namespace string) func(*Options) error {
	return func(o *Options) error {
		o.Name = cmp.Or(o.Name, name)
		if len(o.Name) > text.MaxObjectName {
			return fmt.Errorf("--name has %d characters; Kubernetes accepts at most %d", len(o.Name), text.MaxObjectName)
		}
		if !text.IsObjectName(o.Name) {
			return fmt.Errorf("--name %q is not the name of a Kubernetes object", o.Name)
		}
		if o.Namespace == "" {
			o.Namespace = namespace
		} else if !text.IsNamespace(o.Namespace) {
			return fmt.Errorf("--namespace %q is not the name of a namespace", o.Namespace)
		}
		return nil
	}
}

// secretWith returns the func that writes a Secret with the licence under a key.
func secretWith(key string) func(string, Options) (string, error) {
	return func(licence string, o Options) (string, error) {
		return yamlText(secret{"v1", "Secret", metadata{o.Name, o.Namespace}, "Opaque", map[string]*yaml.Node{key: literal(licence)}})
	}
}

// warnMesh warns of the version as a string, which Kong Mesh cannot read.
func warnMesh(lic *licseal.License) string {
	if lic.Version == licseal.Version1Integer {
		return ""
	}
	return `the version is the string "1"; Kong Mesh reads only the integer 1, and refuses this licence`
}

func kongLicense(licence string, o Options) (string, error) {
	return yamlText(kongLicenseObject{"configuration.konghq.com/v1alpha1", "KongLicense", metadata{Name: o.Name}, true, literal(licence)})
}

type state struct {
	FormatVersion *yaml.Node `yaml:"_format_version"`
	Licenses      []record   `yaml:"licenses"`
}

type record struct {
	ID      string     `yaml:"id"`
	Payload *yaml.Node `yaml:"payload"`
}

// ErrNoID means that a record needs an id, because each sync would create a new
// record otherwise.
var ErrNoID = errors.New("--as reconciler requires the --id of the record; without one, each sync would create a new record")

func checkRecord(o *Options) error {
	if o.ID == "" {
		return ErrNoID
	}
	return nil
}

func reconciler(licence string, o Options) (string, error) {
	return yamlText(state{literal("3.0"), []record{{strings.ToLower(o.ID), literal(licence)}}})
}

func checkAttribute(o *Options) error {
	return setName(o, "kong_license_data", `^[A-Za-z_][A-Za-z0-9_-]*$`, "an HCL attribute")
}

// hclEscapes escapes the characters that are special in a quoted HCL string.
var hclEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "${", "$${", "%{", "%%{", "\x7f", `\u007f`)

// hcl writes an attribute. HCL converts all strings to Unicode's form NFC, which would
// invalidate the signature of a licence that is not in that form. The characters that
// are not ASCII are then written as JSON escapes.
func hcl(licence string, o Options) (string, error) {
	if !norm.NFC.IsNormalString(licence) {
		licence = asciiJSON(licence)
	}
	return o.Name + ` = "` + hclEscapes.Replace(licence) + `"`, nil
}

// asciiJSON returns a JSON text with escapes for the characters that are not ASCII;
// these occur only in strings.
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
