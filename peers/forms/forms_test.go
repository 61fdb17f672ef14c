// Package forms has no code of its own: it reads what 'licseal payload --as'
// writes with the parsers that other programs have.
package forms

import (
	"crypto/ed25519"
	"encoding/json"
	"strings"
	"testing"

	compose "github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/joho/godotenv"
	"github.com/zclconf/go-cty/cty"
	"sigs.k8s.io/yaml"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/forms"
	"github.com/licseal/licseal/sign"
)

var customers = []string{
	"Example Company, Inc",
	"O'Brien & Söhne \"Ltd\" \\ $HOME",
	"first line\nsecond line\r\n\tthird",
	"`id` $(id) ${HOME} %{if true} {{ .x }} $${x} %%{y} #hash",
	"'''\"\"\"\\\\\\",
	"--- \n... \n- x: y # z",
	"\x01\x1f\x7f\u0085\u00a0\u2028\u2029\ufeff\U0001f511",
	"NFD: So\u0308hne, \u212b, \uf900, \U0001d15e",
	" leading and trailing ",
	"yes", "null", "2026-01-01",
}

func licence(t *testing.T, customer string) string {
	t.Helper()
	name, err := json.Marshal(customer)
	if err != nil {
		t.Fatal(err)
	}
	p, err := licseal.ParsePayload([]byte(`{"customer":` + string(name) + `}`))
	if err != nil {
		t.Fatal(err)
	}
	lic, err := sign.License(p, ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	return lic.String()
}

func write(t *testing.T, form, payload string, o forms.Options) string {
	t.Helper()
	f, err := forms.New(form, o)
	if err != nil {
		t.Fatal(err)
	}
	lic, err := licseal.ParseUnverified([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	text, err := f.Write(lic)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// same reports whether a text is the licence: byte for byte, or with characters
// written as JSON escapes.
func same(text, licence string) bool {
	lic, err := licseal.ParseUnverified([]byte(text))
	return err == nil && lic.String() == licence && (text == licence || strings.Contains(text, `\u`))
}

// HCL, as Terraform reads it. Its own encoder writes the same.
func TestHCL(t *testing.T) {
	for _, customer := range customers {
		want := licence(t, customer)
		text := write(t, "hcl", want, forms.Options{})
		file, problems := hclsyntax.ParseConfig([]byte(text), "licence.tfvars", hcl.InitialPos)
		if problems.HasErrors() {
			t.Errorf("%v:\n%s", problems, text)
			continue
		}
		attributes, problems := file.Body.JustAttributes()
		if problems.HasErrors() || len(attributes) != 1 {
			t.Errorf("%v:\n%s", problems, text)
			continue
		}
		value, problems := attributes["kong_license_data"].Expr.Value(nil)
		if problems.HasErrors() || !same(value.AsString(), want) {
			t.Errorf("%v: %q\nis read as %q", problems, want, value.AsString())
		}
		theirs := hclwrite.NewEmptyFile()
		theirs.Body().SetAttributeValue("kong_license_data", cty.StringVal(want))
		if value.AsString() == want && strings.IndexFunc(want, func(r rune) bool { return r >= 0x7f }) < 0 && string(theirs.Bytes()) != text {
			t.Errorf("licseal writes\n%s\nand hclwrite\n%s", text, theirs.Bytes())
		}
	}
}

// Manifests, as kubectl and controllers read them.
func TestKubernetes(t *testing.T) {
	for _, customer := range customers {
		want := licence(t, customer)
		var secret struct {
			APIVersion, Kind, Type string
			Metadata               map[string]string
			StringData             map[string]string
		}
		if err := yaml.UnmarshalStrict([]byte(write(t, "k8s-secret", want, forms.Options{})), &secret); err != nil || secret.StringData["license"] != want {
			t.Errorf("%v: %q\nis read as %q", err, want, secret.StringData["license"])
		}
		var object struct{ RawLicenseString string }
		if err := yaml.Unmarshal([]byte(write(t, "kong-license", want, forms.Options{})), &object); err != nil || object.RawLicenseString != want {
			t.Errorf("%v: %q\nis read as %q", err, want, object.RawLicenseString)
		}
	}
}

// A .env file, as Docker Compose and others read it.
func TestDotenv(t *testing.T) {
	for name, read := range map[string]func(string) (map[string]string, error){
		"godotenv": godotenv.Unmarshal,
		"compose": func(text string) (map[string]string, error) {
			return compose.UnmarshalWithLookup(text, nil)
		},
	} {
		for _, customer := range customers {
			want := licence(t, customer)
			values, err := read("BEFORE=1\n" + write(t, "dotenv", want, forms.Options{}) + "AFTER=2\n")
			if err != nil || !same(values["KONG_LICENSE_DATA"], want) || values["AFTER"] != "2" {
				t.Errorf("%s: %v: %q\nis read as %q", name, err, want, values["KONG_LICENSE_DATA"])
			}
		}
	}
}
